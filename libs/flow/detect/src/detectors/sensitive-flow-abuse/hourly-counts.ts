const SLOT_MS = 300_000;
const SLOTS = 12;

/** Counts of the last hour by five minutes, and the busiest hour that ended before this one began. */
export class HourlyCounts {
  readonly #ring = new Uint16Array(SLOTS);
  #head = Number.NEGATIVE_INFINITY;
  #sum = 0;
  /** Busiest hour of all, and of those that had ended an hour ago. */
  #max = 0;
  #settledMax = 0;
  #maxAt = Number.NEGATIVE_INFINITY;
  firstAt = Number.POSITIVE_INFINITY;

  /** The last hour's count, this one included. */
  add(at: number): number {
    if (at < this.firstAt) this.firstAt = at;
    const slot = Math.floor(at / SLOT_MS);
    if (slot > this.#head) this.#advance(slot);
    if (slot > this.#head - SLOTS) {
      const cell = slot % SLOTS;
      const n = this.#ring[cell] ?? 0;
      if (n < 65_535) {
        this.#ring[cell] = n + 1;
        this.#sum++;
      }
    }
    if (this.#sum > this.#max) {
      this.#max = this.#sum;
      this.#maxAt = slot;
    }
    return this.#sum;
  }

  /** Busiest hour before the hour that is going on. */
  get past(): number {
    return this.#settledMax;
  }

  get lastQuarter(): number {
    let sum = 0;
    for (let slot = this.#head - 2; slot <= this.#head; slot++)
      sum += this.#ring[((slot % SLOTS) + SLOTS) % SLOTS] ?? 0;
    return sum;
  }

  /** What is going on is abuse: it does not become what is usual. */
  forgetPresent(): void {
    this.#max = this.#settledMax;
    this.#maxAt = this.#head;
  }

  #advance(slot: number): void {
    const from = Math.max(this.#head + 1, slot - SLOTS + 1);
    for (let s = from; s <= slot; s++) {
      const cell = s % SLOTS;
      this.#sum -= this.#ring[cell] ?? 0;
      this.#ring[cell] = 0;
    }
    if (slot - this.#head >= SLOTS) this.#sum = 0;
    this.#head = slot;
    if (slot - this.#maxAt > SLOTS) this.#settledMax = Math.max(this.#settledMax, this.#max);
  }
}
