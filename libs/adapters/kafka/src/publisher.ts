import { backOffMs } from '@outrider/platform/back-off';
import { PermanentError, TransientError } from '@outrider/platform/errors';
import type { Logger } from '@outrider/platform/logger';
import type { OutgoingMessage } from '@outrider/ports/event-bus';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BusMetrics } from './bus-metrics.ts';
import { chainOf, transient } from './connect-errors.ts';
import { Partitioners } from './driver.ts';
import { ProducerSession } from './producer-session.ts';
import { metaBytes, PublishQueue, weightOf, type Publish, type Queued } from './publish-queue.ts';
import type { ResolvedSettings } from './settings.ts';
import { MAX_META_BYTES, type KnownTopic } from './topics.ts';

const RECONNECT_BASE_MS = 50;
const RECONNECT_MAX_MS = 1_000;
const RESENDS = 3;
/** The broker will not take this message, ever. */
const UNACCEPTABLE = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD']);
/** The producer id is worn out; nothing of the request was written. */
const WORN_OUT = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'DUPLICATE_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
]);

/**
 * The only writer of this process: what is published while one request is under way goes into the next, so that a busy publisher sends few,
 * large requests, in order.
 */
export class Publisher {
  readonly #queue = new PublishQueue();
  readonly #partitionOf = Partitioners.DefaultPartitioner();
  #session: ProducerSession | undefined;
  #running: Promise<void> | undefined;
  #pendingBytes = 0;
  #stopped = false;

  constructor(
    private readonly settings: ResolvedSettings,
    private readonly deps: { readonly log: Logger; readonly metrics: BusMetrics },
  ) {}

  /** Shows whether we may write; rejects with what kafkajs says. */
  async open(): Promise<void> {
    this.#session ??= await ProducerSession.open(this.settings, this.deps.log);
  }

  /** Resolves when all are acknowledged by all replicas that are in sync. `roomy`: with more room for headers. */
  publish(topic: string, known: KnownTopic, messages: readonly OutgoingMessage[], roomy = false): Promise<void> {
    if (messages.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const weights = messages.map((message) => this.#checked(topic, message, roomy));
      const bytes = weights.reduce((sum, weight) => sum + weight, 0);
      if (this.#stopped) throw new TransientError('the event bus is closed', 'bus-closed');
      if (this.#pendingBytes > 0 && this.#pendingBytes + bytes > this.settings.maxPendingBytes)
        throw this.#refusal(topic, new TransientError('the event bus is busy', 'bus-busy'));
      const deadline = performance.now() + this.settings.publishTimeoutMs;
      const publish: Publish = { topic, deadline, bytes, left: messages.length, failed: false, resolve, reject };
      this.#pendingBytes += bytes;
      const metadata = partitionMetadata(known.partitions);
      for (const [index, message] of messages.entries()) {
        const partition =
          message.partition ?? this.#partitionOf({ topic, partitionMetadata: metadata, message: { ...message } });
        this.#queue.push({
          publish,
          topicName: known.name,
          partition: partition % known.partitions,
          message,
          bytes: weights[index] ?? 0,
        });
      }
      this.#running ??= this.#run();
    });
  }

