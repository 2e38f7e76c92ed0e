/** Terms (32-bit hashes) that an entity was seen with: since when, when last, how often. The least recently seen goes beyond the bound. */
export class TermList {
  #terms = new Uint32Array(4);
  #first = new Float64Array(4);
  #last = new Float64Array(4);
  #counts = new Uint32Array(4);
  #size = 0;
  /** Terms that had to go. */
  forgotten = 0;

  constructor(private readonly limit: number) {}

  get size(): number {
    return this.#size;
  }

  has(term: number): boolean {
    return this.#find(term) >= 0;
  }

  /** When it was first seen; undefined when never; ms. */
  firstAt(term: number): number | undefined {
    const i = this.#find(term);
    return i < 0 ? undefined : this.#first[i];
  }

  lastAt(term: number): number | undefined {
    const i = this.#find(term);
    return i < 0 ? undefined : this.#last[i];
  }

  count(term: number): number {
    const i = this.#find(term);
    return i < 0 ? 0 : (this.#counts[i] ?? 0);
  }

  /** Terms first seen before `at`. */
  olderThan(at: number): number {
    let n = 0;
    for (let i = 0; i < this.#size; i++) if ((this.#first[i] ?? 0) < at) n++;
    return n;
  }

  /** Terms first seen at `from` or later, and before `to`; ms. */
  joinedWithin(from: number, to: number): number {
    let n = 0;
    for (let i = 0; i < this.#size; i++) {
      const first = this.#first[i] ?? 0;
      if (first >= from && first < to) n++;
    }
    return n;
  }

  add(term: number, at: number, count = 1, firstAt = at): void {
    let i = this.#find(term);
    if (i < 0) {
      i = this.#place();
      this.#terms[i] = term;
      this.#first[i] = firstAt;
      this.#last[i] = at;
      this.#counts[i] = count;
      return;
    }
    if (firstAt < (this.#first[i] ?? 0)) this.#first[i] = firstAt;
    if (at > (this.#last[i] ?? 0)) this.#last[i] = at;
    this.#counts[i] = (this.#counts[i] ?? 0) + count;
  }

  #find(term: number): number {
    for (let i = 0; i < this.#size; i++) if (this.#terms[i] === term) return i;
    return -1;
  }

  #place(): number {
    if (this.#size < this.#terms.length) return this.#size++;
    if (this.#size < this.limit) {
      this.#grow();
      return this.#size++;
    }
    this.forgotten++;
    let oldest = 0;
    for (let i = 1; i < this.#size; i++) if ((this.#last[i] ?? 0) < (this.#last[oldest] ?? 0)) oldest = i;
    return oldest;
  }

  #grow(): void {
    const capacity = Math.min(this.limit, this.#size * 2);
    const grown = <T extends Uint32Array | Float64Array>(made: T, old: T): T => {
      made.set(old);
      return made;
    };
    this.#terms = grown(new Uint32Array(capacity), this.#terms);
    this.#first = grown(new Float64Array(capacity), this.#first);
    this.#last = grown(new Float64Array(capacity), this.#last);
    this.#counts = grown(new Uint32Array(capacity), this.#counts);
  }
}
