import type { Finding } from '@outrider/domain/detection/alert';
import type { EventStore } from '@outrider/ports/event-store';
import type { DuplicateFilter } from '../duplicates/duplicate-filter.ts';
import type { ActiveBlocks } from '../echo/active-blocks.ts';
import type { DetectionEngine } from '../engine/detection-engine.ts';

/** As long as the bus keeps what was not committed. */
const SEEN_LOOK_BACK_MS = 24 * 3_600_000;
const REPLAY_CHUNK = 10_000;
/** No partition has this number: replayed events are a lane of their own. */
const REPLAY_LANE = -1;

export interface RecoveryOptions {
  readonly now: number;
  /** How far the windows reach back; ms. */
  readonly replayMs: number;
  /** Ids read back for the duplicate filter. */
  readonly maxSeen: number;
}

/**
 * Restores memory from the event store after a start: which ids were stored (so that a message that comes again is not observed
 * twice), and the short windows. Findings that the rebuilt windows give are returned: the process may have died before it told.
 */
export const recover = async (
  store: Pick<EventStore, 'seenSince' | 'replay'>,
  into: { readonly duplicates: DuplicateFilter; readonly engine: DetectionEngine; readonly blocks: ActiveBlocks },
  options: RecoveryOptions,
): Promise<readonly Finding[]> => {
  for await (const seen of store.seenSince(options.now - SEEN_LOOK_BACK_MS, options.maxSeen))
    for (const { eventId, position } of seen) into.duplicates.see(eventId, position, options.now);
  const findings: Finding[] = [];
  const range = { from: options.now - options.replayMs, to: options.now + 60_000 };
  for await (const events of store.replay({ range, chunk: REPLAY_CHUNK }))
    for (const event of events) {
      if (into.blocks.echoOf(event) !== undefined) continue;
      const due = into.engine.observeNow(event, REPLAY_LANE, findings);
      if (due !== undefined) await into.engine.settle(due, event, findings);
    }
  return findings;
};
