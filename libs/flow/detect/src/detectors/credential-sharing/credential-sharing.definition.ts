import { defineDetector } from '../../engine/detector.ts';
import { CREDENTIAL_SHARING_VERSION } from './credential-sharing.detector.ts';
import { CredentialSharingSettings } from './credential-sharing.settings.ts';
import { CredentialSharingWatcher } from './credential-sharing.watcher.ts';

export const credentialSharing = defineDetector({
  type: 'credential-sharing',
  version: CREDENTIAL_SHARING_VERSION,
  scope: 'caller',
  settings: CredentialSharingSettings,
  make: (deps) => new CredentialSharingWatcher(deps),
  page: {
    title: 'Credential sharing',
    summary: 'One credential is used from many places at the same time where it was used from few.',
    method:
      'Networks (neighbouring prefixes count once) that the caller did not have a day ago, with five answered requests each within an hour, by turns: four of them, and three times what the caller took up on an ordinary day, and half of all it ever had. Of who had six at most for days, four within three minutes, with three different clients, are enough. Two new countries do as well. In a log of hours: five far apart (their addresses begin with different numbers) within a quarter of an hour, of a program that had one place for an hour. A credential that was always used from everywhere (an app, a web page, a platform) is public by design and passed over; so is a move to one provider with one client.',
    owasp: ['API2:2023'],
    attack: ['T1550.001', 'T1528'],
    severity: {
      medium: 'above the limit',
      high: 'three times the limit, six providers, or a client that the caller never used in one of them',
    },
    falsePositives: ['a partner that moves to functions or a pool of proxies while its old servers still run'],
    tuning: ['raise `newPlaces` for that consumer’s service', 'except the consumer while it moves'],
    scenarios: { positive: ['credential-sharing'], negative: ['sdk-release', 'office-nat', 'newcomers'] },
  },
});
