import { defineDetector } from '../../engine/detector.ts';
import { objectTrailsOf } from '../../objects/object-trails.ts';
import { SEQUENTIAL_CRAWLING_VERSION } from './sequential-crawling.detector.ts';
import { SequentialCrawlingSettings } from './sequential-crawling.settings.ts';
import { SequentialCrawlingWatcher } from './sequential-crawling.watcher.ts';

export const SEQUENTIAL_CRAWLING = defineDetector({
  type: 'sequential-crawling',
  version: SEQUENTIAL_CRAWLING_VERSION,
  scope: 'caller',
  settings: SequentialCrawlingSettings,
  make: ({ settings, maxCallers, knowledge }) =>
    new SequentialCrawlingWatcher(settings, objectTrailsOf(knowledge, maxCallers), knowledge, maxCallers),
  page: {
    title: 'Sequential crawling',
    summary: 'A caller goes through the ids or the pages of a collection one after the other.',
    method:
      'The longest run of ids (reads and deletions) or of pages and offsets of one template from one address, each the same small step from the one before, up or down, a few left out or beside it allowed. Tools with parallel connections leave no order: there the different ids of one region count, where nearly every number between the lowest and the highest was asked for within minutes and hardly any twice (pictures and other media left out; browsers and apps, which load a screen at once, and callers without credentials have wider limits). Against a fixed limit and the longest run that the caller made before, from whatever address; objects that the caller had before do not count, and a run that is denied on the way is told at any pace. Ids that lists can have named by their size (given shortly before or during the run, the same list once, and none of the ids refused), ids that feeds of what is new can have named all along, ids that are written to right after they are read (unless by who was known for a day to read only), ids of what the caller created, runs that three other callers make, browsers at the pace of a person, and crawlers that say what they are have wider limits. Pages go by numbers and offsets, or by marks (`cursor`, `page_token`), where each page that is about as large as the one before counts. Pages of who has credentials are told only of walks that begin a day after it was first seen, against its own habit, and sooner where many others turn pages and none more than a small part as many, most of all when it was known for three days to turn a few: a synchronisation turns pages, and a new one turns all. Programs without credentials that go on where everybody else stopped are told sooner as well.',
    owasp: ['API1:2023', 'API6:2023'],
    attack: ['T1119'],
    severity: {
      low: 'a few pages beyond a habit',
      medium: 'a run',
      high: 'four times the limit, with credentials, known for a day',
    },
    falsePositives: [
      'the first run of a job that reads ids in order, or all ids of a region',
      'a reader of numbered events',
    ],
    tuning: [
      'raise `ids` for consumers that read in order, `denseIds` and `denseScreenIds` for such that load much at once',
      'raise `lonePages` and `deepPages` where a synchronisation that begins later turns pages',
      'except the first full synchronisation, with an end',
    ],
    scenarios: {
      positive: ['sequential-crawling', 'sequential-crawling-pages'],
      negative: ['crawler', 'night-walk', 'keyless'],
    },
  },
});
