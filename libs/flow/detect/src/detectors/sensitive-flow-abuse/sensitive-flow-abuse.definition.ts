import { defineDetector } from '../../engine/detector.ts';
import { SENSITIVE_FLOW_ABUSE_VERSION } from './sensitive-flow-abuse.detector.ts';
import { SensitiveFlowAbuseSettings } from './sensitive-flow-abuse.settings.ts';
import { SensitiveFlowAbuseWatcher } from './sensitive-flow-abuse.watcher.ts';

export const sensitiveFlowAbuse = defineDetector({
  type: 'sensitive-flow-abuse',
  version: SENSITIVE_FLOW_ABUSE_VERSION,
  // peers are all callers of the endpoint
  scope: 'estate',
  learnsHours: 24,
  settings: SensitiveFlowAbuseSettings,
  make: (deps) => new SensitiveFlowAbuseWatcher(deps),
  page: {
    title: 'Abuse of a sensitive flow',
    summary:
      'A caller uses a flow that costs money (codes by text message, mails, orders, coupons) far more than anybody.',
    method:
      'Answered writes to endpoints whose words name such a flow, by caller in one hour, against a floor (20 for messages of an address), three times the caller’s own busiest hour and one and a half times that of any other caller; only where the caller does little else.',
    owasp: ['API6:2023', 'API4:2023'],
    attack: ['T1496'],
    severity: { medium: 'at the limit', high: 'five times the limit' },
    falsePositives: ['a campaign that sends invitations', 'a mobile network behind one address'],
    tuning: ['raise `messages` or `purchases` of the consumer that sends for many', 'raise `anonymousMessages`'],
    scenarios: { positive: ['sensitive-flow-abuse'], negative: ['typo-morning', 'campaign'] },
  },
});
