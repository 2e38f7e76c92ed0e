import type { Finding } from '@outrider/domain/detection/alert';
import { eventId } from '@outrider/domain/traffic/api-event';
import type { EventStore } from '@outrider/ports/event-store';
import { DuplicateFilter } from '../duplicates/duplicate-filter.ts';
import type { DetectionEngine } from '../engine/detection-engine.ts';

/** Stored events are looked at again for this long, since they are stored in no order; ms of event time. */
const OVERLAP_MS = 10_000;
/** Event time that the first round looks back; ms. */
const FIRST_MS = 600_000;
/** Clocks of gateways may be ahead of ours by this much; ms. */
const AHEAD_MS = 60_000;
const CHUNK = 5_000;
/** Events a round; beyond it the older ones of the round are left out. */
const MOST = 300_000;

export interface EstateFeedDeps {
  readonly store: Pick<EventStore, 'recall'>;
  /** An engine of detectors of scope `estate` alone. */
  readonly makeEngine: () => DetectionEngine;
  readonly partitions: () => number;
  /** This process watches all partitions: its own engine does it. */
  readonly seesAll: () => boolean;
  readonly tell: (finding: Finding) => Promise<void>;
}

/**
 * Where several analyzers share the partitions, none of them sees the estate. The leader feeds the detectors that compare callers from the
 * event store, a few seconds behind.
 */
export class EstateFeed {
  #engine: DetectionEngine | undefined;
  #seen = EstateFeed.#filter();
  #cursor = 0;

  constructor(private readonly deps: EstateFeedDeps) {}

  async round(now: number): Promise<void> {
    const { store, partitions, seesAll, tell, makeEngine } = this.deps;
    if (seesAll()) return this.forget();
    const engine = (this.#engine ??= makeEngine());
    const range = { from: this.#cursor === 0 ? now - FIRST_MS : this.#cursor - OVERLAP_MS, to: now + AHEAD_MS };
    const all = Array.from({ length: partitions() }, (_, partition) => partition);
    const findings: Finding[] = [];
    for await (const events of store.recall({ partitions: all, range, chunk: CHUNK, most: MOST }))
      for (const { event, position } of events) {
        if (this.#seen.see(eventId(event), position, event.receivedAt) !== 'first') continue;
        engine.observeNow(event, 0, findings);
      }
    this.#cursor = Math.max(this.#cursor, Math.min(engine.watermark, now));
    engine.tick(Math.max(engine.watermark, now - AHEAD_MS), findings);
    for (const finding of findings) await tell(finding);
  }

  forget(): void {
    this.#engine = undefined;
    this.#seen = EstateFeed.#filter();
    this.#cursor = 0;
  }

  static #filter(): DuplicateFilter {
    return new DuplicateFilter({ horizonMs: FIRST_MS, maxIds: 4 * MOST });
  }
}
