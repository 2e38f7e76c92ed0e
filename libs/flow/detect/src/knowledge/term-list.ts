/** Of one term: the hash, first and last time (ms), count; one after the other in one array, which costs a quarter of an array each. */
const STRIDE = 4;
const FIRST = 1;
const LAST = 2;
const COUNT = 3;

/** Terms (32-bit hashes) that an entity was seen with: since when, when last, how often. The least recently seen goes beyond the bound. */
export class TermList {
  readonly #data: number[] = [];
  /** Terms that had to go. */
  forgotten = 0;

  constructor(private readonly limit: number) {}

  get size(): number {
    return this.#data.length / STRIDE;
  }

  *terms(): Iterable<number> {
    for (let i = 0; i < this.#data.length; i += STRIDE) yield this.#data[i] ?? 0;
  }

  has(term: number): boolean {
    return this.#find(term) >= 0;
  }

  /** When it was first seen; undefined when never; ms. */
  firstAt(term: number): number | undefined {
    const i = this.#find(term);
    return i < 0 ? undefined : this.#data[i + FIRST];
  }

  lastAt(term: number): number | undefined {
    const i = this.#find(term);
    return i < 0 ? undefined : this.#data[i + LAST];
  }

  count(term: number): number {
    const i = this.#find(term);
    return i < 0 ? 0 : (this.#data[i + COUNT] ?? 0);
  }

  /** Terms first seen before `at`. */
  olderThan(at: number): number {
    return this.joinedWithin(Number.NEGATIVE_INFINITY, at);
  }

  /** Terms first seen at `from` or later, and before `to`; ms. */
  joinedWithin(from: number, to: number): number {
    const data = this.#data;
    let n = 0;
    for (let i = FIRST; i < data.length; i += STRIDE) {
      const first = data[i] ?? 0;
      if (first >= from && first < to) n++;
    }
    return n;
  }

  /** Terms seen at `from` or later; ms. */
  lastWithin(from: number): number {
    const data = this.#data;
    let n = 0;
    for (let i = LAST; i < data.length; i += STRIDE) if ((data[i] ?? 0) >= from) n++;
    return n;
  }

  /** True when it was not there. */
  add(term: number, at: number, count = 1, firstAt = at): boolean {
    const data = this.#data;
    const i = this.#find(term);
    if (i < 0) {
      this.#place(term, firstAt, at, count);
      return true;
    }
    if (firstAt < (data[i + FIRST] ?? 0)) data[i + FIRST] = firstAt;
    if (at > (data[i + LAST] ?? 0)) data[i + LAST] = at;
    data[i + COUNT] = (data[i + COUNT] ?? 0) + count;
    return false;
  }

  /** As `add`, of what was counted elsewhere: what is here may be a part of it. */
  recall(term: number, at: number, count: number, firstAt: number): void {
    this.add(term, at, Math.max(0, count - this.count(term)), firstAt);
  }

  #find(term: number): number {
    const data = this.#data;
    for (let i = 0; i < data.length; i += STRIDE) if (data[i] === term) return i;
    return -1;
  }

  #place(term: number, firstAt: number, at: number, count: number): void {
    const data = this.#data;
    if (data.length < this.limit * STRIDE) {
      data.push(term, firstAt, at, count);
      return;
    }
    this.forgotten++;
    let oldest = 0;
    for (let i = STRIDE; i < data.length; i += STRIDE)
      if ((data[i + LAST] ?? 0) < (data[oldest + LAST] ?? 0)) oldest = i;
    data[oldest] = term;
    data[oldest + FIRST] = firstAt;
    data[oldest + LAST] = at;
    data[oldest + COUNT] = count;
  }
}
