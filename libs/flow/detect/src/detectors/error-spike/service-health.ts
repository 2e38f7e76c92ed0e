import type { TeachingTime } from '../../baseline/teaching-time.ts';
import { BucketCounts } from '../../windows/bucket-counts.ts';
import { Evidence } from '../../windows/evidence.ts';
import { bucketOf, WINDOW_BUCKETS } from '../../windows/time.ts';

const MAX_FAILING = 256;

/** One caller at one service, from its first error on. */
export class CallerErrors {
  readonly requests = new BucketCounts();
  readonly errors = { server: new BucketCounts(), client: new BucketCounts() };
  readonly evidence = new Evidence();
  reportedAt = Number.NEGATIVE_INFINITY;
  lastBucket = Number.NEGATIVE_INFINITY;

  /**
   * `said`: what people had said about the caller when it was begun; `begunIn`: the bucket of its first error, and `before` that its own
   * requests there (of all services: more is not known of who had no errors).
   */
  constructor(
    readonly caller: string,
    readonly service: ServiceHealth,
    readonly said: TeachingTime | undefined,
    readonly begunIn: number,
    readonly before: number,
  ) {}

  /** What the service's other callers got since `from`, to `head`. */
  others(
    kind: 'server' | 'client',
    from: number,
    head: number,
  ): { readonly errors: number; readonly requests: number } {
    const { service } = this;
    const errors = service.errors[kind].sum(from, head) - this.errors[kind].sum(from, head);
    const requests = service.requests.sum(from, head) - this.requests.sum(from, head);
    return { errors, requests: from === this.begunIn ? Math.max(errors, requests - this.before) : requests };
  }

  note(at: number): void {
    this.requests.add(at);
    this.lastBucket = Math.max(this.lastBucket, bucketOf(at));
  }
}

/** Requests and errors of one service over all callers that this process sees, and who of them fails. */
export class ServiceHealth {
  readonly requests = new BucketCounts();
  readonly errors = { server: new BucketCounts(), client: new BucketCounts() };
  /** Those that are kept, by the caller's key. */
  readonly callers = new Map<string, CallerErrors>();
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

  /** A caller that another process watches now, or that begins anew: its part would be counted twice if it came back. */
  forget(own: CallerErrors): void {
    if (this.callers.get(own.caller) !== own) return;
    this.callers.delete(own.caller);
    this.#failing.delete(own.caller);
    this.requests.subtract(own.requests);
    this.errors.server.subtract(own.errors.server);
    this.errors.client.subtract(own.errors.client);
  }
}
