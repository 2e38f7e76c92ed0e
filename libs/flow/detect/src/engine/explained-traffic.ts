import { BoundedMap } from '../windows/bounded-map.ts';
import { BucketCounts } from '../windows/bucket-counts.ts';
import { BUCKET_MS, WINDOW_BUCKETS } from '../windows/time.ts';
import { isServerError } from './event-facts.ts';
import type { Forgotten } from './forgotten.ts';

/** Time that other findings explain a caller's traffic for; ms. */
const EXPLAINS_FOR_MS = 600_000;
const MAX_EXPLAINED = 50_000;

/** What of a caller's traffic is no news: refusals of who is known to guess or probe, and server errors. */
export class ExplainedTraffic {
  /** Callers with a guessing or probing finding → event time until which it explains refused requests. */
  readonly #explained = new BoundedMap<{ until: number }>(MAX_EXPLAINED);
  readonly #refused: BoundedMap<BucketCounts>;
  readonly #serverErrors: BoundedMap<BucketCounts>;

  constructor(maxCallers: number) {
    this.#refused = new BoundedMap(maxCallers);
    this.#serverErrors = new BoundedMap(maxCallers);
  }

  note(status: number, key: string, at: number, lane: number): void {
    if (isProbeAnswer(status)) this.#refused.getOrMake(key, fresh, lane).add(at);
    else if (isServerError(status)) this.#serverErrors.getOrMake(key, fresh, lane).add(at);
  }

  /** A finding explains the caller's refused requests from now on. */
  explain(key: string, at: number, lane: number): void {
    this.#explained.set(key, { until: at + EXPLAINS_FOR_MS }, lane);
  }

  /** Refused requests of a caller that is known to guess or probe, as a share of its window that ends with `bucket`. */
  explainedShare(key: string, bucket: number, windowSum: number): number {
    const explained = this.#explained.peek(key);
    if (!explained || explained.until < bucket * BUCKET_MS || windowSum === 0) return 0;
    return (this.#refused.peek(key)?.sum(bucket - WINDOW_BUCKETS + 1, bucket) ?? 0) / windowSum;
  }

  serverErrorShare(key: string, bucket: number, windowSum: number): number {
    const errors = this.#serverErrors.peek(key);
    return errors && windowSum > 0 ? errors.sum(bucket - WINDOW_BUCKETS + 1, bucket) / windowSum : 0;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    for (const map of [this.#explained, this.#refused, this.#serverErrors]) map.forgetLanes(lanes);
  }

  forget({ callers }: Forgotten): void {
    for (const map of [this.#explained, this.#refused, this.#serverErrors]) map.forgetKeys(callers);
  }
}

const fresh = (): BucketCounts => new BucketCounts();

/** What guessing and probing are answered with. */
const isProbeAnswer = (status: number): boolean =>
  status === 400 || status === 401 || status === 403 || status === 404 || status === 422;
