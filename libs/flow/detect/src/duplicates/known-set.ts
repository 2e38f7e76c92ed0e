import { hash64, type Hash64 } from './hash64.ts';
import { HashTable } from './hash-table.ts';

/** Remembers texts it was shown, at most about `maxEntries`; forgets the older half when full. */
export class KnownSet {
  #young = new HashTable();
  #old = new HashTable();
  readonly #hash: Hash64 = { high: 0, low: 0 };

  constructor(private readonly maxEntries: number) {}

  add(text: string): void {
    const hash = hash64(text, this.#hash);
    if (this.#young.get(hash) !== undefined) return;
    if (this.#young.size >= this.maxEntries / 2) {
      this.#old = this.#young;
      this.#young = new HashTable();
    }
    this.#young.set(hash, 1);
  }

  has(text: string): boolean {
    const hash = hash64(text, this.#hash);
    return this.#young.get(hash) !== undefined || this.#old.get(hash) !== undefined;
  }
}
