import type { CallerProfile } from '../knowledge/caller-profile.ts';
import { BoundedMap } from '../windows/bounded-map.ts';
import { HOUR_MS } from '../windows/time.ts';

const MAX_CALLERS = 20_000;
/** A reset is known some seconds after it was made: what came in between is not worth being blind for; ms. */
const AT_ONCE_MS = 600_000;

interface Seen {
  readonly key: string;
  readonly lane: number;
  readonly profile: CallerProfile | undefined;
}

/**
 * How far back the detectors' own memory goes, lane by lane. After a restart the replay may end long before the caller's first day: what it
 * does every Monday would be told as news.
 */
export class HeldHabits {
  readonly #since = new Map<number, number>();
  /** Callers that were forgotten by themselves, after a reset. */
  readonly #callers = new BoundedMap<{ since: number }>(MAX_CALLERS);
  /** Findings that were held back. */
  unheld = 0;

  from(lanes: readonly number[], at: number): void {
    for (const lane of lanes)
      if (Number.isFinite(at)) this.#since.set(lane, at);
      else this.#since.delete(lane);
  }

  /** What detectors knew of the caller is gone, and counts from `from` on; event time has come to `at` (ms). */
  callerFrom(key: string, from: number, at: number): void {
    this.#callers.set(key, { since: at - from <= AT_ONCE_MS ? from : at });
  }

  /** Of addresses nobody knows since when they come: they count from the restart on, as any new one does. */
  isBlind(learnsHours: number | undefined, { key, lane, profile }: Seen, at: number): boolean {
    if (learnsHours === undefined || profile === undefined) return false;
    const since = this.#heldSince(key, lane);
    if (since === undefined || at - since >= learnsHours * HOUR_MS) return false;
    if (profile.seeded && profile.firstAt >= since) return false;
    this.unheld++;
    return true;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    for (const lane of lanes) this.#since.delete(lane);
  }

  #heldSince(key: string, lane: number): number | undefined {
    const ofLane = this.#since.get(lane);
    const ofCaller = this.#callers.peek(key)?.since;
    return ofLane === undefined || ofCaller === undefined ? (ofLane ?? ofCaller) : Math.max(ofLane, ofCaller);
  }
}
