import { BucketCounts } from '../../windows/bucket-counts.ts';
import { bucketOf, WINDOW_BUCKETS } from '../../windows/time.ts';

const MAX_FAILING = 256;

/** Requests and errors of one service over all its callers, and who of them fails. */
export class ServiceHealth {
  readonly requests = new BucketCounts();
  readonly errors = { server: new BucketCounts(), client: new BucketCounts() };
  /** Caller → bucket of its newest error. */
  readonly #failing = new Map<string, number>();
  reportedAt = Number.NEGATIVE_INFINITY;

  fail(callerKey: string, at: number): void {
    this.#failing.delete(callerKey);
    this.#failing.set(callerKey, bucketOf(at));
    if (this.#failing.size <= MAX_FAILING) return;
    const oldest = this.#failing.keys().next();
    if (!oldest.done) this.#failing.delete(oldest.value);
  }

  /** Callers with an error in the five minutes that end at `bucket`. */
  failingCallers(bucket: number): number {
    let n = 0;
    for (const seen of this.#failing.values()) if (seen > bucket - WINDOW_BUCKETS) n++;
    return n;
  }
}
