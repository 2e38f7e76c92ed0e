import { defineDetector } from '../../engine/detector.ts';
import { LEAKED_CREDENTIAL_VERSION } from './leaked-credential.detector.ts';
import { LeakedCredentialSettings } from './leaked-credential.settings.ts';
import { LeakedCredentialWatcher } from './leaked-credential.watcher.ts';

export const leakedCredential = defineDetector({
  type: 'leaked-credential',
  version: LEAKED_CREDENTIAL_VERSION,
  scope: 'caller',
  settings: LeakedCredentialSettings,
  make: (deps) => new LeakedCredentialWatcher(deps),
  page: {
    title: 'Leaked credential',
    summary:
      'A credential works from an address its owner never came from, with a client it never used or at an hour it never works.',
    method:
      'Places (autonomous system where known, else network prefix) and clients (families) of answered requests against what the caller was seen with before. What was new how often before tells how likely something new is on one day; place and client together must be below `maxTogether`. Five requests, four where they are below `maxUnlikely`. Two to four days of history are enough where the new client asks for administration or exports. A caller that would be missed at its old place by now is waited for: if it does not come back there, it moved. A service that three callers begin to use within 48 hours has them as customers. One alert a day; `new-origin` and `new-client` are silent about it. All three are silent about an address of which `shared-fingerprint` tells that it has the keys of many, and for an hour about a credential that `credential-sharing` or `account-takeover` told of.',
    owasp: ['API2:2023'],
    attack: ['T1078', 'T1528'],
    severity: {
      low: 'a service that says by its name that it acts for users',
      medium: 'from a private address, or with its own client at an hour at which it never works',
      high: 'otherwise',
    },
    falsePositives: [
      'a quiet partner that changes provider and software on one day',
      'a developer of the partner who tries the live key from elsewhere',
    ],
    tuning: ['raise `minRequests` for callers whose people try things', 'lower `maxTogether`', 'except the caller, with an end, while it moves'], // prettier-ignore
    scenarios: {
      positive: ['leaked-credential'],
      negative: ['sdk-release', 'office-nat', 'key-rotation', 'newcomers'],
    },
  },
});
