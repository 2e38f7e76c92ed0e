import type { OwnedBaselineControl } from '@outrider/domain/baseline/baseline-control';
import type { Lifecycle } from '@outrider/platform/lifecycle';
import type { Logger } from '@outrider/platform/logger';
import type { BaselineControlStore } from '@outrider/ports/baseline-control-store';
import type { Clock } from '@outrider/ports/clock';
import { DAY_MS } from '../windows/time.ts';
import { ControlsRefresh } from './controls-refresh.ts';
import { LiveTeachingTimes } from './live-teaching-times.ts';

/** As far back as anything is read of a caller: what people said about older time concerns nothing. */
const LOOK_BACK_MS = 120 * DAY_MS;
/** What people say about baselines holds in every process after this time at the latest; ms. */
const EVERY_MS = 5_000;

export interface TeachingRefreshParts {
  /** Absent: nobody says anything. */
  readonly store: Pick<BaselineControlStore, 'all'> | undefined;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn'>;
  readonly lifecycle: Lifecycle;
}

/** Resets and exclusions, kept fresh while the process runs. `name` of the part, for start and stop. */
export const liveTeachingTimes = (
  name: string,
  { store, clock, log, lifecycle }: TeachingRefreshParts,
): LiveTeachingTimes => {
  const controls = new LiveTeachingTimes();
  if (store)
    new ControlsRefresh<readonly OwnedBaselineControl[]>({
      ...{ name, controls, clock, log, everyMs: EVERY_MS },
      store: { all: (now) => store.all(now - LOOK_BACK_MS) },
    }).join(lifecycle);
  return controls;
};
