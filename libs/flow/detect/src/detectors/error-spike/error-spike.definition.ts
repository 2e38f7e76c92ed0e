import { defineDetector } from '../../engine/detector.ts';
import { bruteForce } from '../brute-force/brute-force.definition.ts';
import { loginPathsOf } from '../brute-force/login-paths.ts';
import { ERROR_SPIKE_VERSION } from './error-spike.detector.ts';
import { ErrorSpikeSettings } from './error-spike.settings.ts';
import { ErrorSpikeWatcher } from './error-spike.watcher.ts';

export const errorSpike = defineDetector({
  type: 'error-spike',
  version: ERROR_SPIKE_VERSION,
  scope: 'caller',
  settings: ErrorSpikeSettings,
  make: (deps) => new ErrorSpikeWatcher(deps, loginPathsOf(deps.knowledge, deps.tuned(bruteForce))),
  page: {
    title: 'Error spike',
    summary: 'The requests of one caller fail far more often than before, and those of the others do not.',
    method:
      'Wilson lower bound of the share of server errors, and of client errors that no other detector is about, in five minutes against three times the usual and an absolute share. A client with credentials of which nothing works any more, all of it bad requests, is broken and no spike. A caller that nobody else can be compared with since its errors began is judged from a hundred requests on, and a health check that fails meanwhile speaks for it. What fails for several callers is the health of the service: told once, as the service, and only with `reportHealth`.',
    owasp: ['API8:2023'],
    attack: ['T1595'],
    severity: {
      info: 'a service fails for all (with `reportHealth`)',
      low: 'one caller',
      medium: 'one caller, server errors, 40 % and more for certain',
    },
    falsePositives: ['a bad release that meets one caller first'],
    tuning: ['raise `minRatio` of services that answer 4xx by design'],
    scenarios: { positive: ['error-spike'], negative: ['outage', 'retry-client'] },
  },
});
