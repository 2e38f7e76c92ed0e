import { defineDetector } from '../../engine/detector.ts';
import { CREDENTIAL_STUFFING_VERSION } from './credential-stuffing.detector.ts';
import { CredentialStuffingSettings } from './credential-stuffing.settings.ts';
import { CredentialStuffingWatcher } from './credential-stuffing.watcher.ts';

export const CREDENTIAL_STUFFING = defineDetector({
  type: 'credential-stuffing',
  version: CREDENTIAL_STUFFING_VERSION,
  scope: 'estate',
  settings: CredentialStuffingSettings,
  make: (deps) => new CredentialStuffingWatcher(deps),
  page: {
    title: 'Credential stuffing',
    summary: 'Many addresses fail at one login, each with a try or two: lists of stolen passwords are tried out.',
    method:
      'Failed logins that the upstream answered (400, 401, 403, 422, 423 to other methods than GET), added up over all callers by endpoint for ten minutes and for an hour: enough failures of enough addresses with few tries each (once it is told, with any number). Told when they come from kinds of client (stack fingerprint, else user agent) that hardly ever logged in there; where clients tell nothing, when the failed share is high for certain (Wilson) there are several times the most logins so far, and most of the addresses are new: users that fail where they logged in before have a login that is out of order.',
    owasp: ['API2:2023'],
    attack: ['T1110.004'],
    severity: {
      medium: 'hardly any history, and nearly all logins fail',
      high: 'clients that only ever fail, or a surge of failures',
    },
    falsePositives: [
      'a new release of an app whose login is broken: a kind of client that always fails',
      'devices with one withdrawn account, never seen working',
    ],
    tuning: [
      'raise `minFailures` and `minAddresses` of services with very many logins',
      'except the endpoint while a release is rolled back',
    ],
    scenarios: { positive: ['credential-stuffing'], negative: ['typo-morning', 'office-nat', 'outage', 'sale'] },
  },
});
