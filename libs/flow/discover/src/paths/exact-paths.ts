/** V8 makes a substring of this length or more a view of the whole string. */
const MIN_SLICE = 13;
/** Longer paths are not remembered, so that the memory is bounded in bytes too. */
const MAX_REMEMBERED = 256;

/** The last used paths with what was found for them: two generations, the older dropped whole when the younger is full. */
export class ExactPaths<V> {
  #young = new Map<string, V>();
  #old = new Map<string, V>();
  readonly #half: number;

  constructor(capacity: number) {
    this.#half = Math.max(1, capacity >> 1);
  }

  get(path: string): V | undefined {
    const young = this.#young.get(path);
    if (young !== undefined) return young;
    const old = this.#old.get(path);
    if (old !== undefined) this.set(path, old);
    return old;
  }

  set(path: string, value: V): void {
    if (path.length > MAX_REMEMBERED) return;
    if (this.#young.size >= this.#half) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(flat(path), value);
  }

  clear(): void {
    if (this.#young.size > 0) this.#young = new Map();
    if (this.#old.size > 0) this.#old = new Map();
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }
}

/** The same text in memory of its own: a substring keeps alive the whole batch that it was cut from. */
export const flat = (text: string): string => (text.length < MIN_SLICE ? text : Buffer.from(text).toString());
