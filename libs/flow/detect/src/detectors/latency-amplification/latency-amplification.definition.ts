import { defineDetector } from '../../engine/detector.ts';
import { LATENCY_AMPLIFICATION_VERSION } from './latency-amplification.detector.ts';
import { LatencyAmplificationSettings } from './latency-amplification.settings.ts';
import { LatencyAmplificationWatcher } from './latency-amplification.watcher.ts';

export const latencyAmplification = defineDetector({
  type: 'latency-amplification',
  version: LATENCY_AMPLIFICATION_VERSION,
  // a caller's slowness is told by how the others fare
  scope: 'estate',
  settings: LatencyAmplificationSettings,
  make: (deps) => new LatencyAmplificationWatcher(deps),
  page: {
    title: 'Latency amplification',
    summary: 'A caller makes few requests that keep the upstream busy for seconds each.',
    method:
      'Twenty requests of three seconds and more in ten minutes, or nine of 75 s together by a caller that hardly ever was slow, at an endpoint that is fast otherwise (of one that is hardly used: never was slow, and two and a half minutes of upstream time, of exports five), while the other callers of the service are served as ever (where there are few: three since it began, none of whom waited, and twenty slow ones; where there is but one: fifteen, more than the caller ever made in an hour and ten times what the endpoint usually brings; where there is none: sent without waiting for answers), and half of the service’s tardy time is this caller’s.',
    owasp: ['API4:2023'],
    attack: ['T1499.003'],
    severity: { medium: 'at the limit', high: 'a hundred slow requests, or ten minutes of upstream time' },
    falsePositives: ['a customer with far more data than the others', 'an upstream that is unwell for one customer'],
    tuning: ['raise `slowMs` or `count10m` for services with heavy queries'],
    scenarios: { positive: ['latency-amplification'], negative: ['outage', 'deploy'] },
  },
});
