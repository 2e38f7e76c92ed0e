import { defineDetector } from '../../engine/detector.ts';
import { JoinedWatchers } from '../../engine/joined-watchers.ts';
import { objectTrailsOf } from '../../objects/object-trails.ts';
import { SCRAPING_VERSION } from './scraping.detector.ts';
import { ScrapingSettings } from './scraping.settings.ts';
import { ScrapingWatcher } from './scraping.watcher.ts';
import { SharedWalkWatcher } from './shared-walk.watcher.ts';

export const SCRAPING = defineDetector({
  type: 'scraping',
  version: SCRAPING_VERSION,
  // collections, and who else reads them, are everybody's
  scope: 'estate',
  settings: ScrapingSettings,
  make: ({ settings, maxCallers, knowledge }) => {
    const trails = objectTrailsOf(knowledge, maxCallers);
    return new JoinedWatchers([
      new ScrapingWatcher(settings, trails, maxCallers),
      new SharedWalkWatcher(settings, trails),
    ]);
  },
  page: {
    title: 'Breadth scraping',
    summary: 'A caller reads a large part of a collection, each object about once.',
    method:
      'Different objects of one template that a caller asked for from one address within half a day to a day, of all that anybody ever asked for there, with a floor and against the most that the caller ever did. As many as it creates and changes things meanwhile, beyond what it ever did, do not count. What lists named, crawlers that say what they are, and what three others do as well have wider limits. An address without credentials that within minutes reads 120 and four times as many as any other caller, asks for nothing else and was given no list is told at once. Also objects that many addresses without credentials read in the order of their ids, in turn: the endpoint is named.',
    owasp: ['API6:2023'],
    attack: ['T1119'],
    severity: { medium: 'above the limit', high: 'four times the limit, with credentials' },
    falsePositives: ['search engines and partner feeds with a new address', 'a first full synchronisation'],
    tuning: ['except the feed by consumer or address', 'raise `objects` on catalogues that are meant to be copied'],
    scenarios: { positive: ['scraping'], negative: ['crawler', 'night-walk'] },
  },
});
