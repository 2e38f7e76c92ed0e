import type { CallerRef } from '../engine/caller-key.ts';
import type { BaselineGroup, BaselineSource } from './baseline-source.ts';
import type { CallerHistory } from './caller-history.ts';

/** Callers read together. A caller of two busy weeks has 20,000 minutes, so this bounds what one read holds. */
const GROUP_CALLERS = 16;
/** Histories that are read, or will be, and were not asked for yet; up to 64 KB each. */
const MAX_EXPECTED = 1_024;

interface Expected {
  readonly caller: CallerRef;
  readonly cutoffBlock: number;
  readonly history: Promise<CallerHistory>;
  readonly resolve: (history: CallerHistory) => void;
  readonly reject: (error: unknown) => void;
  /** Somebody waits for it. */
  wanted: boolean;
}

/**
 * Reads baselines before they are needed, many callers at a time, so that detection rarely waits for the store. One read at a time: the
 * other lane of the embedded store stays free. A read that fails unasked is forgotten, and `load` reads anew.
 */
export class ExpectedBaselines implements BaselineSource {
  readonly #expected = new Map<string, Expected>();
  #queue: Expected[] = [];
  #reading = false;

  constructor(
    private readonly source: {
      loadAll(group: BaselineGroup): Promise<ReadonlyMap<string, CallerHistory>>;
    },
  ) {}

  expect(caller: CallerRef, cutoffBlock: number): void {
    if (this.#expected.has(keyOf(caller, cutoffBlock))) return;
    if (this.#expected.size >= MAX_EXPECTED) this.#forgetBefore(cutoffBlock);
    if (this.#expected.size < MAX_EXPECTED) this.#add(caller, cutoffBlock);
  }

  load(caller: CallerRef, cutoffBlock: number): Promise<CallerHistory> {
    const key = keyOf(caller, cutoffBlock);
    const expected = this.#expected.get(key) ?? this.#add(caller, cutoffBlock);
    expected.wanted = true;
    this.#expected.delete(key);
    return expected.history;
  }

  #add(caller: CallerRef, cutoffBlock: number): Expected {
    const { promise, resolve, reject } = withResolvers<CallerHistory>();
    // It may fail before anybody asks.
    promise.catch(() => undefined);
    const expected = { caller, cutoffBlock, history: promise, resolve, reject, wanted: false };
    this.#expected.set(keyOf(caller, cutoffBlock), expected);
    this.#queue.push(expected);
    if (!this.#reading) {
      this.#reading = true;
      // A turn later, so that what one message brings is read together.
      setImmediate(() => void this.#readAll());
    }
    return expected;
  }

  async #readAll(): Promise<void> {
    for (let group = this.#nextGroup(); group.length > 0; group = this.#nextGroup()) await this.#read(group);
    this.#reading = false;
  }

  /** What somebody waits for goes first, with others that can be read along. */
  #nextGroup(): readonly Expected[] {
    const first = this.#queue.find(({ wanted }) => wanted) ?? this.#queue[0];
    if (!first) return [];
    const group = [first];
    const rest: Expected[] = [];
    for (const other of this.#queue) {
      if (other === first) continue;
      const fits = group.length < GROUP_CALLERS && groupKeyOf(other) === groupKeyOf(first);
      (fits ? group : rest).push(other);
    }
    this.#queue = rest;
    return group;
  }

  async #read(group: readonly Expected[]): Promise<void> {
    const [first] = group;
    if (!first) return;
    const { tenant, kind } = first.caller;
    const { cutoffBlock } = first;
    try {
      const histories = await this.source.loadAll({
        tenant,
        kind,
        ids: group.map(({ caller }) => caller.id),
        cutoffBlock,
      });
      for (const expected of group) {
        const history = histories.get(expected.caller.id);
        if (!history) throw new RangeError('a history is missing in the answer');
        expected.resolve(history);
      }
    } catch (error) {
      for (const expected of group) {
        this.#expected.delete(keyOf(expected.caller, cutoffBlock));
        expected.reject(error);
      }
    }
  }

  #forgetBefore(cutoffBlock: number): void {
    for (const [key, expected] of this.#expected) {
      if (expected.cutoffBlock >= cutoffBlock) continue;
      this.#expected.delete(key);
      this.#queue = this.#queue.filter((other) => other !== expected);
    }
  }
}

const groupKeyOf = ({ caller, cutoffBlock }: Expected): string => `${caller.tenant}|${caller.kind}|${cutoffBlock}`;
const keyOf = (caller: CallerRef, cutoffBlock: number): string =>
  `${cutoffBlock}|${caller.tenant}|${caller.kind}|${caller.id}`;

const withResolvers = <T>() => {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<T>((done, failed) => {
    resolve = done;
    reject = failed;
  });
  return { promise, resolve, reject };
};
