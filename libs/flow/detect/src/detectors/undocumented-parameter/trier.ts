import { Evidence } from '../../windows/evidence.ts';
import { HOUR_MS } from '../../windows/time.ts';

const MINING_MS = 600_000;
const MAX_ODD = 8;

/** What a caller tried within the hour. */
export class Trier {
  since = Number.NEGATIVE_INFINITY;
  minedSince = Number.NEGATIVE_INFINITY;
  reportedAt = Number.NEGATIVE_INFINITY;
  readonly privileged = new Set<string>();
  readonly doubtful = new Set<string>();
  /** Parameters used in a way that the endpoint does not know: what, and in how many requests. */
  readonly odd = new Map<string, number>();
  mined = 0;
  /** The search for names was told; it weighs more than what may have been told of its first name a moment before. */
  isMiningTold = false;
  readonly evidence = new Evidence();

  renew(at: number): void {
    if (at - this.since > HOUR_MS) {
      this.since = at;
      this.privileged.clear();
      this.doubtful.clear();
      this.odd.clear();
    }
    if (at - this.minedSince > MINING_MS) {
      this.minedSince = at;
      this.mined = 0;
      this.isMiningTold = false;
    }
  }

  /** Times so far, this one included. */
  count(what: string): number {
    const times = (this.odd.get(what) ?? 0) + 1;
    if (times > 1 || this.odd.size < MAX_ODD) this.odd.set(what, times);
    return times;
  }
}
