import { defineDetector } from '../../engine/detector.ts';
import { AutomationSettings } from './automation.settings.ts';
import { AUTOMATION_VERSION, AutomationWatcher } from './automation.watcher.ts';

export const automation = defineDetector({
  type: 'automation',
  version: AUTOMATION_VERSION,
  scope: 'estate',
  settings: AutomationSettings,
  make: (deps) => new AutomationWatcher(deps),
  page: {
    title: 'Automation',
    summary: 'A consumer asks a log-in or payment endpoint like clockwork, where all others ask as people do.',
    method:
      'The gaps between a consumer’s requests to one endpoint where credentials are taken or money moves: 100 in a row, of at most 15 s, whose standard deviation is below a tenth of their mean, where nobody else is a clock and at least 5 others go through the same route as people do: by uneven gaps, or in sessions with pauses that no timetable makes. A hint beside other alerts (it is a sign that `composite-risk` adds up), never a reason to act.',
    owasp: ['API6:2023'],
    attack: ['T1119'],
    severity: { info: '100 requests in a row', low: '300 in a row' },
    falsePositives: ['a page that polls'],
    tuning: ['raise `gaps` or `minPeople`'],
    scenarios: { positive: ['automation'], negative: ['monitoring'] },
  },
});
