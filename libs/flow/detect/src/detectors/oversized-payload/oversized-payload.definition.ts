import { defineDetector } from '../../engine/detector.ts';
import { OVERSIZED_PAYLOAD_VERSION } from './oversized-payload.detector.ts';
import { OversizedPayloadSettings } from './oversized-payload.settings.ts';
import { OversizedPayloadWatcher } from './oversized-payload.watcher.ts';

export const oversizedPayload = defineDetector({
  type: 'oversized-payload',
  version: OVERSIZED_PAYLOAD_VERSION,
  // what is usual at an endpoint is what all of its callers send
  scope: 'estate',
  settings: OversizedPayloadSettings,
  make: (deps) => new OversizedPayloadWatcher(deps),
  page: {
    title: 'Oversized payload',
    summary: 'A caller sends requests far larger than the endpoint ever takes.',
    method:
      'Requests above 1 MiB and ten times the 99.9th percentile of the endpoint (of the service, where the endpoint is not known and is no place for uploads), three in ten minutes. Where an endpoint had a few requests only, above 10 MiB. A caller’s own large requests of the last hour do not count as usual.',
    owasp: ['API4:2023'],
    attack: ['T1499.003'],
    severity: { medium: 'three in ten minutes', high: 'fifteen, or sixteen times the limit' },
    falsePositives: [
      'the first uploads at an endpoint that never had any',
      'a bulk import through an ordinary endpoint',
    ],
    tuning: ['raise `floorBytes` for the route that takes files', 'set a request size limit in Kong'],
    scenarios: { positive: ['oversized-payload'], negative: ['big-files'] },
  },
});
