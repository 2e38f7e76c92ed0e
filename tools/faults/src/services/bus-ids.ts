import { EVENTS_TOPIC } from '@outrider/contracts/topics/topic-catalogue';
import { decodeRows, splitRows } from '@outrider/contracts/events/event-row';
import '@outrider/kafka/compression';
import { Kafka, logLevel } from '@outrider/kafka/driver';

/** Where each partition of the events topic ends: the next message's offset. */
export type Ends = ReadonlyMap<number, bigint>;

/** Reads the bus itself, past the product: what reached it, whoever wrote it. */
export class BusReader {
  readonly #kafka: InstanceType<typeof Kafka>;
  readonly #topic: string;

  /** `url`: what BUS_URL holds. `prefix`: of the topics. */
  constructor(
    url: string,
    private readonly prefix: string,
  ) {
    this.#kafka = new Kafka({
      brokers: url.replace('kafka://', '').split(','),
      clientId: 'faults',
      logLevel: logLevel.NOTHING,
    });
    this.#topic = prefix + EVENTS_TOPIC.name;
  }

  async ends(): Promise<Ends> {
    const admin = this.#kafka.admin();
    await admin.connect();
    try {
      const offsets = await admin.fetchTopicOffsets(this.#topic);
      return new Map(offsets.map(({ partition, high }) => [partition, BigInt(high)]));
    } finally {
      await admin.disconnect();
    }
  }

  /** Messages that analyzers have not committed. */
  async lag(): Promise<number> {
    const admin = this.#kafka.admin();
    await admin.connect();
    try {
      const groupId = `${this.prefix}outrider-analyzer-events.v1`;
      const [ends, groups] = await Promise.all([
        admin.fetchTopicOffsets(this.#topic),
        admin.fetchOffsets({ groupId, topics: [this.#topic] }),
      ]);
      const committed = new Map(groups[0]?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
      return ends.reduce(
        (sum, { partition, high }) => sum + Number(high) - Math.max(0, committed.get(partition) ?? 0),
        0,
      );
    } finally {
      await admin.disconnect();
    }
  }

  /** Ids of all events from `from` to `to`, and how many rows carried them (a batch that was sent twice counts twice). */
  async ids(from: Ends, to: Ends): Promise<{ readonly ids: ReadonlySet<string>; readonly rows: number }> {
    const ids = new Set<string>();
    let rows = 0;
    const left = new Set([...to].filter(([partition, end]) => end > (from.get(partition) ?? 0n)).map(([p]) => p));
    if (left.size === 0) return { ids, rows };
    const groupId = `${this.prefix}faults-${Date.now()}`;
    const consumer = this.#kafka.consumer({ groupId, maxWaitTimeInMs: 100 });
    await consumer.connect();
    try {
      await consumer.subscribe({ topic: this.#topic, fromBeginning: true });
      await new Promise<void>((resolve, reject) => {
        consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
        consumer
          .run({
            autoCommit: false,
            eachMessage: async ({ partition, message }) => {
              const offset = BigInt(message.offset);
              const end = to.get(partition) ?? 0n;
              if (offset >= (from.get(partition) ?? 0n) && offset < end)
                for (const { id } of decodeRows(splitRows(message.value ?? Buffer.alloc(0)))) {
                  ids.add(id);
                  rows++;
                }
              if (offset + 1n >= end) left.delete(partition);
              if (left.size === 0) resolve();
            },
          })
          .catch(reject);
        for (const [partition, offset] of from)
          consumer.seek({ topic: this.#topic, partition, offset: offset.toString() });
      });
    } finally {
      await consumer.disconnect();
      const admin = this.#kafka.admin();
      await admin.connect();
      await admin.deleteGroups([groupId]).catch(() => undefined);
      await admin.disconnect();
    }
    return { ids, rows };
  }
}
