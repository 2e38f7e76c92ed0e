import { resolveAlert } from '@outrider/domain/detection/alert-lifecycle';
import type { Alert } from '@outrider/domain/detection/alert';
import { ConflictError } from '@outrider/platform/errors';
import type { AlertStore } from '@outrider/ports/alert-store';
import { RESOLVED_BY_ITSELF } from './alert-tracker.ts';
import type { QuietTimes } from './quiet-times.ts';

/** No bus keeps a backlog for longer than this: whoever looked after the alert would have ended it. */
const LONG_AGO_MS = 24 * 3_600_000;

export interface OrphanSweepDeps {
  readonly store: Pick<AlertStore, 'unresolved' | 'save'>;
  readonly quietMs: QuietTimes;
  /** This process looks after it. */
  readonly isHeld: (alert: Alert) => boolean;
  /** Tells the others; called only after the row is stored. */
  readonly publish: (alert: Alert) => Promise<void>;
}

/**
 * Ends alerts that nobody looks after, a day after they were over: those whose entity came by another partition than it does now, because the
 * number of partitions was changed. All others end with the process that has their partition.
 */
export const sweepOrphans = async (deps: OrphanSweepDeps, now: number): Promise<number> => {
  let ended = 0;
  for (const alert of await deps.store.unresolved()) {
    const longAgo = now - LONG_AGO_MS - deps.quietMs(alert.type);
    if (alert.lastSeenAt >= longAgo || alert.openedAt >= longAgo || deps.isHeld(alert)) continue;
    const resolved = resolveAlert(alert, RESOLVED_BY_ITSELF, now);
    if (!resolved) continue;
    try {
      await deps.store.save(resolved);
    } catch (error) {
      // Somebody does look after it.
      if (error instanceof ConflictError) continue;
      throw error;
    }
    ended++;
    await deps.publish(resolved);
  }
  return ended;
};
