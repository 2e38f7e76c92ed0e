/** Part of what is usual that is still ordinary, and part that is as good as nothing: stray lines, one stubborn client. */
const ORDINARY = 0.5;
const STRAY = 0.05;
/** Evidence for a silence: gained by each request that did not come, lost by each that did (the log likelihood ratio of the two rates). */
const GAIN = ORDINARY - STRAY;
const LOSS = Math.log(ORDINARY / STRAY);

/** A stretch in which next to nothing is heard; times in minutes since 1970, rates per minute. */
export class Lull {
  score = 0;
  /** Where the evidence was greatest: the silence went to there. */
  peak = 0;
  peakAt: number;
  /** Heard, and usual, until the peak. */
  heard = 0;
  expected = 0;
  #heard = 0;
  #expected = 0;
  /** When it was last told; ms. */
  toldAt = Number.NEGATIVE_INFINITY;

  constructor(
    readonly since: number,
    /** Rate before it: no more than that is missed, however busy the hour usually is. */
    readonly lately: number,
    /** Longest time without any request before it; ms. */
    readonly longestGapMs: number,
  ) {
    this.peakAt = since;
  }

  /** One more minute; `rate` is what it usually brings. */
  add(minute: number, n: number, rate: number): void {
    this.score += GAIN * rate - LOSS * n;
    this.#heard += n;
    this.#expected += rate;
    if (this.score <= this.peak) return;
    this.peak = this.score;
    this.peakAt = minute + 1;
    this.heard = this.#heard;
    this.expected = this.#expected;
  }

  /** Requests that came after the peak beyond those that go on missing: the traffic is back. */
  get returned(): number {
    return (this.peak - this.score) / LOSS;
  }
}
