const FIRST_CAPACITY = 8;
const MAX_CAPACITY = 32;
const MIN_GAPS = 5;

export interface Pace {
  readonly failures: number;
  /** Different marks; a mark is what was tried. */
  readonly distinct: number;
  /** ms; 0 with fewer than two. */
  readonly medianGapMs: number;
  /** First to last; ms. */
  readonly spanMs: number;
  /** By a clock: half of the gaps are within a fifth of the median. */
  readonly regular: boolean;
  /** To the beat: all gaps are within a tenth of the median of each other. No person types like that. */
  readonly exact: boolean;
  /** Regular, and the median is two seconds or more. */
  readonly steady: boolean;
}

/** The latest 32 failures of one key with no success between: how they follow each other. */
export class Cadence {
  #times = new Float64Array(FIRST_CAPACITY);
  #marks = new Uint32Array(FIRST_CAPACITY);
  #size = 0;
  #next = 0;

  add(at: number, mark: number): void {
    if (this.#size === this.#times.length && this.#size < MAX_CAPACITY) this.#grow();
    this.#times[this.#next] = at;
    this.#marks[this.#next] = mark;
    this.#next = (this.#next + 1) % this.#times.length;
    this.#size = Math.min(this.#size + 1, this.#times.length);
  }

  /** It worked: what failed before was no guessing. */
  clear(): void {
    this.#size = 0;
    this.#next = 0;
  }

  get size(): number {
    return this.#size;
  }

  /** Of the failures at or after `since`; ms. */
  paceSince(since: number): Pace {
    const times: number[] = [];
    const marks = new Set<number>();
    for (let i = 0; i < this.#size; i++) {
      const time = this.#times[i] ?? 0;
      if (time < since) continue;
      times.push(time);
      marks.add(this.#marks[i] ?? 0);
    }
    times.sort((a, b) => a - b);
    const gaps = times
      .slice(1)
      .map((time, i) => time - (times[i] ?? 0))
      .sort((a, b) => a - b);
    const at = (share: number): number => gaps[Math.floor((gaps.length - 1) * share)] ?? 0;
    const median = at(0.5);
    const regular = gaps.length >= MIN_GAPS && at(0.75) - at(0.25) <= 0.2 * median;
    return {
      failures: times.length,
      distinct: marks.size,
      medianGapMs: median,
      spanMs: (times.at(-1) ?? 0) - (times[0] ?? 0),
      regular,
      exact: gaps.length >= MIN_GAPS && at(1) - at(0) <= 0.1 * median,
      steady: regular && median >= 2_000,
    };
  }

  #grow(): void {
    const times = new Float64Array(this.#times.length * 2);
    const marks = new Uint32Array(this.#times.length * 2);
    times.set(this.#times);
    marks.set(this.#marks);
    this.#next = this.#times.length;
    this.#times = times;
    this.#marks = marks;
  }
}
