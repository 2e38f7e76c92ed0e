import type { Facts } from '@outrider/ports/address-facts';

export interface KeptFacts {
  readonly facts: Facts;
  /** ms since epoch from which they must be looked up again; Infinity for nearly all. */
  readonly endsAt: number;
}

/** Facts by address, at most `capacity`: two generations, the older dropped whole when the younger is full. A hit is one map look-up. */
export class FactsCache {
  #young = new Map<string, KeptFacts>();
  #old = new Map<string, KeptFacts>();
  readonly #half: number;

  constructor(capacity: number) {
    this.#half = Math.max(1, capacity >> 1);
  }

  get(ip: string): KeptFacts | undefined {
    const young = this.#young.get(ip);
    if (young !== undefined) return young;
    const old = this.#old.get(ip);
    if (old !== undefined) this.set(ip, old);
    return old;
  }

  set(ip: string, kept: KeptFacts): void {
    if (this.#young.size >= this.#half) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    // A copy: a piece of a log line would keep the whole line alive.
    this.#young.set(Buffer.from(ip, 'latin1').toString('latin1'), kept);
  }

  clear(): void {
    this.#young = new Map();
    this.#old = new Map();
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }
}
