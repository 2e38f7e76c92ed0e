import type { EventStore, TimeRange } from '@outrider/ports/event-store';
import type { Lane } from './lane.ts';

/** Clocks of gateways may be ahead of ours by this much; ms. */
const AHEAD_MS = 3_600_000;

/** Where one lane's replay begins, and where the process before may not have told its findings; event time, ms. */
export interface Reach {
  readonly lane: Lane;
  readonly from: number;
  readonly tellsFrom: number;
}

/** One reading of the store, in order of receipt. */
export interface Replay {
  readonly reach: ReadonlyMap<number, Reach>;
  readonly range: TimeRange;
  /** What was received from then on comes with the next replay; ms. */
  readonly until: number;
}

export interface ReplayOptions {
  /** How far the short windows reach back from the newest stored event of a partition; ms. */
  readonly replayMs: number;
  /** The same for what detectors know by heart; ms. */
  readonly learnMs: number;
  /** Events of one reading, those that were received last. */
  readonly maxReplayed: number;
}

/**
 * What is to be read, the oldest first: detectors see time going forward only. All lanes' history is one reading, so that what is compared over
 * callers (a rise of the whole estate) looks as it did. Where that does not reach back to a lane that ended long before the others, the
 * short windows of the lane are read before it.
 */
export const planReplays = async (
  lanes: readonly Lane[],
  newest: ReadonlyMap<number, number>,
  store: Pick<EventStore, 'recall'>,
  options: ReplayOptions,
): Promise<readonly Replay[]> => {
  const ends = lanes
    .flatMap((lane) => {
      const end = newest.get(lane.partition);
      return end === undefined ? [] : [{ lane, end }];
    })
    .sort((a, b) => a.end - b.end);
  const last = ends.at(-1)?.end;
  if (last === undefined) return [];
  const history = replayOf(
    ends,
    Math.max(options.learnMs, options.replayMs),
    options.replayMs,
    Number.POSITIVE_INFINITY,
  );
  if (ends.every(({ end }) => end > last - options.replayMs)) return [history];
  const since = await firstReceipt(history, store, options);
  const behind = ends.filter(({ end }) => end <= last - options.replayMs && end - options.replayMs < since);
  return [...grouped(behind, options.replayMs, since), history];
};

interface End {
  readonly lane: Lane;
  readonly end: number;
}

const replayOf = (ends: readonly End[], backMs: number, replayMs: number, until: number): Replay => ({
  reach: new Map(
    ends.map(({ lane, end }) => [lane.partition, { lane, from: end - backMs, tellsFrom: end - replayMs }]),
  ),
  range: { from: (ends[0]?.end ?? 0) - backMs, to: (ends.at(-1)?.end ?? 0) + AHEAD_MS },
  until,
});

/** Lanes that end at about the same time are replayed together. */
const grouped = (ends: readonly End[], replayMs: number, until: number): readonly Replay[] => {
  const left = [...ends];
  const made: Replay[] = [];
  while (left.length > 0) {
    const last = left.at(-1)?.end ?? 0;
    const first = left.findIndex(({ end }) => end > last - replayMs);
    made.unshift(replayOf(left.splice(Math.max(0, first)), replayMs, replayMs, until));
  }
  return made;
};

/** When the first event of the reading was received; ms. */
const firstReceipt = async (
  { reach, range }: Replay,
  store: Pick<EventStore, 'recall'>,
  { maxReplayed }: ReplayOptions,
): Promise<number> => {
  for await (const events of store.recall({ partitions: [...reach.keys()], range, chunk: 1, most: maxReplayed }))
    for (const { event } of events) return event.receivedAt;
  return Number.POSITIVE_INFINITY;
};
