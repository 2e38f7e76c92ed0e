import type { Alert } from '../detection/alert.ts';
import { assertNever } from '../assert-never.ts';
import type { EntityKind } from '../traffic/entity.ts';
import { guardRailRefusal } from './guard-rail-check.ts';
import type { GuardRails } from './guard-rails.ts';
import type { Action, Policy } from './policy.ts';
import { policyMatches } from './policy-match.ts';

/** Why a decision came out as it did: a fixed slug, fit for a metric label. */
export type DecisionReason =
  | 'policy' // the policy says so
  | 'policy-simulates'
  | 'all-simulated'
  | 'kill-switch'
  | 'guard-rail'
  | 'wrong-entity-kind';

/**
 * What one action of one policy comes to. `act`: do it; `simulate`: show it, change and send nothing; `refuse`: a guard rail forbids it;
 * `skip`: the action cannot be done to this kind of entity (a policy may hold an action for consumers and one for addresses).
 */
export interface Decision {
  readonly policy: Pick<Policy, 'id' | 'name'>;
  readonly action: Action;
  readonly outcome: 'act' | 'simulate' | 'refuse' | 'skip';
  readonly reason: DecisionReason;
  /** The reason as a sentence for people. */
  readonly explanation: string;
}

/** What an action can be done to. Nothing is widened: a consumer's addresses are not blocked for what the consumer did, nor the reverse. */
export const fitsEntity = (action: Action['kind'], entity: EntityKind): boolean => {
  switch (action) {
    case 'block-consumer':
    case 'rate-limit-consumer':
      return entity === 'consumer';
    case 'block-address':
      return entity === 'ip';
    case 'notify':
      return true;
    default:
      return assertNever(action);
  }
};

/**
 * Policies and guard rails over one alert, in policy order. Of several actions of one kind (or notices to one webhook) the first policy
 * wins; one that is only simulated never takes the place of one that acts. An acknowledged alert is decided like an open one: somebody
 * has seen it, but it goes on. A resolved one asks for nothing.
 */
export const decide = (
  alert: Alert,
  policies: readonly Policy[],
  rails: GuardRails,
  allow: { readonly privateAddresses: boolean } = { privateAddresses: false },
): Decision[] => {
  if (alert.state === 'resolved') return [];
  const refusal = guardRailRefusal({ entity: alert.entity }, rails, allow);
  const taken = new Set<string>();
  const decisions: Decision[] = [];
  for (const policy of matching(alert, policies)) {
    for (const action of policy.actions) {
      const slot = action.kind === 'notify' ? `notify ${action.webhookId}` : action.kind;
      if (taken.has(slot)) continue;
      const decision = decideOne(alert, policy, action, rails, refusal);
      const simulated = `simulated ${slot}`;
      if (decision.reason === 'policy-simulates') {
        if (taken.has(simulated)) continue;
        taken.add(simulated);
      } else taken.add(slot);
      decisions.push(decision);
    }
  }
  return decisions;
};

const matching = (alert: Alert, policies: readonly Policy[]): readonly Policy[] =>
  policies.filter((policy) => policy.enabled && policyMatches(policy, alert)).sort(byOrder);

const byOrder = (a: Policy, b: Policy): number =>
  a.order - b.order || a.createdAt - b.createdAt || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

const decideOne = (
  alert: Alert,
  policy: Policy,
  action: Action,
  rails: GuardRails,
  refusal: string | undefined,
): Decision => {
  const base = { policy: { id: policy.id, name: policy.name }, action };
  if (!fitsEntity(action.kind, alert.entity.kind))
    return {
      ...base,
      outcome: 'skip',
      reason: 'wrong-entity-kind',
      explanation: `${action.kind} does not fit a ${alert.entity.kind}`,
    };
  // Before simulation: what is shown there is what would happen.
  if (action.kind !== 'notify' && refusal !== undefined)
    return { ...base, outcome: 'refuse', reason: 'guard-rail', explanation: refusal };
  if (policy.simulate)
    return {
      ...base,
      outcome: 'simulate',
      reason: 'policy-simulates',
      explanation: `policy "${policy.name}" only simulates`,
    };
  if (rails.simulateAll)
    return { ...base, outcome: 'simulate', reason: 'all-simulated', explanation: 'everything is only simulated' };
  if (action.kind !== 'notify' && rails.killSwitch)
    return { ...base, outcome: 'refuse', reason: 'kill-switch', explanation: 'the kill switch is on' };
  return { ...base, outcome: 'act', reason: 'policy', explanation: alert.explanation };
};
