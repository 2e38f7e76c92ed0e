import { hash32 } from '../../duplicates/hash64.ts';

const GENERATION_MS = 600_000;
const MAX_YOUNG = 200_000;
const MAX_OLD = 500_000;

/** Addresses (32-bit hashes) that were seen ten minutes ago or longer; those of the last ten to twenty minutes are still fresh. */
export class SeenAddresses {
  #young = new Set<number>();
  #middle = new Set<number>();
  #old = new Set<number>();
  #older = new Set<number>();
  #since = Number.NEGATIVE_INFINITY;

  add(ip: string, at: number): void {
    if (at - this.#since >= GENERATION_MS) this.#age(at);
    if (this.#young.size < MAX_YOUNG) this.#young.add(hash32(ip));
  }

  isFresh(ip: string): boolean {
    const hash = hash32(ip);
    return !this.#old.has(hash) && !this.#older.has(hash);
  }

  #age(at: number): void {
    for (const hash of this.#middle) {
      if (this.#old.size >= MAX_OLD) {
        this.#older = this.#old;
        this.#old = new Set();
      }
      this.#old.add(hash);
    }
    this.#middle = this.#young;
    this.#young = new Set();
    this.#since = at;
  }
}
