import type { CallerProfile } from '../knowledge/caller-profile.ts';
import { HOUR_MS } from '../windows/time.ts';

interface Seen {
  readonly lane: number;
  readonly profile: CallerProfile | undefined;
}

/**
 * How far back the detectors' own memory goes, lane by lane. After a restart the replay may end long before the caller's first day: what it
 * does every Monday would be told as news.
 */
export class HeldHabits {
  readonly #since = new Map<number, number>();
  /** Findings that were held back. */
  unheld = 0;

  from(lanes: readonly number[], at: number): void {
    for (const lane of lanes)
      if (Number.isFinite(at)) this.#since.set(lane, at);
      else this.#since.delete(lane);
  }

  /** Of addresses nobody knows since when they come: they count from the restart on, as any new one does. */
  isBlind(learnsHours: number | undefined, { lane, profile }: Seen, at: number): boolean {
    if (learnsHours === undefined || profile === undefined) return false;
    const since = this.#since.get(lane);
    if (since === undefined || at - since >= learnsHours * HOUR_MS) return false;
    if (profile.seeded && profile.firstAt >= since) return false;
    this.unheld++;
    return true;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    for (const lane of lanes) this.#since.delete(lane);
  }
}
