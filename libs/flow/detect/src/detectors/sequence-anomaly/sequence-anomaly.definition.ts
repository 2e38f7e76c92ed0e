import { defineDetector } from '../../engine/detector.ts';
import { SequenceAnomalySettings } from './sequence-anomaly.settings.ts';
import { SEQUENCE_ANOMALY_VERSION, SequenceAnomalyWatcher } from './sequence-anomaly.watcher.ts';

export const sequenceAnomaly = defineDetector({
  type: 'sequence-anomaly',
  version: SEQUENCE_ANOMALY_VERSION,
  scope: 'estate',
  learnsHours: 24,
  settings: SequenceAnomalySettings,
  make: (deps) => new SequenceAnomalyWatcher(deps),
  page: {
    title: 'Sequence anomaly',
    summary:
      'A consumer goes straight to a late step of a flow and leaves out the steps that nearly always come before.',
    method:
      'For each endpoint that writes, what consumers wrote, or called beside it, in the half hour before. Once 50 uses by 4 consumers are known, the endpoints that came before 95 % of them are needed: 4 uses within a day that lack two, by a consumer that kept the order three times before; or 6 that lack three, by one that is known for days and is new to this step or never took it otherwise; in a log of hours ten, of one that did other things before; and ten of one that came today, where 16 and more callers took the steps hundreds of times (low: it may be a new program of the house). What four others began to skip within a week is a release.',
    owasp: ['API6:2023'],
    attack: ['T1078'],
    severity: { low: 'a few uses', medium: 'three times the limit' },
    falsePositives: ['a release that changes a flow, until it is learned'],
    tuning: ['raise `skips`', 'lower `learned` where flows are rare'],
    scenarios: { positive: ['sequence-anomaly'], negative: ['new-feature', 'deploy'] },
  },
});
