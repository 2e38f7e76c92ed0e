import { defineDetector } from '../../engine/detector.ts';
import { RATE_LIMIT_EVASION_VERSION } from './rate-limit-evasion.detector.ts';
import { RateLimitEvasionSettings } from './rate-limit-evasion.settings.ts';
import { RateLimitEvasionWatcher } from './rate-limit-evasion.watcher.ts';

export const rateLimitEvasion = defineDetector({
  type: 'rate-limit-evasion',
  version: RATE_LIMIT_EVASION_VERSION,
  // one client's credentials come by different partitions
  scope: 'estate',
  settings: RateLimitEvasionSettings,
  make: (deps) => new RateLimitEvasionWatcher(deps),
  page: {
    title: 'Rate limit evasion',
    summary: 'One client changes its identity to get more than its rate limit allows.',
    method:
      'Credentials (or, without them, addresses of one client stack) that take turns, each when the one before met its limit (429, or nothing remaining); and many different origins claimed in X-Forwarded-For by one address at one endpoint: twenty where they are refused, or where an address of the public network begins to claim private ones; a hundred where they are answered, and never of an address of a private network, which is a load balancer. Pacing oneself at the limit is no evasion.',
    owasp: ['API4:2023', 'API2:2023'],
    attack: ['T1499.003', 'T1090'],
    severity: { medium: 'at the limit', high: 'credentials taking turns; many times the limit' },
    falsePositives: [
      'a load test of the limits with many test keys',
      'a load balancer that is missing in Kong’s `trusted_ips`',
    ],
    tuning: ['set `trusted_ips` and `real_ip_header` in Kong', 'raise `keys` for the address of an aggregator'],
    scenarios: { positive: ['rate-limit-evasion-keys', 'rate-limit-evasion-forwarded'], negative: ['office-nat'] },
  },
});
