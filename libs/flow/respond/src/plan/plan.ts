import type { GatewayPlugin, GatewayRoute, NewPlugin } from '@outrider/ports/gateway-admin';
import type { EnforcementRecord } from '@outrider/ports/response-store';

/** What stands in one Kong, as far as planning looks at it. */
export interface GatewayState {
  readonly plugins: readonly GatewayPlugin[];
  readonly routes: readonly GatewayRoute[];
}

/** One call of the Admin API. */
export type PluginWrite =
  | { readonly kind: 'put'; readonly plugin: NewPlugin; readonly why: string }
  | { readonly kind: 'patch'; readonly id: string; readonly change: Partial<NewPlugin>; readonly why: string }
  | { readonly kind: 'delete'; readonly id: string; readonly why: string };

/** Operator's plugins as they stood before we touched them, by plugin id. */
export type Originals = Readonly<Record<string, GatewayPlugin>>;

export interface PlanInput {
  readonly state: GatewayState;
  /** The enforcement at hand. */
  readonly record: EnforcementRecord;
  /** The other live ones on the same gateway. */
  readonly others: readonly EnforcementRecord[];
}

/** What would be changed. Carrying it out and planning again gives no writes. */
export interface Plan {
  readonly writes: readonly PluginWrite[];
  readonly originals: Originals;
  /** What it does not cover, and what was left alone and why; sentences for people. */
  readonly gaps: readonly string[];
}

export const mergePlans = (plans: readonly Plan[]): Plan => ({
  writes: plans.flatMap((plan) => plan.writes),
  originals: Object.assign({}, ...plans.map((plan) => plan.originals)) as Originals,
  gaps: [...new Set(plans.flatMap((plan) => plan.gaps))],
});

/** The calls as they are shown with the enforcement: no bodies, hence no secrets. */
export const changesOf = (writes: readonly PluginWrite[]): { method: string; path: string; why: string }[] =>
  writes.map((write) => ({
    method: write.kind === 'patch' ? 'PATCH' : write.kind === 'put' ? 'PUT' : 'DELETE',
    path: `/plugins/${write.kind === 'put' ? write.plugin.id : write.id}`,
    why: write.why,
  }));
