/** Steps from id to id that are still the same walk. */
const REACH = 3;
const MAX_FRONTS = 512;
/** Addresses that are counted of one walk. */
const MAX_ADDRESSES = 64;

/** A walk from id to id, whoever takes its steps. */
export interface SharedRun {
  readonly startedAt: number;
  /** Highest id that anybody had asked for when it began: what lies beyond is new, and looked at by whoever made it. */
  readonly ceiling: number;
  readonly addresses: Set<string>;
  steps: number;
  lastAt: number;
}

/** Walks through the objects of one template that many addresses take together. Bounded: the walk without a step for longest goes first. */
export class SharedWalks {
  /** Id that a walk is at → the walk; least recently gone on first. */
  readonly #fronts = new Map<number, SharedRun>();
  #highest = -1;

  /** The walk that the id goes on with, within `withinMs` of its last step; undefined where it begins one. */
  step(id: number, address: string, at: number, withinMs: number): SharedRun | undefined {
    const run = this.#take(id, at, withinMs);
    if (run) {
      run.steps++;
      run.lastAt = at;
      if (run.addresses.size < MAX_ADDRESSES) run.addresses.add(address);
    }
    this.#put(
      id,
      run ?? { startedAt: at, ceiling: this.#highest, addresses: new Set([address]), steps: 1, lastAt: at },
    );
    if (id > this.#highest) this.#highest = id;
    return run;
  }

  #take(id: number, at: number, withinMs: number): SharedRun | undefined {
    for (let before = id - 1; before >= id - REACH; before--) {
      const run = this.#fronts.get(before);
      if (!run || at - run.lastAt > withinMs || id > run.ceiling) continue;
      this.#fronts.delete(before);
      return run;
    }
    return undefined;
  }

  #put(id: number, run: SharedRun): void {
    // Somebody asks for the same object once more: the longer walk stays.
    const there = this.#fronts.get(id);
    if (there && there.steps > run.steps && there.lastAt >= run.lastAt - 1) return;
    this.#fronts.delete(id);
    this.#fronts.set(id, there && there.steps > run.steps ? there : run);
    if (this.#fronts.size <= MAX_FRONTS) return;
    for (const oldest of this.#fronts.keys()) {
      this.#fronts.delete(oldest);
      return;
    }
  }
}
