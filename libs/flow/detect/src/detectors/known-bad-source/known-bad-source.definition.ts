import { defineDetector } from '../../engine/detector.ts';
import { KNOWN_BAD_SOURCE_VERSION } from './known-bad-source.detector.ts';
import { KnownBadSourceSettings } from './known-bad-source.settings.ts';
import { KnownBadSourceWatcher } from './known-bad-source.watcher.ts';

export const knownBadSource = defineDetector({
  type: 'known-bad-source',
  version: KNOWN_BAD_SOURCE_VERSION,
  scope: 'caller',
  settings: KnownBadSourceSettings,
  make: (deps) => new KnownBadSourceWatcher(deps),
  page: {
    title: 'Known bad source',
    summary: 'An address that a threat list names, or an exit of Tor, is at a log-in or at administration.',
    method:
      'Requests of addresses that your lists name within an hour: to log-ins and administration at once, to other endpoints from 10 on; Tor only at log-ins and administration. Silent without lists, and for consumers that have come from there for days.',
    owasp: ['API2:2023'],
    attack: ['T1090.003', 'T1595'],
    severity: {
      low: 'a listed address at ordinary endpoints',
      medium: 'at a log-in or administration',
      high: 'three times and more',
    },
    falsePositives: ['people who use Tor for their privacy', 'a list that is too old'],
    tuning: ['raise `sensitiveRequests` where people may come by Tor', 'take care which lists you give'],
    scenarios: { positive: ['known-bad-source'], negative: ['none'] },
  },
});
