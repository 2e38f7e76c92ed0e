import { defineDetector } from '../../engine/detector.ts';
import { JoinedWatchers } from '../../engine/joined-watchers.ts';
import { DeclinedPaymentsWatcher } from './declined-payments.watcher.ts';
import { FlowSurgeWatcher } from './flow-surge.watcher.ts';
import { SensitiveFlows } from './sensitive-flow.ts';
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
  make: (deps) => {
    const flows = new SensitiveFlows();
    return new JoinedWatchers([
      new SensitiveFlowAbuseWatcher(deps, flows),
      new FlowSurgeWatcher(deps.settings, flows),
      new DeclinedPaymentsWatcher(deps.settings, flows, deps.maxCallers),
    ]);
  },
  page: {
    title: 'Abuse of a sensitive flow',
    summary:
      'A caller uses a flow that costs money (codes by text message, mails, orders, coupons) far more than anybody.',
    method:
      'Answered writes to endpoints whose words name such a flow, by caller in one hour, against a floor (20 for messages of an address), three times the caller’s own busiest hour and one and a half times that of any other caller; only where the caller does little else. Six messages within 75 s are enough of an address that does nothing else at all and has one client, where others need fewer in an hour. Forty codes an hour are enough of a consumer that was there for other things (eight minutes and more) and now asks for codes alone, whatever is known of its hours. Where a name says both that a code is sent and that one is taken (`sms/verify`), twenty an hour of an address that asks for nothing else. Also: messages that many addresses ask for together, far more than in the busiest hour, and go on to nothing else (the endpoint is named); and payments that are declined (402), of an address or at an endpoint where there are more attempts than ever.',
    owasp: ['API6:2023', 'API4:2023'],
    attack: ['T1496', 'T1657'],
    severity: { medium: 'at the limit', high: 'five times the limit' },
    falsePositives: [
      'a campaign that sends invitations',
      'a mobile network behind one address',
      'a checkout that tries again on its own after a declined payment',
    ],
    tuning: ['raise `messages` or `purchases` of the consumer that sends for many', 'raise `anonymousMessages`'],
    scenarios: { positive: ['sensitive-flow-abuse'], negative: ['typo-morning', 'campaign'] },
  },
});
