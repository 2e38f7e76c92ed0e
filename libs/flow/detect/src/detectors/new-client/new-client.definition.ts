import { defineDetector } from '../../engine/detector.ts';
import { NEW_CLIENT_VERSION } from './new-client.detector.ts';
import { NewClientSettings } from './new-client.settings.ts';
import { NewClientWatcher } from './new-client.watcher.ts';

export const newClient = defineDetector({
  type: 'new-client',
  version: NEW_CLIENT_VERSION,
  scope: 'caller',
  settings: NewClientSettings,
  make: (deps) => new NewClientWatcher(deps),
  page: {
    title: 'New client',
    summary: 'A caller is used, from its usual place, with a kind of client that it never used.',
    method:
      'The family of the user agent (browsers are one, versions do not count) of answered requests against all that the caller used before; the chance of a new one on one day by how often there was one. Command-line clients are told once the old client was heard of since, libraries when both take turns or the old one goes on after it (three requests), or when they come at the time of day at which the caller rests. The same new client at three callers within 48 hours is a release.',
    owasp: ['API2:2023'],
    attack: ['T1078', 'T1036'],
    severity: { low: 'always' },
    falsePositives: [
      'a new version in another language, while the old one still runs',
      'developers who try things by hand',
    ],
    tuning: ['raise `minRequests` or `minTurns`', 'except callers whose people try things'],
    scenarios: { positive: ['new-client'], negative: ['sdk-release', 'newcomers'] },
  },
});
