import { defineDetector } from '../../engine/detector.ts';
import { ShadowEndpointSettings } from './shadow-endpoint.settings.ts';
import { SHADOW_ENDPOINT_VERSION, ShadowEndpointWatcher } from './shadow-endpoint.watcher.ts';

export const shadowEndpoint = defineDetector({
  type: 'shadow-endpoint',
  version: SHADOW_ENDPOINT_VERSION,
  scope: 'estate',
  settings: ShadowEndpointSettings,
  make: (deps) => new ShadowEndpointWatcher(deps),
  page: {
    title: 'Shadow endpoint',
    summary: 'An endpoint answers, and none of the imported OpenAPI documents of its service has it.',
    method:
      'Endpoints with at least 10 good answers over at least 2 hours against the imported documents that speak of their service. Silent without documents, and for services that no document speaks of.',
    owasp: ['API9:2023'],
    attack: ['T1190'],
    severity: { low: 'asked for with credentials', medium: 'it answers without any' },
    falsePositives: ['a document that is behind a release'],
    tuning: ['import the new document', 'raise `minSuccesses`'],
    scenarios: { positive: ['shadow-endpoint'], negative: ['new-feature'] },
  },
});
