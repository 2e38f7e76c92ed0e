import type { Enforcement, EnforcementState } from './enforcement.ts';

/** States in which an enforcement holds, or may still hold, something in Kong. */
export const LIVE_STATES = [
  'pending',
  'applied',
  'effective',
  'lifting',
] as const satisfies readonly EnforcementState[];

export const isLive = (state: EnforcementState): boolean => (LIVE_STATES as readonly string[]).includes(state);

/** Whether it counts against the cap per hour: simulated and refused ones never touched Kong. */
export const hasBegun = (state: EnforcementState): boolean => state !== 'simulated' && state !== 'refused';

export const CAP_WINDOW_MS = 3_600_000;

/** The later of two ends; null is "never". */
export const laterEnd = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? null : Math.max(a, b);

/** What stands already, as far as it bears on a new enforcement. The target is (tenant, gateway, action kind, entity). */
export interface Standing<E extends Enforcement> {
  /** The newest enforcement of the same (alert, policy, action kind). */
  readonly own: E | undefined;
  /** The live one on the same target, whoever asked for it; there is at most one. */
  readonly live: E | undefined;
  /** The one lifted last on the same target. */
  readonly lifted: E | undefined;
  /** Enforcements of the tenant that began within CAP_WINDOW_MS. */
  readonly begunWithinHour: number;
  readonly capPerHour: number;
}

/**
 * - `keep`: nothing is written;
 * - `add`: a new row;
 * - `revive`: the own row, which was only refused or simulated so far, takes the candidate's content;
 * - `cover`: a new row that is refused because `live` does the work already; its end becomes `endsAt`.
 */
export type Admission<E extends Enforcement> =
  | { readonly kind: 'keep' }
  | { readonly kind: 'add' | 'revive'; readonly enforcement: E }
  | { readonly kind: 'cover'; readonly enforcement: E; readonly live: E; readonly endsAt: number | null };

/**
 * Decides what becomes of an evaluation's enforcement, given what stands. Evaluating the same alert again changes nothing, except that
 * a refused or simulated one may begin once nothing stands against it, and that an entity that goes on after its time is up is
 * enforced anew. What a person lifted is not brought back by an alert that was open at that time.
 */
export const admit = <E extends Enforcement>(
  candidate: E,
  alert: { readonly openedAt: number; readonly lastSeenAt: number },
  standing: Standing<E>,
): Admission<E> => {
  const { own, live, lifted } = standing;
  if (own && staysAsIs(candidate, own)) return { kind: 'keep' };
  if (candidate.state !== 'pending') return { kind: 'add', enforcement: candidate };
  const refuse = (reason: string): Admission<E> =>
    own ? { kind: 'keep' } : { kind: 'add', enforcement: refused(candidate, reason) };
  if (live) return own ? { kind: 'keep' } : cover(candidate, live);
  const liftedAt = lifted?.liftedAt ?? null;
  if (lifted && liftedAt !== null && liftedAt >= alert.openedAt) {
    if (!endedByItself(lifted)) return refuse(`lifted by ${lifted.liftedBy ?? 'hand'} while this alert was open`);
    if (alert.lastSeenAt <= liftedAt) return { kind: 'keep' };
  }
  if (standing.begunWithinHour >= standing.capPerHour)
    return refuse(`cap of ${standing.capPerHour} enforcements per hour is reached`);
  return { kind: own && !hasBegun(own.state) ? 'revive' : 'add', enforcement: candidate };
};

/** Whether the own row decides alone, whatever else stands: it holds, it failed for good, or the candidate has nothing new to say. */
export const staysAsIs = (candidate: Pick<Enforcement, 'state'>, own: Pick<Enforcement, 'state'>): boolean =>
  isLive(own.state) || own.state === 'failed' || candidate.state !== 'pending';

const refused = <E extends Enforcement>(candidate: E, reason: string): E => ({
  ...candidate,
  state: 'refused',
  reason,
});

const cover = <E extends Enforcement>(candidate: E, live: E): Admission<E> => {
  const enforcement = refused(candidate, `covered by enforcement ${live.id} of the same kind`);
  if (live.state === 'lifting')
    return { kind: 'add', enforcement: refused(candidate, `enforcement ${live.id} is being lifted`) };
  return { kind: 'cover', enforcement, live, endsAt: laterEnd(live.endsAt, candidate.endsAt) };
};

/** The `liftedBy` of what ended by itself. */
export const BY_ITSELF = 'outrider';

/** Lifted because its time was up, not by a person. */
export const endedByItself = (e: Pick<Enforcement, 'state' | 'endsAt' | 'liftedAt' | 'liftedBy'>): boolean =>
  e.state === 'lifted' &&
  e.endsAt !== null &&
  e.liftedAt !== null &&
  e.liftedAt >= e.endsAt &&
  (e.liftedBy ?? BY_ITSELF) === BY_ITSELF;
