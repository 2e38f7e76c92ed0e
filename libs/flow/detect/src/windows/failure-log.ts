import { BucketCounts } from './bucket-counts.ts';
import { BUCKET_MS, bucketOf } from './time.ts';

const FIRST_CAPACITY = 16;
const MAX_CAPACITY = 512;

export interface FailureCounts {
  readonly failures: number;
  /** Attempts, failed ones included, where they are counted. */
  readonly attempts: number;
  /** Different marks among the failures that are still remembered singly (at most 512). */
  readonly distinct: number;
  /** Remembered failures, and those among them without a mark. */
  readonly remembered: number;
  readonly unmarked: number;
}

/** Recent failures of one key: counted by 10 s, and the last 512 singly with a 32-bit mark (what was tried); mark 0 is none. */
export class FailureLog {
  readonly #failures = new BucketCounts();
  readonly #attempts = new BucketCounts();
  #times = new Float64Array(FIRST_CAPACITY);
  #marks = new Uint32Array(FIRST_CAPACITY);
  #size = 0;
  #next = 0;
  /** Newest event time seen. */
  lastAt = Number.NEGATIVE_INFINITY;
  /** A finding was reported at this event time; the next one waits. */
  reportedAt = Number.NEGATIVE_INFINITY;
  total = 0;

  add(at: number, mark: number): void {
    this.total++;
    this.#failures.add(at);
    this.#attempts.add(at);
    if (at > this.lastAt) this.lastAt = at;
    if (this.#size === this.#times.length && this.#size < MAX_CAPACITY) this.#grow();
    this.#times[this.#next] = at;
    this.#marks[this.#next] = mark;
    this.#next = (this.#next + 1) % this.#times.length;
    this.#size = Math.min(this.#size + 1, this.#times.length);
  }

  /** An attempt that did not fail. */
  addSuccess(at: number): void {
    this.#attempts.add(at);
  }

  /** Whether this failure is worth a full look: every one, until the log is full of failures that did not amount to anything. */
  get worthALook(): boolean {
    return this.#size < MAX_CAPACITY || this.total % 16 === 0;
  }

  failuresWithin(ms: number): number {
    const head = bucketOf(this.lastAt);
    return this.#failures.sum(head - ms / BUCKET_MS + 1, head);
  }

  within(ms: number): FailureCounts {
    const head = bucketOf(this.lastAt);
    const from = head - ms / BUCKET_MS + 1;
    const since = from * BUCKET_MS;
    const marks = new Set<number>();
    let remembered = 0;
    let unmarked = 0;
    for (let i = 0; i < this.#size; i++) {
      if ((this.#times[i] ?? 0) < since) continue;
      remembered++;
      const mark = this.#marks[i] ?? 0;
      if (mark === 0) unmarked++;
      else marks.add(mark);
    }
    return {
      failures: this.#failures.sum(from, head),
      attempts: this.#attempts.sum(from, head),
      distinct: marks.size,
      remembered,
      unmarked,
    };
  }

  #grow(): void {
    const capacity = this.#times.length * 2;
    const times = new Float64Array(capacity);
    const marks = new Uint32Array(capacity);
    times.set(this.#times);
    marks.set(this.#marks);
    this.#next = this.#times.length;
    this.#times = times;
    this.#marks = marks;
  }
}
