import type { Finding } from '@outrider/domain/detection/alert';
import { eventId } from '@outrider/domain/traffic/api-event';
import { BUS_PARTITION_SPAN, type EventStore, type PlacedEvent } from '@outrider/ports/event-store';
import type { DuplicateFilter } from '../duplicates/duplicate-filter.ts';
import type { ActiveBlocks } from '../echo/active-blocks.ts';
import type { DetectionEngine } from '../engine/detection-engine.ts';
import { windowTime } from '../engine/event-facts.ts';
import type { Lane } from './lane.ts';
import { planReplays, type Replay, type ReplayOptions } from './replay-plan.ts';

/** As long as the bus keeps what was not committed. */
const LOOK_BACK_MS = 24 * 3_600_000;
/** Events a turn: what the partitions that are kept wait for at most, a few ms. */
const CHUNK = 2_000;

export interface RecoveryDeps {
  readonly store: Pick<EventStore, 'seenSince' | 'newestByPartition' | 'recall'>;
  readonly duplicates: DuplicateFilter;
  readonly engine: DetectionEngine;
  readonly blocks: ActiveBlocks;
  /** Runs a task while nothing else uses the engine; others have their turn between two tasks. */
  readonly turn: (task: () => Promise<void>) => Promise<void>;
  /** A finding that the rebuilt windows give: the process before may have died before it told. */
  readonly onFinding: (finding: Finding, lane: number) => Promise<void>;
  /** Events observed so far, and the event time that they have come to; ms. */
  readonly onProgress: (events: number, at: number) => void;
}

export interface RecoveryOptions extends ReplayOptions {
  readonly now: number;
  /** Ids read back for the duplicate filter, beside those of the windows. */
  readonly maxSeen: number;
  /** Other lanes go on meanwhile: what compares callers must not see their time go back. */
  readonly keepsOthers: boolean;
}

export interface Recovered {
  readonly observed: number;
  /** Event time from which on detectors saw everything of the lanes; -Infinity: all that there ever was. */
  readonly heldSince: number;
}

/**
 * Restores what the process before kept of these partitions, from the event store: which ids were stored (so that a message that comes
 * again is not observed twice), and the memory of the detectors as it was at the newest stored event, however long ago that was: their short
 * windows always, their habits as far back as the options say. A lane that is lost meanwhile is left as it is.
 */
export const recover = async (
  lanes: readonly Lane[],
  deps: RecoveryDeps,
  options: RecoveryOptions,
): Promise<Recovered> => {
  const partitions = lanes.map(({ partition }) => partition);
  const since = options.now - LOOK_BACK_MS;
  for await (const seen of deps.store.seenSince(since, options.maxSeen, partitions))
    for (const { eventId: id, position } of seen) deps.duplicates.see(id, position, options.now);
  const newest = await newestOf(partitions, deps, options);
  let observed = 0;
  let heldSince = Number.NEGATIVE_INFINITY;
  for (const planned of await planReplays(lanes, newest, deps.store, options)) {
    const group = [...planned.reach.values()].map(({ lane }) => lane);
    const wanted = {
      partitions: [...planned.reach.keys()],
      range: planned.range,
      chunk: CHUNK,
      most: options.maxReplayed,
    };
    let read = 0;
    let firstAt = planned.range.from;
    for await (const events of deps.store.recall(wanted)) {
      if (group.every(({ state }) => state === 'lost')) break;
      if (read === 0) firstAt = Math.max(firstAt, events[0]?.event.receivedAt ?? firstAt);
      read += events.length;
      observed += await replay(events, planned, deps, options);
      deps.onProgress(observed, deps.engine.watermark);
    }
    // the last one is the history of all
    heldSince = read >= options.maxReplayed * NEARLY_ALL ? firstAt : planned.range.from;
  }
  return { observed, heldSince };
};

/** `most` is about: a reading of so large a part of it was cut. */
const NEARLY_ALL = 0.95;

/** An estate that slept for longer than the bus keeps things wakes up with its habits, too. */
const newestOf = async (
  partitions: readonly number[],
  { store }: RecoveryDeps,
  { now, learnMs }: RecoveryOptions,
): Promise<ReadonlyMap<number, number>> => {
  const newest = await store.newestByPartition(now - LOOK_BACK_MS, partitions);
  return newest.size > 0 || learnMs <= LOOK_BACK_MS ? newest : store.newestByPartition(now - learnMs, partitions);
};

/** One chunk. Ids are remembered with it: what was stored after the ids were read must not be observed a second time either. */
const replay = async (
  events: readonly PlacedEvent[],
  { reach, until }: Replay,
  { engine, duplicates, blocks, turn, onFinding }: RecoveryDeps,
  { now, keepsOthers }: RecoveryOptions,
): Promise<number> => {
  const found: { readonly finding: Finding; readonly lane: number }[] = [];
  let observed = 0;
  await turn(async () => {
    const findings: Finding[] = [];
    for (const { event, position } of events) {
      const of = reach.get(Math.floor(position / BUS_PARTITION_SPAN));
      const at = windowTime(event);
      if (!of || of.lane.state === 'lost' || at < of.from || event.receivedAt >= until) continue;
      const tells = at >= of.tellsFrom;
      // of the far past the filter would forget the ids at once, and newer ones with them
      if (tells && duplicates.see(eventId(event), position, now) === 'duplicate') continue;
      if (blocks.echoOf(event) !== undefined) continue;
      const { partition } = of.lane;
      engine.recallsPast = keepsOthers && !tells;
      const due = tells ? engine.observeNow(event, partition, findings) : engine.recallNow(event, partition, findings);
      engine.recallsPast = false;
      if (due !== undefined) await engine.settle(due, event, findings);
      observed++;
      if (findings.length === 0) continue;
      // what happened before the windows was told in its time
      if (tells) for (const finding of findings) found.push({ finding, lane: partition });
      findings.length = 0;
    }
  });
  for (const { finding, lane } of found) await onFinding(finding, lane);
  return observed;
};
