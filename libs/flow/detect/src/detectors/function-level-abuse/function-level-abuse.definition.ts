import { defineDetector } from '../../engine/detector.ts';
import { JoinedWatchers } from '../../engine/joined-watchers.ts';
import { FirstDeleteWatcher } from './first-delete.watcher.ts';
import { FUNCTION_LEVEL_ABUSE_VERSION } from './function-level-abuse.detector.ts';
import { FunctionLevelAbuseSettings } from './function-level-abuse.settings.ts';
import { FunctionLevelAbuseWatcher } from './function-level-abuse.watcher.ts';

export const FUNCTION_LEVEL_ABUSE = defineDetector({
  type: 'function-level-abuse',
  version: FUNCTION_LEVEL_ABUSE_VERSION,
  scope: 'estate',
  learnsHours: 72,
  settings: FunctionLevelAbuseSettings,
  make: ({ settings, maxCallers, knowledge }) =>
    new JoinedWatchers([
      new FunctionLevelAbuseWatcher(settings, knowledge, maxCallers),
      new FirstDeleteWatcher(settings, knowledge, maxCallers),
    ]),
  page: {
    title: 'Function-level abuse',
    summary: 'A consumer reaches for functions that it never used and that hardly anybody else may use (BFLA).',
    method:
      'Which consumer was ever answered in which area of the API: what lies below a word of administration, or the route. Functions (method and template) of an area that never answered this consumer, and that administers or is used by at most a tenth of at least eight others: three different ones refused (403, 405) within an hour, or one answered by administration to a consumer that is known for a day and more. Areas that are new, and newcomers, tell by refusals only. Also a consumer that only ever read, for two days, and is let delete where at most a tenth of the others ever did; and one that for days (in a short log for half an hour, without a browser) did nothing that only few may, on endpoints that others share, and then administers (worth 2), gives rights (2), removes accounts or refunds, approves, suspends (1, and 1 for each further object; 2 more for removals and rights that are the task of few others): from 2 on, one more in a short log, for browsers and for who writes anyway. Refused, three such functions or five objects within an hour. Consumers that are staff by name or tags are let be.',
    owasp: ['API5:2023'],
    attack: ['T1078'],
    severity: { medium: 'refused', high: 'answered' },
    falsePositives: [
      'somebody who was just made an administrator',
      'a consumer whose rights were taken away by mistake',
    ],
    tuning: ['except the new administrator by consumer', 'raise `rareShare` where few consumers use each route'],
    scenarios: { positive: ['function-level-abuse'], negative: ['new-feature', 'newcomers'] },
  },
});
