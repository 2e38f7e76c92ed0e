import type { Hash64 } from './hash64.ts';

const MIN_CAPACITY = 1024;
const MAX_LOAD = 0.6;

/** Open addressing over typed arrays: 64-bit key → one number. 16 bytes a cell; grows by doubling, never shrinks. */
export class HashTable {
  #high = new Uint32Array(MIN_CAPACITY);
  #low = new Uint32Array(MIN_CAPACITY);
  #values = new Float64Array(MIN_CAPACITY);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    return this.#low.length * 16;
  }

  get(hash: Readonly<Hash64>): number | undefined {
    const cell = this.#cellOf(hash);
    return this.#isEmpty(cell) ? undefined : this.#values[cell];
  }

  set(hash: Readonly<Hash64>, value: number): void {
    if (this.#size + 1 > this.#low.length * MAX_LOAD) this.#grow();
    const cell = this.#cellOf(hash);
    if (this.#isEmpty(cell)) this.#size++;
    this.#high[cell] = hash.high;
    // The pair (0, 0) marks an empty cell.
    this.#low[cell] = hash.high === 0 && hash.low === 0 ? 1 : hash.low;
    this.#values[cell] = value;
  }

  /** A table with the entries whose value passes. */
  filter(keep: (value: number) => boolean): HashTable {
    const kept = new HashTable();
    for (let i = 0; i < this.#low.length; i++) {
      const value = this.#values[i] ?? 0;
      if (this.#isEmpty(i) || !keep(value)) continue;
      kept.set({ high: this.#high[i] ?? 0, low: this.#low[i] ?? 0 }, value);
    }
    return kept;
  }

  #isEmpty(cell: number): boolean {
    return this.#high[cell] === 0 && this.#low[cell] === 0;
  }

  #cellOf(hash: Readonly<Hash64>): number {
    const mask = this.#low.length - 1;
    const low = hash.high === 0 && hash.low === 0 ? 1 : hash.low;
    let cell = (low ^ (hash.high >>> 7)) & mask;
    while (!this.#isEmpty(cell) && (this.#low[cell] !== low || this.#high[cell] !== hash.high))
      cell = (cell + 1) & mask;
    return cell;
  }

  #grow(): void {
    const high = this.#high;
    const low = this.#low;
    const values = this.#values;
    this.#high = new Uint32Array(high.length * 2);
    this.#low = new Uint32Array(high.length * 2);
    this.#values = new Float64Array(high.length * 2);
    this.#size = 0;
    for (let i = 0; i < low.length; i++) {
      if (high[i] === 0 && low[i] === 0) continue;
      this.set({ high: high[i] ?? 0, low: low[i] ?? 0 }, values[i] ?? 0);
    }
  }
}
