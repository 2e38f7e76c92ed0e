import { TOPICS } from '@outrider/contracts/topics/topic-catalogue';

const MIB = 1024 * 1024;
export const HOUR_MS = 3_600_000;

/** What one topic may take; every value has a default. */
export interface TopicSettings {
  /** Partitions to make; a topic on disk that has more keeps them. Default 1. */
  readonly partitions?: number;
  /** Bytes on disk, unconsumed and retained together. Default 4 GiB. */
  readonly maxBytes?: number;
  /** How long consumed messages are kept while there is room. Default: the topic catalogue, else 24. */
  readonly retentionHours?: number;
  /** Durable groups that must see every message, even when they have never consumed yet. */
  readonly groups?: readonly string[];
}

export interface LocalBusSettings {
  /** Folder of the log; made when absent. */
  readonly dir: string;
  /** Opened by `start`; others open at first use. Keys are topic names. */
  readonly topics?: Readonly<Record<string, TopicSettings>>;
  /** Used for what a topic does not set. */
  readonly defaults?: TopicSettings;
  /**
   * `always`: published messages survive the loss of power. `interval`: they survive the death of the process at once, and the loss of
   * power after `fsyncIntervalMs`.
   */
  readonly fsync?: 'always' | 'interval';
  readonly fsyncIntervalMs?: number;
  /** A segment is closed at this size (at most a quarter of `maxBytes`). Default 64 MiB. */
  readonly segmentBytes?: number;
  /** Newest messages of a partition kept in memory, so that a consumer without lag never reads the disk. Default 8 MiB. */
  readonly tailBytes?: number;
  /** Published and not yet written, a topic; beyond it `publish` rejects. Default 64 MiB. */
  readonly maxPendingBytes?: number;
  /** Default 16 MiB. */
  readonly maxMessageBytes?: number;
  /** Commits are written at most this often. Default 50 ms. */
  readonly commitIntervalMs?: number;
  /** Retention and gauges. Default 5 s. */
  readonly maintenanceMs?: number;
}

export type ResolvedTopic = Required<TopicSettings>;
export type ResolvedSettings = Required<Omit<LocalBusSettings, 'defaults'>> & { readonly defaults: TopicSettings };

export const resolveSettings = (settings: LocalBusSettings): ResolvedSettings => ({
  topics: {},
  defaults: {},
  fsync: 'always',
  fsyncIntervalMs: 200,
  segmentBytes: 64 * MIB,
  tailBytes: 8 * MIB,
  maxPendingBytes: 64 * MIB,
  maxMessageBytes: 16 * MIB,
  commitIntervalMs: 50,
  maintenanceMs: 5_000,
  ...settings,
});

export const topicSettings = (settings: ResolvedSettings, topic: string): ResolvedTopic => {
  const catalogued = TOPICS.find((entry) => entry.name === topic)?.retentionHours;
  const own: TopicSettings = { ...settings.defaults, ...settings.topics[topic] };
  return {
    partitions: own.partitions ?? 1,
    maxBytes: own.maxBytes ?? 4096 * MIB,
    retentionHours: own.retentionHours ?? catalogued ?? 24,
    groups: own.groups ?? [],
  };
};
