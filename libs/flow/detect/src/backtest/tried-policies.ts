import type { BacktestChange } from '@outrider/domain/detection/backtest';
import type { Policy } from '@outrider/domain/response/policy';

/** Of a policy that is not stored. */
const TRIED_ID = '00000000-0000-4000-8000-000000000000';

/** The policies with the changed one in its place. It is tried as if it acted: that is the question. */
export const triedPolicies = (
  tenant: string,
  { policy, instead }: Extract<BacktestChange, { kind: 'policy' }>,
  policies: readonly Policy[],
): { readonly policies: readonly Policy[]; readonly notes: readonly string[] } => {
  const replaced = policies.find(({ id }) => id === instead);
  // Of policies of one order the older one goes first: a new one is the youngest.
  const createdAt = replaced?.createdAt ?? Number.MAX_SAFE_INTEGER;
  const ids = { id: replaced?.id ?? TRIED_ID, tenant, createdAt, updatedAt: createdAt };
  const tried: Policy = { ...policy, enabled: true, simulate: false, ...ids };
  const acts = policy.enabled && !policy.simulate;
  return {
    policies: [...policies.filter(({ id }) => id !== instead), tried],
    notes: acts ? [] : ['the policy was tried as if it were enabled and acted'],
  };
};
