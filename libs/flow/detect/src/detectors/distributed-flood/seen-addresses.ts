import { hash32 } from '../../duplicates/hash64.ts';

const GENERATION_MS = 600_000;
const MAX_YOUNG = 200_000;
const MAX_OLD = 500_000;

const SEVERAL = '';

/**
 * Addresses (32-bit hashes) that were seen ten minutes ago or longer; those of the last ten to twenty minutes are still fresh, with the one path template that
 * they asked for.
 */
export class SeenAddresses {
  #young = new Map<number, string>();
  #middle = new Map<number, string>();
  #old = new Set<number>();
  #older = new Set<number>();
  #since = Number.NEGATIVE_INFINITY;

  add(ip: string, at: number, template: string): void {
    if (at - this.#since >= GENERATION_MS) this.#age(at);
    const hash = hash32(ip);
    const asked = this.#young.get(hash);
    if (asked === undefined) {
      if (this.#young.size < MAX_YOUNG) this.#young.set(hash, template);
    } else if (asked !== template && asked !== SEVERAL) this.#young.set(hash, SEVERAL);
  }

  /** It asked for nothing else in the last ten to twenty minutes: who logged in before is a guest that waits for something. */
  isSingle(ip: string, template: string): boolean {
    const hash = hash32(ip);
    return (this.#young.get(hash) ?? template) === template && (this.#middle.get(hash) ?? template) === template;
  }

  isFresh(ip: string): boolean {
    const hash = hash32(ip);
    return !this.#old.has(hash) && !this.#older.has(hash);
  }

  #age(at: number): void {
    for (const hash of this.#middle.keys()) {
      if (this.#old.size >= MAX_OLD) {
        this.#older = this.#old;
        this.#old = new Set();
      }
      this.#old.add(hash);
    }
    this.#middle = this.#young;
    this.#young = new Map();
    this.#since = at;
  }
}
