import type { Enforcement } from './enforcement.ts';
import { guardRailRefusal } from './guard-rail-check.ts';
import type { GuardRails } from './guard-rails.ts';

/** What the guard rails, read at the last moment, make of an enforcement that is about to begin. */
export interface Restraint {
  readonly state: 'refused' | 'simulated';
  /** A sentence for people. */
  readonly reason: string;
}

/**
 * Undefined when nothing stands against it. The decision looked at the rails already, maybe as they were seconds ago and in another process.
 * Whether private addresses are meant is the decision's matter; the cap is about all that began, see `admit`.
 */
export const restraintOf = (enforcement: Pick<Enforcement, 'entity'>, rails: GuardRails): Restraint | undefined => {
  const refusal = guardRailRefusal(enforcement, rails, { privateAddresses: true });
  if (refusal !== undefined) return { state: 'refused', reason: refusal };
  if (rails.simulateAll) return { state: 'simulated', reason: 'everything is only simulated' };
  if (rails.killSwitch) return { state: 'refused', reason: 'the kill switch is on' };
  return undefined;
};

/** A pending one as the rails let it begin; any other as it is. */
export const restrained = <E extends Enforcement>(enforcement: E, rails: GuardRails): E => {
  const restraint = enforcement.state === 'pending' ? restraintOf(enforcement, rails) : undefined;
  return restraint ? { ...enforcement, ...restraint, nextAttemptAt: null } : enforcement;
};
