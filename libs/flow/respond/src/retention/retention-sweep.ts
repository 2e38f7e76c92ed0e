import type { Logger } from '@outrider/platform/logger';
import type { Metrics } from '@outrider/platform/metrics';
import type { Clock } from '@outrider/ports/clock';
import { RETAINED, type Retained, type RetentionStore } from '@outrider/ports/retention-store';

/** Days that each kind is kept after it ended. */
export type RetentionDays = Readonly<Record<Retained, number>>;

export const RETENTION_DAYS: RetentionDays = { audit: 400, deliveries: 30, enforcements: 400, alerts: 400 };

export interface RetentionSweepParts {
  readonly store: RetentionStore;
  readonly days: RetentionDays;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Logger;
}

const DAY_MS = 86_400_000;
/** Rows of one statement: some tens of milliseconds. */
const BATCH = 1_000;

/** Removes what is older than its kind is kept, in batches. Two at once remove no more than one would. */
export class RetentionSweep {
  readonly #removed: (labels: { kind: string }, count: number) => void;

  constructor(private readonly parts: RetentionSweepParts) {
    const help = 'Rows of the control store that were kept long enough and removed';
    this.#removed = parts.metrics.counter('outrider_retention_removed_total', help, ['kind']);
  }

  /** One kind that fails does not keep the others. Ends early when `signal` is aborted. */
  async round(signal: AbortSignal): Promise<void> {
    for (const kind of RETAINED) {
      try {
        await this.#remove(kind, signal);
      } catch (error) {
        this.parts.log.warn({ err: error, kind }, 'old rows could not be removed; it is tried again');
      }
    }
  }

  async #remove(kind: Retained, signal: AbortSignal): Promise<void> {
    const { clock, days, log, store } = this.parts;
    const before = clock.now() - days[kind] * DAY_MS;
    let total = 0;
    for (let removed = BATCH; removed === BATCH && !signal.aborted; total += removed) {
      removed = await store.prune(kind, before, BATCH);
      this.#removed({ kind }, removed);
    }
    if (total > 0) log.info({ kind, rows: total, days: days[kind] }, 'old rows removed');
  }
}
