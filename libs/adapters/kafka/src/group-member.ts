import type { Logger } from '@outrider/platform/logger';
import type { Consumer, EachBatchPayload } from 'kafkajs';
import './compression.ts';
import type { Commit } from './committer.ts';
import { chainOf } from './connect-errors.ts';
import { KafkaClient } from './kafka-client.ts';
import { fetchedBatch, type FetchedBatch } from './fetched-batch.ts';
import { memberSettings, type ResolvedSettings } from './settings.ts';
import { stickyAssigner } from './sticky-assigner.ts';
import { within } from './within.ts';

/**
 * kafkajs counts the attempts of a fetch loop over its whole life, so that one that has met so many passing failures breaks off; it is
 * then started anew. Together they last about as long as a session: until then the broker keeps our place.
 */
const RETRY = { retries: 12, initialRetryTime: 150, maxRetryTime: 1_000, restartOnFailure: async () => false };
const LEAVE_MS = 5_000;
const WATCH_MS = 500;

export interface MemberEvents {
  /** Asked at the moment we join: what we hold. What is committed from now on counts for nothing until `onAssigned`. */
  holding(): readonly number[];
  /** `memberId` is another one when the group has thrown us out meanwhile. Nothing is fetched until `fetch`. */
  onAssigned(partitions: readonly number[], memberId: string): void;
  onRecords(partition: number, batch: FetchedBatch): void;
}

export interface MemberOptions {
  /** In the cluster. */
  readonly topic: string;
  readonly groupId: string;
  readonly fromBeginning: boolean;
}

/** One life of a kafkajs consumer: from joining to the first failure that it does not get over. */
export class GroupMember {
  /** Resolves with the reason when the life is over without our asking. */
  readonly ended: Promise<string>;
  readonly #settings: ResolvedSettings;
  readonly #client: KafkaClient;
  readonly #consumer: Consumer;
  #end: (reason: string) => void = () => undefined;
  #over = false;
  #joining = true;
  #epoch = 0;
  #generation = -1;
  #tickedAt = performance.now();
  #watch: NodeJS.Timeout | undefined;
  #commit: EachBatchPayload['commitOffsetsIfNecessary'] | undefined;

  constructor(
    private readonly options: MemberOptions,
    given: ResolvedSettings,
    private readonly events: MemberEvents,
    private readonly log: Logger,
  ) {
    const settings = memberSettings(given);
    this.#settings = settings;
    this.ended = new Promise((resolve) => {
      this.#end = (reason) => {
        this.#over = true;
        this.#joining = true;
        this.#epoch += 1;
        clearInterval(this.#watch);
        resolve(reason);
      };
    });
    this.#client = new KafkaClient(settings, log);
    this.#consumer = this.#client.kafka.consumer({
      groupId: options.groupId,
      partitionAssigners: [stickyAssigner(options.topic, () => this.#onJoin())],
      sessionTimeout: settings.sessionTimeoutMs,
      heartbeatInterval: settings.heartbeatMs,
      rebalanceTimeout: settings.rebalanceTimeoutMs,
      maxWaitTimeInMs: settings.fetchWaitMs,
      maxBytes: settings.fetchBytes,
      maxBytesPerPartition: Math.min(settings.fetchBytes, 1024 * 1024),
      metadataMaxAge: 60_000,
      allowAutoTopicCreation: false,
      retry: RETRY,
    });
    this.#listen();
  }

  get epoch(): number {
    return this.#epoch;
  }

  get stable(): boolean {
    return !this.#joining && !this.#over && this.#commit !== undefined;
  }

  /** How long ago the loop last showed that it runs; ms. */
  get silentMs(): number {
    return performance.now() - this.#tickedAt;
  }

