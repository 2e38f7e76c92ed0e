import type { Finding } from '@outrider/domain/detection/alert';
import { eventId } from '@outrider/domain/traffic/api-event';
import { BUS_PARTITION_SPAN, type EventStore, type PlacedEvent, type TimeRange } from '@outrider/ports/event-store';
import type { DuplicateFilter } from '../duplicates/duplicate-filter.ts';
import type { ActiveBlocks } from '../echo/active-blocks.ts';
import type { DetectionEngine } from '../engine/detection-engine.ts';
import { windowTime } from '../engine/event-facts.ts';
import type { Lane } from './lane.ts';

/** As long as the bus keeps what was not committed. */
const LOOK_BACK_MS = 24 * 3_600_000;
/** Events a turn: what the partitions that are kept wait for at most, a few ms. */
const CHUNK = 2_000;
/** Clocks of gateways may be ahead of ours by this much; ms. */
const AHEAD_MS = 3_600_000;

export interface RecoveryDeps {
  readonly store: Pick<EventStore, 'seenSince' | 'newestByPartition' | 'recall'>;
  readonly duplicates: DuplicateFilter;
  readonly engine: DetectionEngine;
  readonly blocks: ActiveBlocks;
  /** Runs a task while nothing else uses the engine; others have their turn between two tasks. */
  readonly turn: (task: () => Promise<void>) => Promise<void>;
  /** A finding that the rebuilt windows give: the process before may have died before it told. */
  readonly onFinding: (finding: Finding, lane: number) => Promise<void>;
  readonly onProgress: (events: number) => void;
}

export interface RecoveryOptions {
  readonly now: number;
  /** How far the windows reach back from the newest stored event of a partition; ms. */
  readonly replayMs: number;
  /** Events that are replayed for it, those that were received last: at high rates the windows reach less far back. */
  readonly maxReplayed: number;
  /** Ids read back for the duplicate filter, beside those of the windows. */
  readonly maxSeen: number;
}

/**
 * Restores what the process before kept of these partitions, from the event store: which ids were stored (so that a message that comes
 * again is not observed twice), and the short windows as they were at the newest stored event, however long ago that was. A lane that is
 * lost meanwhile is left as it is. Resolves to the number of events that were observed.
 */
export const recover = async (
  lanes: readonly Lane[],
  deps: RecoveryDeps,
  options: RecoveryOptions,
): Promise<number> => {
  const partitions = lanes.map(({ partition }) => partition);
  const since = options.now - LOOK_BACK_MS;
  for await (const seen of deps.store.seenSince(since, options.maxSeen, partitions))
    for (const { eventId: id, position } of seen) deps.duplicates.see(id, position, options.now);
  const newest = await deps.store.newestByPartition(since, partitions);
  let observed = 0;
  for (const { group, range } of replays(lanes, newest, options.replayMs)) {
    const reach = new Map(
      group.map((lane) => [lane.partition, { lane, from: (newest.get(lane.partition) ?? 0) - options.replayMs }]),
    );
    const wanted = { partitions: [...reach.keys()], range, chunk: CHUNK, most: options.maxReplayed };
    for await (const events of deps.store.recall(wanted)) {
      if (group.every(({ state }) => state === 'lost')) break;
      observed += await replay(events, reach, deps, options.now);
      deps.onProgress(observed);
    }
  }
  return observed;
};

interface Replay {
  readonly group: readonly Lane[];
  readonly range: TimeRange;
}

/**
 * Lanes that end at about the same time are replayed together, in the order in which their events were received, so that what is compared
 * over callers (a rise of the whole estate) looks as it did. A lane that ended long before the others is replayed for itself.
 */
const replays = (lanes: readonly Lane[], newest: ReadonlyMap<number, number>, replayMs: number): readonly Replay[] => {
  const ends = lanes
    .flatMap((lane) => {
      const end = newest.get(lane.partition);
      return end === undefined ? [] : [{ lane, end }];
    })
    .sort((a, b) => a.end - b.end);
  const made: Replay[] = [];
  while (ends.length > 0) {
    const last = ends.at(-1)?.end ?? 0;
    const first = ends.findIndex(({ end }) => end > last - replayMs);
    const group = ends.splice(Math.max(0, first));
    const from = (group[0]?.end ?? last) - replayMs;
    // The oldest first: the engine's clock only goes forward.
    made.unshift({ group: group.map(({ lane }) => lane), range: { from, to: last + AHEAD_MS } });
  }
  return made;
};

/** One chunk. Ids are remembered with it: what was stored after the ids were read must not be observed a second time either. */
const replay = async (
  events: readonly PlacedEvent[],
  reach: ReadonlyMap<number, { readonly lane: Lane; readonly from: number }>,
  { engine, duplicates, blocks, turn, onFinding }: RecoveryDeps,
  now: number,
): Promise<number> => {
  const found: { readonly finding: Finding; readonly lane: number }[] = [];
  let observed = 0;
  await turn(async () => {
    const findings: Finding[] = [];
    for (const { event, position } of events) {
      const of = reach.get(Math.floor(position / BUS_PARTITION_SPAN));
      if (!of || of.lane.state === 'lost' || windowTime(event) < of.from) continue;
      if (duplicates.see(eventId(event), position, now) === 'duplicate' || blocks.echoOf(event) !== undefined) continue;
      const { partition } = of.lane;
      const due = engine.observeNow(event, partition, findings);
      if (due !== undefined) await engine.settle(due, event, findings);
      observed++;
      if (findings.length === 0) continue;
      for (const finding of findings) found.push({ finding, lane: partition });
      findings.length = 0;
    }
  });
  for (const { finding, lane } of found) await onFinding(finding, lane);
  return observed;
};
