import { defineDetector } from '../../engine/detector.ts';
import { DORMANT_CREDENTIAL_VERSION } from './dormant-credential.detector.ts';
import { DormantCredentialSettings } from './dormant-credential.settings.ts';
import { DormantCredentialWatcher } from './dormant-credential.watcher.ts';

export const dormantCredential = defineDetector({
  type: 'dormant-credential',
  version: DORMANT_CREDENTIAL_VERSION,
  scope: 'caller',
  settings: DormantCredentialSettings,
  make: (deps) => new DormantCredentialWatcher(deps),
  page: {
    title: 'Dormant credential',
    summary: 'A credential that nobody used for a month or more is in use again.',
    method:
      'The silence of a caller, or of one credential of a caller that uses another: 30 days, then 20 requests within an hour or one at a sensitive endpoint. Callers with two such pauses before are seasonal; what returns on the same day of the month at the same hour is a job, unless it was used on six days or more. A key that was hardly used before was not in use: 20 requests on two days were use, and eight on three days of what returns to a sensitive endpoint.',
    owasp: ['API2:2023'],
    attack: ['T1078'],
    severity: { low: 'from the usual place, with the usual client', medium: 'from elsewhere, or at a sensitive endpoint', high: 'both' }, // prettier-ignore
    falsePositives: ['long leave', 'work by the season that was not seen twice yet', 'a new developer of the partner'],
    tuning: ['raise `silentDays`', 'lower `seasonalPauses` to 1', 'revoke keys that nobody needs'],
    scenarios: { positive: ['dormant-credential'], negative: ['holiday'] },
  },
});
