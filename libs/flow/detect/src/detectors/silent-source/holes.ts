import { MINUTE_MS } from '../../windows/time.ts';

/** Minutes in a row that must have been dense, requests of changing callers in each, and how long a hole must be; ms. */
const DENSE_MINUTES = 10;
const DENSE_REQUESTS = 600;
const HOLE_MS = 45_000;
/** The stream is back when it brings half of what it did within this; ms. */
const BACK_MS = 20_000;
const BACK_SHARE = 0.5;

/** A time without a single request in a stream that never paused. Times in ms. */
export interface Hole {
  readonly from: number;
  readonly to: number;
  readonly perMinute: number;
  readonly longestGapMs: number;
}

/**
 * Looks for seconds in which nothing at all came of a stream of many requests a second, after which it goes on as before. What merely ends, a
 * load test or a flood, does not come back; a caller's requests in a row count once.
 */
export class Holes {
  #minute = 0;
  #inMinute = 0;
  #denseMinutes = 0;
  #perMinute = 0;
  #longestGapMs = 0;
  #lastAt = Number.POSITIVE_INFINITY;
  #who: string | object = '';
  #open: Hole | undefined;
  #back = 0;

  /** The hole, once the stream is back. `who`: the same for the same caller. */
  heard(at: number, who: string | object): Hole | undefined {
    const gap = at - this.#lastAt;
    if (gap >= HOLE_MS) this.#gap(at);
    if (gap > this.#longestGapMs) this.#longestGapMs = gap;
    if (gap > 0 || this.#lastAt === Number.POSITIVE_INFINITY) this.#lastAt = at;
    if (who === this.#who) return undefined;
    this.#who = who;
    this.#count(at);
    return this.#open === undefined ? undefined : this.#isBack(at, this.#open);
  }

  #gap(to: number): void {
    const dense = this.#denseMinutes >= DENSE_MINUTES;
    const [from, perMinute, longestGapMs] = [this.#lastAt, this.#perMinute, this.#longestGapMs];
    this.#open = dense ? { from, to, perMinute, longestGapMs } : undefined;
    this.#back = 0;
    this.#denseMinutes = 0;
  }

  #isBack(at: number, hole: Hole): Hole | undefined {
    if (at - hole.to > BACK_MS) {
      this.#open = undefined;
      return undefined;
    }
    if (++this.#back < BACK_SHARE * hole.perMinute * (BACK_MS / MINUTE_MS)) return undefined;
    this.#open = undefined;
    return hole;
  }

  #count(at: number): void {
    const minute = Math.floor(at / MINUTE_MS);
    if (minute === this.#minute) this.#inMinute++;
    if (minute <= this.#minute) return;
    const dense = minute === this.#minute + 1 && this.#inMinute >= DENSE_REQUESTS;
    this.#denseMinutes = dense ? this.#denseMinutes + 1 : 0;
    this.#perMinute = this.#inMinute;
    this.#minute = minute;
    this.#inMinute = 1;
  }
}
