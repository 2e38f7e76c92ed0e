import { defineDetector } from '../../engine/detector.ts';
import { SHARED_FINGERPRINT_VERSION } from './shared-fingerprint.detector.ts';
import { SharedFingerprintSettings } from './shared-fingerprint.settings.ts';
import { SharedFingerprintWatcher } from './shared-fingerprint.watcher.ts';

export const sharedFingerprint = defineDetector({
  type: 'shared-fingerprint',
  version: SHARED_FINGERPRINT_VERSION,
  scope: 'estate',
  settings: SharedFingerprintSettings,
  make: (deps) => new SharedFingerprintWatcher(deps),
  page: {
    title: 'Shared fingerprint',
    summary: 'One client behind one address uses the credentials of many callers that live elsewhere.',
    method:
      'Callers that appear at an address for the first time within ten minutes, that are known from other networks (three or more different ones) and for whom both network and kind of client are new: five, nearly all with the same client, and twice as many as use the address by habit. Of callers that nobody knows yet, ten, with refusals among the requests and a client that is none of people; or twenty in one script, at an address that came late into the log. Of callers that are hardly known, six that were seen elsewhere with another client and the same credential, in one script; at addresses that came late as well. Where no clients are logged, fifteen that had an address each, or eight, half of which are there again meanwhile or that come by a clock. Two callers whose keys were told as leaked to one address within an hour are the same: what further keys do there is told here, and each of them is a contributor that can be blocked by itself.',
    owasp: ['API2:2023', 'API6:2023'],
    attack: ['T1110.004', 'T1078'],
    severity: { medium: 'at the limit', high: 'twice the limit, or with refusals' },
    falsePositives: ['an aggregator on its first day', 'a test runner with the keys of many'],
    tuning: ['except the address of the aggregator', 'raise `newCallers`'],
    scenarios: { positive: ['shared-fingerprint'], negative: ['office-nat', 'key-rotation', 'newcomers'] },
  },
});
