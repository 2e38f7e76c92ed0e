const RECENT = 24;
/** Endpoint, group, time (ms), one after the other in one array that grows as it is needed. */
const STRIDE = 3;
const GROUP = 1;
const TIME = 2;
/** Steps of which one caller's order is remembered. */
const MAX_OWN_STEPS = 16;

/** How one caller kept the order of one step. */
export interface OwnStep {
  /** Uses with all the steps before. */
  orderly: number;
  /** Uses without, in the day since `since` and before it. */
  since: number;
  skips: number;
  skipsBefore: number;
  reportedAt: number;
  /** Uses while it was not known what is needed, and what came before all of them. */
  early: number;
  before: readonly number[];
}

/** A use of which nobody can say yet whether it was in order. */
export const noteEarly = (own: OwnStep, recent: readonly number[]): void => {
  own.before = own.early === 0 ? recent : own.before.filter((id) => recent.includes(id));
  own.early++;
};

/** It is known now: the uses so far count, if all of them had all that is needed. */
export const settleEarly = (own: OwnStep, needed: readonly number[]): void => {
  if (needed.every((id) => own.before.includes(id))) own.orderly += own.early;
  own.early = 0;
  own.before = [];
};

/** What one caller did of late, and how it kept the order of each step. Most callers take few steps, and cost little. */
export class Walk {
  readonly #data: number[] = [];
  #own: Map<number, OwnStep> | undefined;

  /** `group`: 0 for what writes, else the hash of its parent. */
  pass(id: number, at: number, group: number): void {
    const data = this.#data;
    let oldest = 0;
    for (let i = 0; i < data.length; i += STRIDE) {
      if (data[i] === id) {
        data[i + TIME] = at;
        return;
      }
      if ((data[i + TIME] ?? 0) < (data[oldest + TIME] ?? 0)) oldest = i;
    }
    if (data.length < RECENT * STRIDE) {
      data.push(id, group, at);
      return;
    }
    data[oldest] = id;
    data[oldest + GROUP] = group;
    data[oldest + TIME] = at;
  }

  /** Steps passed within `ms`, the asked one left out: what writes, and what stands beside it. Other reading is no step. */
  recent(at: number, ms: number, but: number, group: number): number[] {
    const data = this.#data;
    const found: number[] = [];
    for (let i = 0; i < data.length; i += STRIDE) {
      const id = data[i] ?? 0;
      const own = data[i + GROUP] ?? 0;
      if (id !== but && (own === 0 || own === group) && at - (data[i + TIME] ?? 0) <= ms) found.push(id);
    }
    return found;
  }

  own(id: number): OwnStep | undefined {
    return this.#own?.get(id);
  }

  /** Made now if it is new; undefined beyond the bound. */
  ownOf(id: number, at: number): OwnStep | undefined {
    const own = (this.#own ??= new Map<number, OwnStep>());
    const known = own.get(id);
    if (known !== undefined || own.size >= MAX_OWN_STEPS) return known;
    const made: OwnStep = {
      orderly: 0,
      since: at,
      skips: 0,
      skipsBefore: 0,
      reportedAt: Number.NEGATIVE_INFINITY,
      early: 0,
      before: [],
    };
    own.set(id, made);
    return made;
  }
}
