import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { Draft } from './finding-draft.ts';
import type { Forgotten } from './forgotten.ts';
import type { Caller, Watcher } from './watcher.ts';

const CLASSES = [0, 1, 2, 3, 4, 5] as const;

type Part = Omit<Watcher, 'checked' | 'heard' | 'tick'>;

/** Several ways to see the same thing, as one watcher: each sees the events that concern it, and the first that finds something is told. */
export class JoinedWatchers implements Watcher {
  readonly statusClasses: NonNullable<Watcher['statusClasses']>;
  readonly #byClass: readonly (readonly Part[])[];

  constructor(private readonly parts: readonly Part[]) {
    this.#byClass = CLASSES.map((digit) =>
      parts.filter(({ statusClasses }) => statusClasses === undefined || statusClasses.includes(digit)),
    );
    this.statusClasses = CLASSES.filter((digit) => this.#byClass[digit]?.length !== 0);
  }

  get evicted(): number {
    return this.parts.reduce((sum, { evicted }) => sum + evicted, 0);
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    let found: Draft | undefined;
    for (const part of this.#of(event)) {
      const draft = part.observe(event, at, caller);
      found ??= draft;
    }
    return found;
  }

  explain(event: ApiEvent, at: number, caller: Caller): string | undefined {
    const says = this.#of(event).flatMap((part) => part.explain?.(event, at, caller) ?? []);
    return says.length === 0 ? undefined : says.join('; ');
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    for (const part of this.parts) part.forgetLanes(lanes);
  }

  forget(gone: Forgotten): void {
    for (const part of this.parts) part.forget(gone);
  }

  #of({ status }: ApiEvent): readonly Part[] {
    return this.#byClass[status >= 100 && status < 600 ? Math.floor(status / 100) : 0] ?? [];
  }
}
