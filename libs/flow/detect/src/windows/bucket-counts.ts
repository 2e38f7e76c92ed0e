import { bucketOf } from './time.ts';

const BUCKETS = 64;

/** Counts by 10-second bucket over the last ten minutes, for one key. Any order of arrival gives the same counts. */
export class BucketCounts {
  readonly #ring = new Uint32Array(BUCKETS);
  #head = Number.NEGATIVE_INFINITY;
  /** Counted so far and no longer in reach. */
  past = 0;

  /** False when `at` is out of reach. */
  add(at: number): boolean {
    const bucket = bucketOf(at);
    this.advance(bucket);
    if (bucket <= this.#head - BUCKETS) return false;
    const cell = modulo(bucket);
    this.#ring[cell] = (this.#ring[cell] ?? 0) + 1;
    return true;
  }

  /** Counts in the buckets `from` … `to`, inclusive. */
  sum(from: number, to: number): number {
    if (this.#head === Number.NEGATIVE_INFINITY) return 0;
    let sum = 0;
    const last = Math.min(to, this.#head);
    for (let b = Math.max(from, this.#head - BUCKETS + 1); b <= last; b++) sum += this.#ring[modulo(b)] ?? 0;
    return sum;
  }

  /** Everything before bucket `from`. */
  before(from: number): number {
    return this.past + this.sum(this.#head - BUCKETS + 1, from - 1);
  }

  /** Takes away what `other` counted, which was counted here as well. */
  subtract(other: BucketCounts): void {
    if (other.#head === Number.NEGATIVE_INFINITY) return;
    this.past = Math.max(0, this.past - other.past);
    for (let b = other.#head - BUCKETS + 1; b <= other.#head; b++) {
      const n = other.#ring[modulo(b)] ?? 0;
      if (n === 0) continue;
      if (b <= this.#head - BUCKETS) this.past = Math.max(0, this.past - n);
      else this.#ring[modulo(b)] = Math.max(0, (this.#ring[modulo(b)] ?? 0) - n);
    }
  }

  /** First bucket at or after `from` with a count, or undefined. */
  firstFrom(from: number): number | undefined {
    if (this.#head === Number.NEGATIVE_INFINITY) return undefined;
    for (let b = Math.max(from, this.#head - BUCKETS + 1); b <= this.#head; b++)
      if ((this.#ring[modulo(b)] ?? 0) > 0) return b;
    return undefined;
  }

  advance(bucket: number): void {
    if (bucket <= this.#head) return;
    if (this.#head === Number.NEGATIVE_INFINITY) {
      this.#head = bucket;
      return;
    }
    for (let b = this.#head + 1; b <= Math.min(bucket, this.#head + BUCKETS); b++) {
      this.past += this.#ring[modulo(b)] ?? 0;
      this.#ring[modulo(b)] = 0;
    }
    this.#head = bucket;
  }
}

const modulo = (bucket: number): number => ((bucket % BUCKETS) + BUCKETS) % BUCKETS;
