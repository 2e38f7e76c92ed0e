interface Entry<V> {
  readonly value: V;
  readonly lane: number;
}

/**
 * A map that forgets its least recently used entry beyond `limit`, and counts that. An entry belongs to the lane (partition of the bus)
 * that it came by, and is forgotten with it.
 */
export class BoundedMap<V> {
  readonly #entries = new Map<string, Entry<V>>();
  #cursor = this.#entries.keys();
  evicted = 0;

  constructor(
    private readonly limit: number,
    /** Told of what the bound makes it forget. */
    private readonly onEvict?: (value: V) => void,
  ) {}

  get size(): number {
    return this.#entries.size;
  }

  /** Does not count as use. */
  peek(key: string): V | undefined {
    return this.#entries.get(key)?.value;
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    // While half of the room is free nothing is near being forgotten, and order is not worth the cost.
    if (entry !== undefined && this.#entries.size * 2 > this.limit) {
      this.#entries.delete(key);
      this.#entries.set(key, entry);
    }
    return entry?.value;
  }

  set(key: string, value: V, lane = 0): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, lane });
    if (this.#entries.size <= this.limit) return;
    const oldest = this.#oldest();
    if (oldest === undefined) return;
    const evicted = this.#entries.get(oldest);
    this.#entries.delete(oldest);
    this.evicted++;
    if (evicted !== undefined) this.onEvict?.(evicted.value);
  }

  /**
   * One cursor for all evictions: whatever is set goes to the end, so that nothing alive is ever behind it. A new iterator each time would step over
   * all that was deleted since the map last grew, which costs more than everything else once many callers come and go.
   */
  #oldest(): string | undefined {
    let next = this.#cursor.next();
    if (next.done) {
      this.#cursor = this.#entries.keys();
      next = this.#cursor.next();
    }
    return next.done ? undefined : next.value;
  }

  getOrMake(key: string, make: () => V, lane = 0): V {
    const known = this.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.set(key, made, lane);
    return made;
  }

  /** Of all entries; does not count as use. */
  *values(): Generator<V> {
    for (const { value } of this.#entries.values()) yield value;
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  /** Not counted as evicted: whoever has these lanes now knows it. */
  forgetLanes(lanes: ReadonlySet<number>, onForget?: (value: V, key: string) => void): void {
    for (const [key, { value, lane }] of this.#entries) {
      if (!lanes.has(lane)) continue;
      this.#entries.delete(key);
      onForget?.(value, key);
    }
  }

  /** Forgets the entries of these keys; not counted as evicted. */
  forgetKeys(keys: Iterable<string>, onForget?: (value: V, key: string) => void): void {
    for (const key of keys) {
      const entry = this.#entries.get(key);
      if (entry === undefined) continue;
      this.#entries.delete(key);
      onForget?.(entry.value, key);
    }
  }

  /** Forgets the entries whose key is one of these with more behind it: `key|more`. Looks at all entries. */
  forgetParts(keys: ReadonlySet<string>, onForget?: (value: V, key: string) => void): void {
    if (keys.size === 0) return;
    for (const [key, { value }] of this.#entries) {
      if (!isPartOf(key, keys)) continue;
      this.#entries.delete(key);
      onForget?.(value, key);
    }
  }
}

/** Ids may hold `|`: each beginning that ends before one is looked for. */
const isPartOf = (key: string, keys: ReadonlySet<string>): boolean => {
  for (let end = key.indexOf('|'); end !== -1; end = key.indexOf('|', end + 1))
    if (keys.has(key.slice(0, end))) return true;
  return false;
};
