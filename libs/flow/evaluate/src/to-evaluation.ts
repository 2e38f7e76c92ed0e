import type { AlertNotification, NotifiedDecision } from '@outrider/contracts/notifications/notification-payload';
import { SEVERITIES, type Alert } from '@outrider/domain/detection/alert';
import { severityRank } from '@outrider/domain/detection/alert-lifecycle';
import { assertNever } from '@outrider/domain/assert-never';
import type { Decision } from '@outrider/domain/response/decide';
import type { EnforcementState } from '@outrider/domain/response/enforcement';
import type { KongAction, Policy } from '@outrider/domain/response/policy';
import { policyMatches } from '@outrider/domain/response/policy-match';
import type { DeliveryFold, EnforcementRecord, Evaluation, NewDelivery } from '@outrider/ports/response-store';

/** What the world gives a conversion: the wall clock (ms since epoch) and fresh UUIDs. */
export interface Issue {
  readonly now: number;
  readonly newId: () => string;
  /** A campaign is one page in this time; ms, 0 tells of every alert. */
  readonly foldMs: number;
}

type KongDecision = Decision & { readonly action: KongAction };

/** Decisions on an alert as the rows that will be written. Pure but for `newId`. */
export const toEvaluation = (alert: Alert, decisions: readonly Decision[], issue: Issue): Evaluation => {
  const onKong = decisions.filter(isOnKong);
  const enforcements = onKong.flatMap((decision) => toEnforcement(alert, decision, issue));
  const told = onKong.flatMap((decision) => toNotified(decision, issue.now));
  const deliveries = decisions.flatMap((decision) =>
    decision.action.kind === 'notify' && decision.outcome === 'act'
      ? notices(alert, decision.action.webhookId, told, issue)
      : [],
  );
  return { alert, enforcements, deliveries };
};

/** Nothing is decided on what a detector on trial reports: only that, for the audit log. */
export const toPassedOver = (alert: Alert, policies: readonly Policy[]): Evaluation => ({
  alert,
  enforcements: [],
  deliveries: [],
  passedOver: {
    reason: 'simulated-finding',
    explanation: `${alert.type} is only simulated here: nobody is told and nothing is done`,
    policies: policies
      .filter((policy) => policy.enabled && policyMatches(policy, { ...alert, simulated: false }))
      .map(({ name }) => name)
      .slice(0, MAX_NAMED),
  },
});

const MAX_NAMED = 20;

const isOnKong = (decision: Decision): decision is KongDecision => decision.action.kind !== 'notify';

const toEnforcement = (alert: Alert, decision: KongDecision, { now, newId }: Issue): EnforcementRecord[] => {
  const state = stateOf(decision.outcome);
  if (state === undefined) return [];
  return [
    {
      id: newId(),
      tenant: alert.tenant,
      gateway: alert.gateway,
      state,
      action: decision.action,
      entity: alert.entity,
      alertId: alert.id,
      policyId: decision.policy.id,
      requestedBy: `policy:${decision.policy.name}`,
      reason: decision.explanation,
      createdAt: now,
      appliedAt: null,
      effectiveAt: null,
      effectiveBy: null,
      endsAt: endOf(decision, now),
      liftedAt: null,
      liftedBy: null,
      attempts: 0,
      nextAttemptAt: state === 'pending' ? now : null,
      lastError: null,
      gaps: [],
      changes: [],
      saved: null,
      revision: 1,
    },
  ];
};

const stateOf = (outcome: Decision['outcome']): EnforcementState | undefined => {
  switch (outcome) {
    case 'act':
      return 'pending';
    case 'simulate':
      return 'simulated';
    case 'refuse':
      return 'refused';
    case 'skip':
      return undefined;
    default:
      return assertNever(outcome);
  }
};

/** The time runs from the decision, not from when Kong took it: an apply that had to wait never makes a block outlast its term. */
const endOf = ({ action }: KongDecision, now: number): number | null =>
  action.durationSeconds === null ? null : now + action.durationSeconds * 1_000;

const toNotified = (decision: KongDecision, now: number): NotifiedDecision[] =>
  decision.outcome === 'skip'
    ? []
    : [
        {
          policyId: decision.policy.id,
          policyName: decision.policy.name,
          action: decision.action,
          outcome: decision.outcome,
          explanation: decision.explanation,
          endsAt: decision.outcome === 'act' ? endOf(decision, now) : null,
        },
      ];

/**
 * A webhook hears of an alert when it opens and each time its severity rises, whatever number of policies and updates there are.
 * Both notices are proposed at every evaluation; the keys, which the store checks, let through what was not told yet, and of one
 * campaign within the fold time what says more than was told, and one update.
 */
const notices = (
  alert: Alert,
  webhookId: string,
  decisions: readonly NotifiedDecision[],
  issue: Issue,
): NewDelivery[] => {
  const key = (change: string): string => `alert:${alert.id}:${webhookId}:${change}`;
  const openedAt = (severities: readonly string[]): string[] => severities.map((severity) => key(`opened-${severity}`));
  const higher = SEVERITIES.slice(SEVERITIES.indexOf(alert.severity));
  const proposal = (type: 'alert.opened' | 'alert.escalated', change: string, unlessAny: string[]): NewDelivery => ({
    id: issue.newId(),
    webhookId,
    dedupKey: key(change),
    unlessAny,
    event: type,
    payload: JSON.stringify(payloadOf(type, alert, decisions, issue.now)),
    ...(issue.foldMs > 0 ? { fold: foldOf(alert, decisions, issue) } : {}),
  });
  return [
    proposal('alert.opened', `opened-${alert.severity}`, openedAt(SEVERITIES)),
    proposal('alert.escalated', `escalated-${alert.severity}`, [
      ...openedAt(higher),
      ...higher.map((severity) => key(`escalated-${severity}`)),
    ]),
  ];
};

const foldOf = (alert: Alert, decisions: readonly NotifiedDecision[], { now, foldMs }: Issue): DeliveryFold => ({
  campaignId: alert.campaignId,
  severityRank: severityRank(alert.severity),
  since: now - foldMs,
  update: {
    event: 'campaign.updated',
    payload: JSON.stringify(payloadOf('campaign.updated', alert, decisions, now)),
  },
});

const payloadOf = (
  type: AlertNotification['type'],
  alert: Alert,
  decisions: readonly NotifiedDecision[],
  now: number,
): AlertNotification => ({
  version: 1,
  type,
  timestamp: new Date(now).toISOString(),
  tenant: alert.tenant,
  data: { alert, decisions: [...decisions] },
});