  /** Begins to join. Failures end this life. */
  run(): void {
    this.#watch = setInterval(() => {
      if (this.silentMs > this.#stallMs()) this.#end('stalled');
    }, WATCH_MS);
    this.#join().catch((error: unknown) => {
      if (!this.#over) this.log.warn({ names: chainOf(error) }, 'the consumer could not be started');
      this.#end('not-started');
    });
  }

  /** Fetches from `offset` on. */
  fetch(partition: number, offset: number): void {
    const { topic } = this.options;
    this.#act(() => {
      this.#consumer.seek({ topic, partition, offset: String(offset) });
      this.#consumer.resume([{ topic, partitions: [partition] }]);
    });
  }

  pause(partitions: readonly number[]): void {
    if (partitions.length > 0)
      this.#act(() => this.#consumer.pause([{ topic: this.options.topic, partitions: [...partitions] }]));
  }

  resume(partition: number): void {
    this.#act(() => this.#consumer.resume([{ topic: this.options.topic, partitions: [partition] }]));
  }

  /**
   * One attempt, under the generation that the group has for us at this very moment. kafkajs's own `commitOffsets` would repeat a failed
   * attempt under whatever generation comes next, in which the partition may be somebody else's.
   */
  async commit(commits: readonly Commit[]): Promise<void> {
    if (!this.stable || !this.#commit) throw new Error('not in the group');
    const partitions = commits.map(({ partition, offset, metadata }) => ({
      partition,
      offset: String(offset),
      metadata,
    }));
    await this.#commit({ topics: [{ topic: this.options.topic, partitions }] });
  }

  /** Leaves the group, as far as the broker answers. */
  async leave(): Promise<void> {
    this.#end('left');
    await within(this.#consumer.disconnect(), LEAVE_MS, 'bus-timeout').catch(() => undefined);
    this.#client.destroy();
  }

  /** Closes the connections of a life that is over. */
  destroy(): void {
    this.#end('destroyed');
    this.#client.destroy();
  }

  async #join(): Promise<void> {
    const { topic, fromBeginning } = this.options;
    await this.#consumer.connect();
    await this.#consumer.subscribe({ topics: [topic], fromBeginning });
    await this.#consumer.run({
      autoCommit: false,
      // The position moves on when a batch was handed over; what is committed is our own affair.
      eachBatchAutoResolve: true,
      partitionsConsumedConcurrently: 1,
      eachBatch: async (payload) => this.#onBatch(payload),
    });
  }

  #onJoin(): { readonly partitions: readonly number[]; readonly generation: number } {
    this.#joining = true;
    this.#epoch += 1;
    return { partitions: this.events.holding(), generation: this.#generation };
  }

  async #onBatch({ batch, commitOffsetsIfNecessary }: EachBatchPayload): Promise<void> {
    this.#commit = commitOffsetsIfNecessary;
    if (this.#over) return;
    this.events.onRecords(batch.partition, fetchedBatch(batch));
  }

  #listen(): void {
    const { events } = this.#consumer;
    const tick = (): void => {
      this.#tickedAt = performance.now();
    };
    this.#consumer.on(events.FETCH_START, tick);
    this.#consumer.on(events.FETCH, tick);
    this.#consumer.on(events.REBALANCING, tick);
    this.#consumer.on(events.HEARTBEAT, ({ payload }) => {
      this.#generation = payload.groupGenerationId;
    });
    this.#consumer.on(events.GROUP_JOIN, ({ payload }) => {
      tick();
      if (this.#over) return;
      this.#joining = false;
      const partitions = payload.memberAssignment[this.options.topic] ?? [];
      // Also those that we have: kafkajs has forgotten how far they were fetched.
      this.pause(partitions);
      this.events.onAssigned([...partitions], payload.memberId);
    });
    // kafkajs reports a crash only after a disconnect that may never end; that it has stopped comes before.
    this.#consumer.on(events.STOP, () => this.#end('stopped'));
    this.#consumer.on(events.CRASH, ({ payload }) => {
      this.log.warn({ names: chainOf(payload.error) }, 'the consumer broke off');
      this.#end('crashed');
    });
  }

  /** A rebalance, and a request to a broker that hangs, may take so long without any sign. */
  #stallMs(): number {
    const { rebalanceTimeoutMs, requestTimeoutMs, connectTimeoutMs } = this.#settings;
    return 2 * (rebalanceTimeoutMs + requestTimeoutMs + connectTimeoutMs);
  }

  /** kafkajs refuses these while it has no group, and then they have no meaning. */
  #act(what: () => void): void {
    if (this.#over) return;
    try {
      what();
    } catch (error) {
      this.log.debug({ err: error }, 'the consumer is not in the group');
    }
  }
}
