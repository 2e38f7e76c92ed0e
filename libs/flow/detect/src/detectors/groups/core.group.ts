import { defineDetector, type DetectorDefinition } from '../../engine/detector.ts';
import { bruteForce } from '../brute-force/brute-force.definition.ts';
import { ENDPOINT_PROBING_VERSION } from '../endpoint-probing/endpoint-probing.detector.ts';
import { EndpointProbingSettings } from '../endpoint-probing/endpoint-probing.settings.ts';
import { EndpointProbingWatcher } from '../endpoint-probing/endpoint-probing.watcher.ts';
import { errorSpike } from '../error-spike/error-spike.definition.ts';
import { requestSpike } from '../request-spike/request-spike.definition.ts';

/** The first four. */
export const CORE_DETECTORS: readonly DetectorDefinition[] = [
  requestSpike,
  bruteForce,
  defineDetector({
    type: 'endpoint-probing',
    version: ENDPOINT_PROBING_VERSION,
    scope: 'caller',
    explainsRefusals: true,
    settings: EndpointProbingSettings,
    make: (deps) => new EndpointProbingWatcher(deps),
    page: {
      title: 'Endpoint probing',
      summary: 'A caller asks for many different paths that do not exist or are forbidden.',
      method:
        "Different path templates that were refused (404, 403, 400, 401, 405, 429 and kin) and never worked for anybody, in one and ten minutes, an hour and a day, and the refused share of the requests. Besides, names of scanners' word lists of several kinds, whatever they were answered: a site that answers everything with 200 hides nothing. Half as many refused paths are enough where most of them are such names. The same names from eight and more addresses with one client stack are one scan, and so are any names that never worked, hardly one of them twice, of addresses that are refused nearly all they ask for. The same path on hosts that Kong never had a route for counts once for each host. Package managers and crawlers, by what they call themselves, have higher limits.",
      owasp: ['API9:2023'],
      attack: ['T1595.002', 'T1595.003'],
      severity: { medium: 'at the limit', high: 'twice the limit and more' },
      falsePositives: ['an application with many dead links behind one address', 'a crawler on an old site map'],
      tuning: ['raise `distinct60s`, `distinct10m` for that address'],
      scenarios: {
        positive: ['endpoint-probing', 'endpoint-probing-by-key'],
        negative: ['dead-link', 'crawler', 'stale-fleet'],
      },
    },
  }),
  errorSpike,
];
