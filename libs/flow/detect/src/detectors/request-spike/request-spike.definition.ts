import { defineDetector } from '../../engine/detector.ts';
import { REQUEST_SPIKE_VERSION } from './request-spike.detector.ts';
import { RequestSpikeSettings } from './request-spike.settings.ts';
import { RequestSpikeWatcher } from './request-spike.watcher.ts';

export const requestSpike = defineDetector({
  type: 'request-spike',
  version: REQUEST_SPIKE_VERSION,
  scope: 'caller',
  settings: RequestSpikeSettings,
  make: (deps) => new RequestSpikeWatcher(deps),
  page: {
    title: 'Request spike',
    summary: 'A caller sends far more requests in five minutes than it ever did at this hour of the week.',
    method:
      'Requests in five minutes against a negative binomial of the hour of the week (half shrunk to the hour of weekdays or weekends, from up to 14 days), with a ratio, a guard against what was seen before, and a floor. Newcomers are held against the busiest of their peers; one client that comes out of nothing and asks one endpoint alone is told within seconds, and a customer that came long after the others may load what it needs; a quiet caller that sends one and the same request hundreds of times is told after twenty minutes of its life. Reading and writing in turns, all of it accepted, has four times the room: a run of some work. Silent where a hundred addresses and more share the caller’s key and each asks a few times: an app’s audience after a push message. Without any history: much of what a caller sends in a minute is answered 429, or most is given up by it within a second (499).',
    owasp: ['API4:2023', 'API6:2023'],
    attack: ['T1499.002'],
    severity: { medium: 'above the band', high: 'many times what was ever seen' },
    falsePositives: ['the first run of a new batch job', 'a launch or sale', 'retry storms after an outage'],
    tuning: ['raise `floor` for callers that are busy by nature', 'except the job, with an end'],
    scenarios: { positive: ['request-spike'], negative: ['sale', 'nightly'] },
  },
});
