import type { TeachingTime } from '../../baseline/teaching-time.ts';
import { BucketCounts } from '../../windows/bucket-counts.ts';
import { bucketOf, WINDOW_BUCKETS } from '../../windows/time.ts';

const MAX_FAILING = 256;

/** One caller's part in a service's errors, as it is kept per caller. */
export interface OwnErrors {
  readonly requests: BucketCounts;
  readonly errors: Readonly<Record<'server' | 'client', BucketCounts>>;
}

/** Requests and errors of one service over all callers that this process sees, and who of them fails. */
export class ServiceHealth implements OwnErrors {
  readonly requests = new BucketCounts();
  readonly errors = { server: new BucketCounts(), client: new BucketCounts() };
  /** Caller → bucket of its newest error. */
  readonly #failing = new Map<string, number>();
  reportedAt = Number.NEGATIVE_INFINITY;

  /** `said`: what people had said about the service when it was begun. */
  constructor(readonly said: TeachingTime | undefined) {}

  fail(callerKey: string, at: number): void {
    this.#failing.delete(callerKey);
    this.#failing.set(callerKey, bucketOf(at));
    if (this.#failing.size <= MAX_FAILING) return;
    const oldest = this.#failing.keys().next();
    if (!oldest.done) this.#failing.delete(oldest.value);
  }

  /** Callers with an error in the five minutes that end at `bucket`. */
  failingCallers(bucket: number): readonly string[] {
    const callers: string[] = [];
    for (const [caller, seen] of this.#failing) if (seen > bucket - WINDOW_BUCKETS) callers.push(caller);
    return callers;
  }

  /** A caller that another process watches now: its part would be counted twice if it came back. */
  forget(callerKey: string, own: OwnErrors): void {
    this.#failing.delete(callerKey);
    this.requests.subtract(own.requests);
    this.errors.server.subtract(own.errors.server);
    this.errors.client.subtract(own.errors.client);
  }
}
