/** A map that forgets its least recently used entry beyond `limit`, and counts that. */
export class BoundedMap<V> {
  readonly #entries = new Map<string, V>();
  evicted = 0;

  constructor(private readonly limit: number) {}

  get size(): number {
    return this.#entries.size;
  }

  /** Does not count as use. */
  peek(key: string): V | undefined {
    return this.#entries.get(key);
  }

  get(key: string): V | undefined {
    const value = this.#entries.get(key);
    // While half of the room is free nothing is near being forgotten, and order is not worth the cost.
    if (value !== undefined && this.#entries.size * 2 > this.limit) {
      this.#entries.delete(key);
      this.#entries.set(key, value);
    }
    return value;
  }

  set(key: string, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.limit) return;
    const oldest = this.#entries.keys().next();
    if (oldest.done) return;
    this.#entries.delete(oldest.value);
    this.evicted++;
  }

  getOrMake(key: string, make: () => V): V {
    const known = this.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.set(key, made);
    return made;
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }
}
