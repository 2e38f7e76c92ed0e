import type { Reset, TeachingTimes } from '../baseline/teaching-time.ts';
import { Forgotten, type ForgottenKeys } from './forgotten.ts';

/** What is due, and since when each caller counts; event time, ms. */
export interface DueResets {
  readonly gone: Forgotten;
  readonly since: ReadonlyMap<string, number>;
}

/** Resets that an engine has not gone by yet: each holds once event time has come to it, in a replay as it did when it was made. */
export class PendingResets {
  #revision = Number.NEGATIVE_INFINITY;
  /** The oldest first. */
  #waiting: readonly Reset[] = [];
  #nextAt = Number.POSITIVE_INFINITY;

  constructor(private readonly teaching: Pick<TeachingTimes, 'revision' | 'resetsSince'>) {}

  /** Those that event time has come to; mostly none. Asked for every event. */
  due(watermark: number): DueResets | undefined {
    if (this.teaching.revision !== this.#revision) this.#read();
    if (watermark < this.#nextAt) return undefined;
    const due = this.#waiting.filter(({ from }) => from <= watermark);
    this.#wait(this.#waiting.filter(({ from }) => from > watermark));
    return dueResets(due);
  }

  #read(): void {
    const { revision } = this.teaching;
    this.#wait([...this.#waiting, ...this.teaching.resetsSince(this.#revision)].sort((a, b) => a.from - b.from));
    this.#revision = revision;
  }

  #wait(waiting: readonly Reset[]): void {
    this.#waiting = waiting;
    this.#nextAt = waiting[0]?.from ?? Number.POSITIVE_INFINITY;
  }
}

const dueResets = (due: readonly Reset[]): DueResets => {
  const keys: Record<keyof ForgottenKeys, Set<string>> = {
    ...{ callers: new Set(), endpoints: new Set(), services: new Set(), routes: new Set(), gateways: new Set() },
  };
  const since = new Map<string, number>();
  for (const { of, key, from } of due) {
    keys[of].add(key);
    if (of === 'callers') since.set(key, from);
  }
  return { gone: new Forgotten(keys), since };
};
