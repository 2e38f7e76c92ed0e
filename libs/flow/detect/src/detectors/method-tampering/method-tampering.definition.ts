import { defineDetector } from '../../engine/detector.ts';
import { METHOD_TAMPERING_VERSION } from './method-tampering.detector.ts';
import { MethodTamperingSettings } from './method-tampering.settings.ts';
import { MethodTamperingWatcher } from './method-tampering.watcher.ts';

export const METHOD_TAMPERING = defineDetector({
  type: 'method-tampering',
  version: METHOD_TAMPERING_VERSION,
  scope: 'caller',
  settings: MethodTamperingSettings,
  make: ({ settings, maxCallers }) => new MethodTamperingWatcher(settings, maxCallers),
  page: {
    title: 'Method tampering',
    summary: 'A caller tries methods that the API does not offer, or asks for them by override headers.',
    method:
      'Different pairs of method and path template in ten minutes that were refused and never worked for anybody: odd methods (TRACE, TRACK, PROPFIND and the like) and method overrides count twice, ordinary methods answered 405 or 501 once; at least two methods. Pairs that a caller repeats count when they are new only. CORS preflights never count. Override headers that are answered count too, three in a row, where neither that caller nor the service is used to them.',
    owasp: ['API5:2023', 'API8:2023'],
    attack: ['T1190'],
    severity: { medium: 'at the limit', high: 'many pairs' },
    falsePositives: [
      'a WebDAV client that looks around',
      'a generated client for another version of the API',
      'a new library that asks for every change by POST',
    ],
    tuning: ['raise `points` for that consumer or address'],
    scenarios: { positive: ['method-tampering'], negative: ['deploy', 'sdk-release'] },
  },
});
