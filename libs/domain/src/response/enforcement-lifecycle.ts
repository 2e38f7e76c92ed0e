import { assertNever } from '../assert-never.ts';
import type { Enforcement, EnforcementState } from './enforcement.ts';

/** A stored enforcement: each transition counts its revision up by one. */
export type Revisioned = Enforcement & { readonly revision: number };

/** What may happen to an enforcement. */
export type EnforcementEvent =
  /** Written to Kong and read back. */
  | { readonly kind: 'applied' }
  /** Kong acts on it. */
  | { readonly kind: 'effective'; readonly by: 'propagation' | 'refusal-seen' }
  /** Its time is up, or somebody wants it undone. */
  | { readonly kind: 'lift'; readonly by: string }
  /** Nothing of it is left in Kong. */
  | { readonly kind: 'lifted' }
  /** Ended before anything was changed in Kong. */
  | { readonly kind: 'ended-unapplied'; readonly by: string }
  /** Something went wrong; tried again at `nextAttemptAt` (ms since epoch), or not by itself when that is null. */
  | { readonly kind: 'retry'; readonly error: string; readonly nextAttemptAt: number | null }
  /** Kong refuses it for good; nothing of it is left in Kong. */
  | { readonly kind: 'failed'; readonly error: string }
  /** Not to be applied any more (kill switch); nothing of it is in Kong. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Everything is only simulated since it was decided; nothing of it is in Kong. */
  | { readonly kind: 'simulated'; readonly reason: string };

type EventKind = EnforcementEvent['kind'];

/** From which states an event leads on; every other pair changes nothing. */
export const TRANSITIONS: Readonly<Record<EventKind, Partial<Record<EnforcementState, EnforcementState>>>> = {
  applied: { pending: 'applied' },
  effective: { applied: 'effective' },
  lift: { pending: 'lifting', applied: 'lifting', effective: 'lifting', lifting: 'lifting' },
  lifted: { lifting: 'lifted' },
  'ended-unapplied': { pending: 'lifted' },
  retry: { pending: 'pending', applied: 'applied', effective: 'effective', lifting: 'lifting' },
  failed: { pending: 'failed' },
  refused: { pending: 'refused' },
  simulated: { pending: 'simulated' },
};

/** The record after `event` at `now` (ms since epoch), or undefined when the event means nothing in its state. */
export const transition = <T extends Revisioned>(record: T, event: EnforcementEvent, now: number): T | undefined => {
  const state = TRANSITIONS[event.kind][record.state];
  if (state === undefined) return undefined;
  return { ...record, ...fieldsAfter(record, event, now), state, revision: record.revision + 1 };
};

/** The record in `lifting`, to be saved by the caller; undefined when it is over already (lifted, failed, refused, simulated). */
export const requestLift = <T extends Revisioned>(record: T, actor: string, now: number): T | undefined =>
  transition(record, { kind: 'lift', by: actor }, now);

const CALM = { attempts: 0, nextAttemptAt: null, lastError: null } as const;

const fieldsAfter = (record: Enforcement, event: EnforcementEvent, now: number): Partial<Enforcement> => {
  switch (event.kind) {
    case 'applied':
      return { ...CALM, appliedAt: now };
    case 'effective':
      return { ...CALM, effectiveAt: now, effectiveBy: event.by };
    case 'lift':
      // Whoever asked first did it; asking again only hurries it.
      if (record.state === 'lifting') return { nextAttemptAt: null };
      return { ...CALM, liftedBy: event.by };
    case 'lifted':
      return { ...CALM, liftedAt: now };
    case 'ended-unapplied':
      return { ...CALM, liftedAt: now, liftedBy: event.by };
    case 'retry':
      return { attempts: record.attempts + 1, nextAttemptAt: event.nextAttemptAt, lastError: event.error };
    case 'failed':
      return { nextAttemptAt: null, lastError: event.error };
    case 'refused':
    case 'simulated':
      return { nextAttemptAt: null, lastError: event.reason };
    default:
      return assertNever(event);
  }
};
