import { BucketCounts } from '../../windows/bucket-counts.ts';
import { BUCKET_MS } from '../../windows/time.ts';

const BUCKETS = 64;

/** Counts and upstream time of requests by 10 s over ten minutes. */
export class SlowTime {
  readonly counts = new BucketCounts();
  readonly #ms = new Float64Array(BUCKETS);
  readonly #of = new Int32Array(BUCKETS).fill(-1);

  add(at: number, ms: number): void {
    if (!this.counts.add(at)) return;
    const bucket = Math.floor(at / BUCKET_MS);
    const cell = bucket % BUCKETS;
    if (this.#of[cell] !== bucket) {
      this.#of[cell] = bucket;
      this.#ms[cell] = 0;
    }
    this.#ms[cell] = (this.#ms[cell] ?? 0) + ms;
  }

  seconds(from: number, to: number): number {
    let ms = 0;
    for (let bucket = from; bucket <= to; bucket++)
      if (this.#of[bucket % BUCKETS] === bucket) ms += this.#ms[bucket % BUCKETS] ?? 0;
    return ms / 1000;
  }
}
