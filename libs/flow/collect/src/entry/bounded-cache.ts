/** V8 makes a substring of this length or more a view of the whole string. */
const MIN_SLICE = 13;

/**
 * The same text in memory of its own. A substring keeps alive what it was cut from: 60 characters of a hostile megabyte, remembered,
 * would be a megabyte.
 */
export const flatCopy = (text: string): string => Buffer.from(text).toString();

/**
 * A cache of at most `capacity` entries: two generations, the older one dropped whole when the younger is full.
 * Keys are copied, values are the caller's to bound. What is used stays, lookups cost one or two hash probes, and nothing is moved per hit.
 */
export class BoundedCache<V extends NonNullable<unknown>> {
  #young = new Map<string, V>();
  #old = new Map<string, V>();
  readonly #half: number;

  constructor(capacity: number) {
    this.#half = Math.max(1, capacity >> 1);
  }

  get(key: string): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: string, value: V): void {
    if (this.#young.size >= this.#half) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key.length < MIN_SLICE ? key : flatCopy(key), value);
  }

  clear(): void {
    this.#young = new Map();
    this.#old = new Map();
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }
}
