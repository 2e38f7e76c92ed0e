import type { AlertType } from '@outrider/domain/detection/alert';
import type { DetectorScope } from './detector.ts';
import type { Lookout, Watcher } from './watcher.ts';

export interface Watching {
  readonly type: AlertType;
  readonly scope: DetectorScope;
  readonly explainsRefusals: boolean;
  readonly learnsHours: number | undefined;
  readonly watcher: Watcher;
}

/** A watcher that looks at whole windows. */
export interface Looking extends Watching {
  readonly lookout: Lookout;
}

const CLASSES = [0, 1, 2, 3, 4, 5] as const;

/** The watchers at work, found by the first digit of a status without asking each. */
export class Watchers {
  readonly ticking: readonly Watching[];
  readonly hearing: readonly Watching[];
  readonly checking: readonly Watching[];
  readonly looking: readonly Looking[];
  readonly lookouts: readonly Lookout[];
  readonly #byClass: readonly (readonly Watching[])[];

  constructor(readonly all: readonly Watching[]) {
    this.#byClass = CLASSES.map((digit) =>
      all.filter(({ watcher: { statusClasses } }) => statusClasses === undefined || statusClasses.includes(digit)),
    );
    this.ticking = all.filter(({ watcher }) => watcher.tick !== undefined);
    this.hearing = all.filter(({ watcher }) => watcher.heard !== undefined);
    this.checking = all.filter(({ watcher }) => watcher.checked !== undefined);
    this.looking = all.flatMap((one) => (one.watcher.lookout ? [{ ...one, lookout: one.watcher.lookout }] : []));
    this.lookouts = this.looking.map(({ lookout }) => lookout);
  }

  of(status: number): readonly Watching[] {
    return this.#byClass[status >= 100 && status < 600 ? Math.floor(status / 100) : 0] ?? [];
  }

  get evicted(): number {
    return this.all.reduce((sum, { watcher }) => sum + watcher.evicted, 0);
  }

  get evictedBaselines(): number {
    return this.lookouts.reduce((sum, { evicted }) => sum + evicted, 0);
  }
}
