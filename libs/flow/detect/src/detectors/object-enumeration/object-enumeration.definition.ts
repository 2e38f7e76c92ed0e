import { defineDetector } from '../../engine/detector.ts';
import { objectTrailsOf } from '../../objects/object-trails.ts';
import { OBJECT_ENUMERATION_VERSION } from './object-enumeration.detector.ts';
import { ObjectEnumerationSettings } from './object-enumeration.settings.ts';
import { ObjectEnumerationWatcher } from './object-enumeration.watcher.ts';

export const OBJECT_ENUMERATION = defineDetector({
  type: 'object-enumeration',
  version: OBJECT_ENUMERATION_VERSION,
  scope: 'caller',
  explainsRefusals: true,
  settings: ObjectEnumerationSettings,
  make: ({ settings, maxCallers, knowledge }) =>
    new ObjectEnumerationWatcher(settings, objectTrailsOf(knowledge, maxCallers), maxCallers),
  page: {
    title: 'Object enumeration',
    summary: 'A caller walks through objects that it never asked for before: the records of others (BOLA).',
    method:
      'Ids in the path (where the template has a parameter) and id-like query values that the caller never asked for before, of one template from one address, in five to ten minutes and in one to two hours. Either many of them are refused (403 counts twice as much as 404), or they are several times the most that the caller ever did, nearly all requests go to new ones, and no list of the collection within half an hour named them; objects that it writes to do not count, nor as many as it creates and changes things beyond what it ever did (a job that works through records), and who writes to many has wider limits (an integration that is told of changes). Without any habits only a very large number tells, a large one of who was seen for a while beside others that read a few, or hundreds of numbers of one region without a pause, several a second and hardly any twice, that no list named. A walk from id to id that sequential crawling told is told here only where it is forbidden often. What three other callers do as well is how the API is used.',
    owasp: ['API1:2023'],
    attack: ['T1087', 'T1213'],
    severity: { medium: 'at the limit', high: 'forbidden objects, four times the limit, or sensitive endpoints' },
    falsePositives: [
      'a new export or migration by a caller known for little',
      'the first run of a job that has its ids from elsewhere and reads hundreds at a stroke (`rapidObjects`)',
      'a client that works through a list of ids that were deleted meanwhile',
    ],
    tuning: [
      'raise `objects` and `overHabit` for callers that grow by leaps',
      'except a migration by consumer, with an end',
    ],
    scenarios: { positive: ['object-enumeration'], negative: ['night-walk', 'newcomers', 'crawler'] },
  },
});
