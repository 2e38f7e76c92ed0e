import { defineDetector } from '../../engine/detector.ts';
import { TRAFFIC_DROP_VERSION } from './traffic-drop.detector.ts';
import { TrafficDropSettings } from './traffic-drop.settings.ts';
import { TrafficDropWatcher } from './traffic-drop.watcher.ts';

export const trafficDrop = defineDetector({
  type: 'traffic-drop',
  version: TRAFFIC_DROP_VERSION,
  // who is missed depends on whether the others are there
  scope: 'estate',
  settings: TrafficDropSettings,
  make: (deps) => new TrafficDropWatcher(deps),
  page: {
    title: 'Traffic drop',
    summary: 'A consumer that always called has fallen silent, and the others have not.',
    method:
      'Time without a request, against three times the longest pause ever seen and the requests that these hours usually bring and that the last day brought: 41 must be missing, or 15 of a caller whose hours are all alike. Needs one day of a caller whose hours are all alike, three of one that never pauses for an hour, eight of others. A machine that calls every few seconds, hour by hour the same and never with a pause of a minute, is missed after two and a half minutes, and needs 18 hours; one that is nearly so after a quarter of an hour. Time in which its whole gateway was silent does not count.',
    owasp: ['API8:2023'],
    attack: ['T1499'],
    severity: { low: 'always' },
    falsePositives: ['a customer that leaves, rebuilds or takes a holiday'],
    tuning: ['raise `minSilenceMinutes`', 'except the consumer'],
    scenarios: { positive: ['traffic-drop'], negative: ['holiday', 'nightly'] },
  },
});
