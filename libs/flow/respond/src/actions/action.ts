import type { KongAction } from '@outrider/domain/response/policy';
import type { EntityKind } from '@outrider/domain/traffic/entity';
import type { EnforcementRecord } from '@outrider/ports/response-store';
import type { Plan, PlanInput } from '../plan/plan.ts';

/** One way to answer through Kong. `plan` and `undo` are pure: what stands in Kong and in the rows in, Admin API calls out. */
export interface ResponseAction {
  readonly kind: KongAction['kind'];
  /** About whom it can be. */
  readonly needs: readonly EntityKind[];
  /** The plugins that it may write, and nothing else. */
  readonly touches: readonly string[];
  /** How it is taken back; a sentence for people. */
  readonly undoneBy: string;
  readonly example: Readonly<KongAction>;
  /** What must be done so that the enforcement stands; no writes when it does. */
  plan(input: PlanInput): Plan;
  /** What must be done so that nothing of it is left; no writes when nothing is. */
  undo(input: PlanInput): Plan;
  /** Whether an operator's later change left our share in place. False: nothing of the enforcement is in Kong. */
  isThere(input: PlanInput): boolean;
}

/** Guaranteed by the catalogue: an action only sees records of its own kind. */
export const actionOf = <K extends KongAction['kind']>(
  record: EnforcementRecord,
  kind: K,
): Extract<KongAction, { kind: K }> => {
  if (record.action.kind !== kind) throw new Error(`enforcement ${record.id} is no ${kind}`);
  return record.action as Extract<KongAction, { kind: K }>;
};
