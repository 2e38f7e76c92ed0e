import { defineDetector } from '../../engine/detector.ts';
import { ZOMBIE_ENDPOINT_VERSION } from './zombie-endpoint.detector.ts';
import { ZombieEndpointSettings } from './zombie-endpoint.settings.ts';
import { ZombieEndpointWatcher } from './zombie-endpoint.watcher.ts';

export const zombieEndpoint = defineDetector({
  type: 'zombie-endpoint',
  version: ZOMBIE_ENDPOINT_VERSION,
  scope: 'estate',
  learnsHours: 72,
  settings: ZombieEndpointSettings,
  make: (deps) => new ZombieEndpointWatcher(deps),
  page: {
    title: 'Zombie endpoint',
    summary:
      'An old version that had gone quiet is used again by somebody new to it, or what a document calls over still answers.',
    method:
      'Good answers of `/v1/orders` where `/v2/orders` has been in sight for a day, to a caller that never used it before: 6 within a day, while all others had at most 20 in seven. Also known resources that one caller asks for under versions or stages that are not there: four within an hour, under two of them (`/v1/orders`, `/internal/orders`). With OpenAPI documents, endpoints that they call deprecated or over, after 10 good answers over 2 hours.',
    owasp: ['API9:2023'],
    attack: ['T1190'],
    severity: {
      low: 'a few requests, or told by a document',
      medium: 'without a credential, or many; a search for old versions',
    },
    falsePositives: ['a rare job that uses the old version', 'a client that was put back to an older release'],
    tuning: ['raise `quietSuccesses` where old versions are kept on purpose', 'switch the old version off'],
    scenarios: { positive: ['zombie-endpoint'], negative: ['new-feature', 'deploy'] },
  },
});
