import type { Logger } from '@outrider/platform/logger';
import type { AdminSession } from './admin-session.ts';
import type { Commit } from './committer.ts';
import { decodePlans } from './plan-metadata.ts';

/** Where a group begins in one partition. */
export interface Position extends Commit {
  /** First offset to hand out. */
  readonly start: number;
  /** Last offsets of planned blocks. */
  readonly plans: readonly number[];
  /** Committed offsets that retention has passed before anybody finished them. */
  readonly lost: number;
}

/** What the brokers have of a durable group, and where it goes on in each partition. */
export const durablePositions = async (
  admin: AdminSession,
  groupId: string,
  topicName: string,
  log: Logger,
): Promise<Map<number, Position>> => {
  const [committed, ends] = await admin.ask(async (ask) => {
    const offsets = await ask.fetchOffsets({ groupId, topics: [topicName] });
    return [offsets[0]?.partitions ?? [], await ask.fetchTopicOffsets(topicName)] as const;
  });
  const ranges = new Map(ends.map(({ partition, low, high }) => [partition, { low: Number(low), high: Number(high) }]));
  return new Map(
    committed.map(({ partition, offset, metadata }) => [
      partition,
      positionOf(partition, Number(offset), metadata, ranges.get(partition) ?? { low: 0, high: 0 }, log),
    ]),
  );
};

/** The ends of the partitions, for a group that begins there. */
export const endPositions = async (admin: AdminSession, topicName: string): Promise<Map<number, number>> => {
  const ends = await admin.ask((ask) => ask.fetchTopicOffsets(topicName));
  return new Map(ends.map(({ partition, high }) => [partition, Number(high)]));
};

const positionOf = (
  partition: number,
  offset: number,
  metadata: string | null,
  { low, high }: { readonly low: number; readonly high: number },
  log: Logger,
): Position => {
  const written = { partition, offset, metadata: metadata ?? '' };
  if (offset < 0) return { ...written, start: low, plans: [], lost: 0 };
  if (offset > high) {
    // The topic was made anew, or its end was lost: rather everything again than something not at all.
    log.error({ partition, committed: offset, end: high }, 'the group had committed more than the topic has');
    return { ...written, start: low, plans: [], lost: 0 };
  }
  const plans = decodePlans(offset, metadata);
  if (!plans) log.error({ partition }, 'the planned blocks beside a commit cannot be read: they are not honoured');
  return { ...written, start: Math.max(offset, low), plans: plans ?? [], lost: Math.max(0, low - offset) };
};
