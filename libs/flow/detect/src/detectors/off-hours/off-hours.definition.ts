import { defineDetector } from '../../engine/detector.ts';
import { OFF_HOURS_VERSION } from './off-hours.detector.ts';
import { OffHoursSettings } from './off-hours.settings.ts';
import { OffHoursWatcher } from './off-hours.watcher.ts';

export const offHours = defineDetector({
  type: 'off-hours',
  version: OFF_HOURS_VERSION,
  scope: 'caller',
  settings: OffHoursSettings,
  make: (deps) => new OffHoursWatcher(deps),
  page: {
    title: 'Off hours',
    summary: 'A caller with a clear rest period works in the middle of it.',
    method:
      'Requests by hour of the day (UTC) over at least 26 days and 200 requests. A rest period is six hours or more in a row with at most 0.8 % of the requests each, its busiest weekday left out; an hour at either edge does not count, which takes in daylight saving, and of ten hours or more the first three and the last two, for people stay late and come early. Only callers that spread their work over at least five hours of the day, and no crowds (more than twelve networks or client fingerprints). 30 requests within an hour, and twice what the busiest hour at rest ever had.',
    owasp: ['API2:2023'],
    attack: ['T1078', 'T1029'],
    severity: { low: 'always: it adds to what others find' },
    falsePositives: ['people who work late once', 'a release at night', 'travel to another time zone'],
    tuning: ['raise `minRequests`', 'except the caller for the night of a release'],
    scenarios: { positive: ['off-hours'], negative: ['dst', 'holiday'] },
  },
});
