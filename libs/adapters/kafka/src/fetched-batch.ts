import type { Batch, KafkaMessage } from 'kafkajs';
import type { FetchedRecord } from './partition-consumer.ts';

/** What a record weighs beside its bytes. */
const OBJECT_BYTES = 200;

export interface FetchedBatch {
  readonly records: readonly FetchedRecord[];
  /** Behind the last message there may be marks of Kafka's own, which are never handed out: after these. */
  readonly next: number;
  /** Of the partition. */
  readonly end: number;
}

export const fetchedBatch = (batch: Batch): FetchedBatch => ({
  records: batch.messages.map(recordOf),
  next: Number(batch.lastOffset()) + 1,
  end: Number(batch.highWatermark),
});

const recordOf = ({ offset, key, value, timestamp, headers }: KafkaMessage): FetchedRecord => {
  const bytes = value ?? Buffer.alloc(0);
  return {
    offset: Number(offset),
    key: key?.toString() ?? '',
    value: bytes,
    headers: textsOf(headers),
    appendedAt: Number(timestamp),
    bytes: bytes.length + (key?.length ?? 0) + OBJECT_BYTES,
  };
};

/** Of a header that comes several times the last counts. */
const textsOf = (headers: KafkaMessage['headers']): Record<string, string> => {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers ?? {})) {
    const last = Array.isArray(value) ? value.at(-1) : value;
    if (last !== undefined) texts[name] = last.toString();
  }
  return texts;
};
