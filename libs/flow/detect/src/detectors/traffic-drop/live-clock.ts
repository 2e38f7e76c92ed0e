/** Silence of a gateway that counts as dead time at least; ms. */
const DEAD_MS = 120_000;

/** Time by a gateway that leaves out when nobody at all was heard: callers cannot be missed then. */
export class LiveClock {
  #lastAt = Number.NEGATIVE_INFINITY;
  #deadMs = 0;

  /** Live time of an event; ms. */
  heard(at: number): number {
    if (at > this.#lastAt) {
      const gap = at - this.#lastAt;
      if (gap > DEAD_MS && Number.isFinite(gap)) this.#deadMs += gap;
      this.#lastAt = at;
    }
    return at - this.#deadMs;
  }

  /** Live time now: it stands still from the last event on. */
  get now(): number {
    return this.#lastAt - this.#deadMs;
  }
}
