/** What a rule keeps of one group. */
export interface Group {
  /** The lane that it is forgotten with; -1: events of many lanes belong to it, and it stays. */
  readonly lane: number;
  /** Values that it holds, besides itself. */
  weight: number;
}

/** Groups of one rule, bounded in number and in what they hold together: the least recently used goes first, and is counted. */
export class GroupMap<G extends Group> {
  readonly #groups = new Map<string, G>();
  #weight = 0;
  evicted = 0;

  constructor(
    private readonly limit: number,
    private readonly maxWeight = Number.POSITIVE_INFINITY,
    private readonly onGone: (group: G, key: string) => void = () => undefined,
  ) {}

  get size(): number {
    return this.#groups.size;
  }

  getOrMake(key: string, make: () => G): G {
    const known = this.#groups.get(key);
    if (known) {
      // While half of the room is free nothing is near being forgotten, and order is not worth the cost.
      if (this.#groups.size * 2 > this.limit || this.#weight * 2 > this.maxWeight) {
        this.#groups.delete(key);
        this.#groups.set(key, known);
      }
      return known;
    }
    const made = make();
    this.#groups.set(key, made);
    this.#weight += made.weight;
    if (this.#groups.size > this.limit) this.#evictOldest(key);
    return made;
  }

  peek(key: string): G | undefined {
    return this.#groups.get(key);
  }

  /** The group of that key holds `change` more than before. */
  weigh(key: string, group: G, change: number): void {
    group.weight += change;
    this.#weight += change;
    while (this.#weight > this.maxWeight && this.#groups.size > 1) this.#evictOldest(key);
  }

  entries(): IterableIterator<[string, G]> {
    return this.#groups.entries();
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    for (const [key, group] of this.#groups) if (lanes.has(group.lane)) this.#remove(key, group);
  }

  #evictOldest(except: string): void {
    for (const [key, group] of this.#groups) {
      if (key === except) continue;
      this.#remove(key, group);
      this.evicted++;
      return;
    }
  }

  #remove(key: string, group: G): void {
    this.#groups.delete(key);
    this.#weight -= group.weight;
    this.onGone(group, key);
  }
}