  /** Sends what waits, within the bounds of each publish. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
    await this.#session?.close();
    this.#session = undefined;
  }

  #checked(topic: string, message: OutgoingMessage, roomy: boolean): number {
    const meta = metaBytes(message.key, message.headers);
    if (message.value.length > this.settings.maxMessageBytes || meta > (roomy ? 2 : 1) * MAX_META_BYTES) {
      this.deps.metrics.rejected({ topic, reason: 'too-large' });
      throw new PermanentError('the message is too large for the event bus', 'message-too-large');
    }
    return weightOf(message);
  }

  async #run(): Promise<void> {
    // One turn later, so that what is published in the same turn shares the first request as well.
    await Promise.resolve();
    while (!this.#queue.empty) {
      const items = this.#queue.take(this.settings.maxMessageBytes, this.settings.maxRequestBytes);
      if (items.length > 0) await this.#deliver(items);
    }
    // In the same turn as the last look at the queue: what is published from now on starts the next run.
    this.#running = undefined;
  }

  async #deliver(items: readonly Queued[]): Promise<void> {
    const began = performance.now();
    try {
      await this.#send(items);
    } catch (error) {
      if (items.length > 1 && chainOf(error).some((name) => UNACCEPTABLE.has(name))) {
        // One of them spoils the request: each by itself, in order, finds out which.
        for (const item of items) if (!item.publish.failed) await this.#deliver([item]);
        return;
      }
      const failure = failureOf(error);
      for (const publish of new Set(items.map((item) => item.publish))) this.#fail(publish, failure);
      return;
    }
    for (const topic of new Set(items.map(({ publish }) => publish.topic)))
      this.deps.metrics.writeSeconds({ topic }, (performance.now() - began) / 1_000);
    for (const item of items) this.#acknowledged(item);
  }

  async #send(items: readonly Queued[]): Promise<void> {
    let left = items;
    for (let attempt = 1; left.length > 0; attempt += 1) {
      const session = await this.#connected(items);
      try {
        left = await session.send(left);
      } catch (error) {
        session.destroy();
        this.#session = undefined;
        const names = chainOf(error);
        const worn = names.find((name) => WORN_OUT.has(name));
        this.deps.metrics.producerRestarts({ reason: worn === undefined ? 'failed' : 'worn-out' });
        if (worn === undefined || attempt > RESENDS) throw error;
        this.deps.log.warn({ reason: worn }, 'the producer id is worn out: going on with a new one');
      }
      if (left.length > 0 && attempt > RESENDS)
        throw new TransientError('the event bus did not acknowledge', 'bus-unconfirmed');
    }
  }

  /** A connection, tried for until the first of `items` would have waited too long. */
  async #connected(items: readonly Queued[]): Promise<ProducerSession> {
    for (let attempt = 0; !this.#session; attempt += 1) {
      try {
        this.#session = await ProducerSession.open(this.settings, this.deps.log);
      } catch (error) {
        const now = performance.now();
        const away = transient(error, 'the event bus cannot be reached', 'bus-away');
        for (const publish of this.#queue.remove(({ deadline }) => deadline <= now)) this.#fail(publish, away);
        if (items.some(({ publish }) => publish.deadline <= now))
          throw new TransientError('the event bus cannot be reached', 'bus-away', { cause: error });
        await sleep(backOffMs(attempt, RECONNECT_BASE_MS, RECONNECT_MAX_MS, Math.random()));
      }
    }
    return this.#session;
  }

  #acknowledged({ publish, message }: Queued): void {
    this.deps.metrics.published({ topic: publish.topic });
    this.deps.metrics.publishedBytes({ topic: publish.topic }, message.value.length);
    publish.left -= 1;
    if (publish.left > 0 || publish.failed) return;
    this.#pendingBytes -= publish.bytes;
    publish.resolve();
  }

  #fail(publish: Publish, error: TransientError | PermanentError): void {
    if (publish.failed) return;
    publish.failed = true;
    this.#pendingBytes -= publish.bytes;
    publish.reject(this.#refusal(publish.topic, error));
  }

  #refusal<E extends TransientError | PermanentError>(topic: string, error: E): E {
    this.deps.metrics.rejected({ topic, reason: error.code });
    return error;
  }
}

/** Only the number of partitions matters to the hash. */
const partitionMetadata = (partitions: number) =>
  Array.from({ length: partitions }, (_, partitionId) => ({
    partitionId,
    leader: 0,
    partitionErrorCode: 0,
    replicas: [],
    isr: [],
  }));

const failureOf = (error: unknown): TransientError | PermanentError => {
  if (error instanceof TransientError) return error;
  if (chainOf(error).some((name) => UNACCEPTABLE.has(name)))
    return new PermanentError('Kafka does not take this message', 'message-too-large', { cause: error });
  // A request may have been written although its answer never came: events carry ids, so that a repetition does no harm.
  return new TransientError('the event bus did not acknowledge', 'bus-unconfirmed', { cause: error });
};
