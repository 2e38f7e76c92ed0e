import { defineDetector } from '../../engine/detector.ts';
import { REVOKED_CREDENTIAL_VERSION } from './revoked-credential.detector.ts';
import { RevokedCredentialSettings } from './revoked-credential.settings.ts';
import { RevokedCredentialWatcher } from './revoked-credential.watcher.ts';

export const REVOKED_CREDENTIAL = defineDetector({
  type: 'revoked-credential',
  version: REVOKED_CREDENTIAL_VERSION,
  scope: 'estate',
  settings: RevokedCredentialSettings,
  make: (deps) => new RevokedCredentialWatcher(deps),
  page: {
    title: 'Revoked credential',
    summary: 'A key that used to work and no longer does is tried from where it was never used.',
    method:
      'Fingerprints of presented credentials (keyed hashes) that were accepted often enough, with the networks (/24, /48, autonomous system where known) that they came from; refusals (401) of such a credential in an hour from a network that is neither one of them nor next to one. Its own places may go on with the old key: that is how keys are replaced. A key of less than half a day (a token may be one; ten accepted requests in half an hour are enough) tells only by fifteen refusals of a program that never had it. Keys that come from very many networks far apart (/16, /32) are an app’s and say nothing; many addresses of one provider are its own. Kong hides `Authorization`, so that only keys in other headers, in the query or in session cookies are seen.',
    owasp: ['API2:2023'],
    attack: ['T1078'],
    severity: {
      info: 'its own places still try, if you ask for it (`ownRefused`)',
      medium: 'from elsewhere',
      high: 'from elsewhere, very often',
    },
    falsePositives: [
      'a program that was moved to another provider with the old key',
      'a person with a changing address',
    ],
    tuning: ['raise `minRefused`', 'lower `publicNetworks` for keys that are handed out widely'],
    scenarios: { positive: ['revoked-credential'], negative: ['key-rotation', 'stale-fleet'] },
  },
});
