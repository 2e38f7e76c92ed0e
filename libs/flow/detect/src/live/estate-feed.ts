import type { Finding } from '@outrider/domain/detection/alert';
import { eventId } from '@outrider/domain/traffic/api-event';
import { LimitError } from '@outrider/platform/errors';
import { BUS_PARTITION_SPAN, type EventStore } from '@outrider/ports/event-store';
import { DuplicateFilter } from '../duplicates/duplicate-filter.ts';
import type { DetectionEngine } from '../engine/detection-engine.ts';
import { windowTime } from '../engine/event-facts.ts';

/** How late a partition's events are still looked for: somebody else takes it over and learns before it goes on; ms. */
const LATE_MS = 600_000;
/** Event time before the first round that findings are told of: the leader before may not have come to it; ms. */
const FIRST_MS = 600_000;
/** Clocks of gateways may be ahead of ours by this much; ms. */
const AHEAD_MS = 60_000;
/** Events at a time: what the process' own partitions wait for, a few ms. */
const CHUNK = 1_000;
/** Events a round; beyond it the older ones of the round are left out. */
const MOST = 300_000;
/** Of a round that was cut: about `most` events were read. */
const NEARLY_ALL = 0.95;
const LANE = 0;
const LESS_PAST = 4;
const LEAST_PART = 1 / 64;

export interface EstateFeedDeps {
  readonly store: Pick<EventStore, 'recall'>;
  /** An engine of detectors of scope `estate` alone. */
  readonly makeEngine: () => DetectionEngine;
  readonly partitions: () => number;
  /** This process watches all partitions: its own engine does it. */
  readonly seesAll: () => boolean;
  readonly tell: (finding: Finding) => Promise<void>;
  /** Event time that a new leader learns habits from, ms, and how many events at most. */
  readonly learnMs: number;
  readonly maxLearned: number;
  /** After a round that observed something: how many events, and for how much event time (ms) some were left out. */
  readonly onRound?: (round: { readonly events: number; readonly gapMs: number; readonly learned: boolean }) => void;
}

/**
 * Where several analyzers share the partitions, none of them sees the estate. The leader feeds the detectors that compare callers from the
 * event store, a few seconds behind. A new leader first learns what the one before knew by heart.
 */
export class EstateFeed {
  #engine: DetectionEngine | undefined;
  #seen = EstateFeed.#filter();
  #cursor = 0;
  /** Newest position on the bus that was read, by partition: a partition that lags behind the others is not passed over. */
  #positions = new Map<number, number>();

  /** Of the past that is learned: less where the store could not give all of it. */
  #part = 1;

  constructor(private readonly deps: EstateFeedDeps) {}

  /** Rejects when the store is away: the next round goes on where this one began. Ends early when `signal` is aborted. */
  async round(now: number, signal?: AbortSignal): Promise<void> {
    if (this.deps.seesAll()) return this.forget();
    const isFirst = this.#engine === undefined;
    const engine = (this.#engine ??= this.deps.makeEngine());
    const findings: Finding[] = [];
    try {
      if (!(await this.#read(engine, now, isFirst, findings, signal))) return;
    } catch (error) {
      // a half-learned engine would take the other half for news
      if (isFirst) this.forget();
      if (isFirst && error instanceof LimitError) this.#part = Math.max(LEAST_PART, this.#part / LESS_PAST);
      throw error;
    }
    this.#cursor = Math.max(this.#cursor, now - FIRST_MS, Math.min(engine.watermark, now));
    engine.tick(Math.max(engine.watermark, now - AHEAD_MS), findings);
    for (const finding of findings) await this.deps.tell(finding);
  }

  forget(): void {
    this.#engine = undefined;
    this.#seen = EstateFeed.#filter();
    this.#cursor = 0;
    this.#positions = new Map();
  }

  /** False when it ended early: somebody else goes on. */
  async #read(
    engine: DetectionEngine,
    now: number,
    isFirst: boolean,
    findings: Finding[],
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const { store, partitions, onRound, learnMs, maxLearned } = this.deps;
    const seen = this.#seen;
    const from = isFirst ? now - Math.max(learnMs * this.#part, FIRST_MS) : this.#cursor - LATE_MS;
    const most = isFirst ? Math.max(maxLearned * this.#part, MOST * Math.min(1, this.#part * LESS_PAST)) : MOST;
    const query = {
      partitions: Array.from({ length: partitions() }, (_, partition) => partition),
      range: { from, to: now + AHEAD_MS },
      ...{ chunk: CHUNK, most },
      ...(isFirst ? {} : { after: { positions: this.#positions, startedSince: this.#cursor } }),
    };
    const reached = new Map(this.#positions);
    let [read, observed, firstAt] = [0, 0, from];
    for await (const events of store.recall(query)) {
      if (signal?.aborted || this.#engine !== engine) return false;
      if (read === 0) firstAt = Math.max(from, events[0]?.event.receivedAt ?? from);
      read += events.length;
      const before = findings.length;
      for (const { event, position } of events) {
        const partition = Math.floor(position / BUS_PARTITION_SPAN);
        if (position > (reached.get(partition) ?? -1)) reached.set(partition, position);
        if (seen.see(eventId(event), position, event.receivedAt) !== 'first') continue;
        observed++;
        // what happened long before was told by the leader before
        const isPast = isFirst && windowTime(event) < now - FIRST_MS;
        if (isPast) engine.recallNow(event, LANE, findings);
        else engine.observeNow(event, LANE, findings);
        if (isPast && findings.length > before) findings.length = before;
      }
    }
    this.#positions = reached;
    const isCut = read >= most * NEARLY_ALL;
    if (isFirst) engine.heldFrom([LANE], isCut ? firstAt : from);
    onRound?.({
      events: observed,
      gapMs: isCut && !isFirst ? Math.max(0, firstAt - this.#cursor) : 0,
      learned: isFirst,
    });
    return true;
  }

  static #filter(): DuplicateFilter {
    return new DuplicateFilter({ horizonMs: FIRST_MS, maxIds: 4 * MOST });
  }
}
