import type { Logger } from '@outrider/platform/logger';
import type { Producer, TopicMessages } from 'kafkajs';
import { compressionType } from './compression.ts';
import { KafkaClient } from './kafka-client.ts';
import type { Queued } from './publish-queue.ts';
import type { ResolvedSettings } from './settings.ts';
import { within } from './within.ts';

/** Attempts of kafkajs itself, which repeat the very same batch under the same sequence, so that the broker knows it again. */
const RETRY = { retries: 8, initialRetryTime: 100, maxRetryTime: 1_000 };
const CLOSE_MS = 2_000;

/**
 * One producer id. After any failed request it must be destroyed: kafkajs counts its sequences back for all partitions of a request of
 * which one failed, and a broker that has written the others would take the next messages for repetitions and drop them.
 */
export class ProducerSession {
  private constructor(
    private readonly client: KafkaClient,
    private readonly producer: Producer,
    private readonly settings: ResolvedSettings,
  ) {}

  static async open(settings: ResolvedSettings, log: Logger): Promise<ProducerSession> {
    const client = new KafkaClient(settings, log);
    const producer = client.kafka.producer({
      idempotent: true,
      allowAutoTopicCreation: false,
      retry: RETRY,
      createPartitioner: () => givenPartition,
    });
    const opened = producer.connect();
    try {
      await within(opened, settings.connectTimeoutMs + settings.requestTimeoutMs, 'bus-away');
      return new ProducerSession(client, producer, settings);
    } catch (error) {
      client.destroy();
      throw error;
    }
  }

  /**
   * Gives what was not acknowledged although the request went well: kafkajs forgets a partition whose leader moves during its retries
   * to a broker that has answered already.
   */
  async send(items: readonly Queued[]): Promise<readonly Queued[]> {
    const answered = await within(
      this.producer.sendBatch({
        acks: -1,
        timeout: this.settings.requestTimeoutMs,
        compression: compressionType(this.settings.compression),
        topicMessages: byTopic(items),
      }),
      this.settings.publishTimeoutMs,
      'bus-unconfirmed',
    );
    const acknowledged = new Set(answered.map(({ topicName, partition }) => `${topicName}/${partition}`));
    return items.filter(({ topicName, partition }) => !acknowledged.has(`${topicName}/${partition}`));
  }

  /** In order, as far as the broker answers. */
  async close(): Promise<void> {
    await within(this.producer.disconnect(), CLOSE_MS, 'bus-timeout').catch(() => undefined);
    this.client.destroy();
  }

  destroy(): void {
    this.client.destroy();
  }
}

/** Every message of ours names its partition. */
const givenPartition = ({ message }: { readonly message: { readonly partition?: number } }): number =>
  message.partition ?? 0;

const byTopic = (items: readonly Queued[]): TopicMessages[] => {
  const topics = new Map<string, TopicMessages>();
  for (const { topicName, partition, message } of items) {
    let entry = topics.get(topicName);
    if (!entry) topics.set(topicName, (entry = { topic: topicName, messages: [] }));
    entry.messages.push({ key: message.key, value: message.value, headers: { ...message.headers }, partition });
  }
  return [...topics.values()];
};
