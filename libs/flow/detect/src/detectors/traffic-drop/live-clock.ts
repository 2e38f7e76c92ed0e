/** Silence of a gateway that counts as dead time at least; ms. */
const DEAD_MS = 120_000;

/** Signs of life that are remembered, and how far apart they are at least; ms. */
const MARKS = 64;
const MARK_MS = 10_000;
const MIN_MARKS = 3;

/** Time by a gateway that leaves out when nobody at all was heard: callers cannot be missed then. */
export class LiveClock {
  #lastAt = Number.NEGATIVE_INFINITY;
  #deadMs = 0;
  readonly #marks = new Float64Array(MARKS);
  #next = 0;
  #markedAt = Number.NEGATIVE_INFINITY;

  /** Live time of an event; ms. */
  heard(at: number): number {
    if (at > this.#lastAt) {
      const gap = at - this.#lastAt;
      if (gap > DEAD_MS && Number.isFinite(gap)) this.#deadMs += gap;
      this.#lastAt = at;
      if (at - this.#markedAt >= MARK_MS) this.#mark(at);
    }
    return at - this.#deadMs;
  }

  /** Live time now: it stands still from the last event on. */
  get now(): number {
    return this.#lastAt - this.#deadMs;
  }

  /**
   * Time since `from` if others were heard all along, however seldom they are: three times and more, and never a pause of half of it. 0 if not;
   * ms.
   */
  witnessedSince(from: number): number {
    const silence = this.#lastAt - from;
    const marks = [...this.#marks].filter((at) => at > from).sort((a, b) => a - b);
    if (marks.length < MIN_MARKS) return 0;
    let last = from;
    for (const at of [...marks, this.#lastAt]) {
      if (at - last > silence / 2) return 0;
      last = at;
    }
    return silence;
  }

  #mark(at: number): void {
    this.#marks[this.#next] = at;
    this.#next = (this.#next + 1) % MARKS;
    this.#markedAt = at;
  }
}
