import { backOffMs } from '@outrider/platform/back-off';
import type { FinishedRun } from '@outrider/platform/bus/finished-run';
import type { InFlight } from '@outrider/platform/bus/in-flight';
import { pause, Signal } from '@outrider/platform/bus/signal';
import { TransientError } from '@outrider/platform/errors';
import type { Logger } from '@outrider/platform/logger';
import type { Delivery } from '@outrider/ports/event-bus';

const RETRY_BASE_MS = 100;
const RETRY_MAX_MS = 5_000;

/** A message as it was fetched. */
export interface FetchedRecord {
  readonly offset: number;
  readonly key: string;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  readonly appendedAt: number;
  /** What it weighs in memory. */
  readonly bytes: number;
}

export interface ConsumerHooks {
  handle(delivery: Delivery): Promise<void>;
  deadLetter(delivery: Delivery, error: unknown): Promise<void>;
  onDone(): void;
  /** A handler has an outcome and its room in flight is free again. */
  onSettled(): void;
  onRetry(): void;
  onLost(partition: number, offsets: number): void;
  /** Something was handed out of the queue: there may be room to fetch more. */
  onTaken(consumer: PartitionConsumer): void;
  /** More may be committed than before. */
  onProgress(consumer: PartitionConsumer): void;
  /** Durable when it resolves; TransientError when the partition is not ours any more. */
  plan(consumer: PartitionConsumer, throughOffset: number): Promise<void>;
  /** Resolves once nothing that was planned of this partition waits to become durable; rejects when it never will. */
  plansDurable(consumer: PartitionConsumer): Promise<void>;
  /** False while the group rebalances: what is handed out then may be somebody else's. */
  mayHand(): boolean;
}

interface Handed {
  readonly record: FetchedRecord;
  done: boolean;
}

/**
 * One group on one partition that we own. Messages go out in order, several at a time. After a passing failure nothing new goes out until
 * the failed messages, in order, were handed out again; the commit never passes them.
 */
export class PartitionConsumer {
  /** Raised when something was fetched, a handler has finished, or the group is stable again. */
  readonly wake = new Signal();
  #queue: FetchedRecord[] = [];
  #queuedBytes = 0;
  #expected: number;
  readonly #failed = new Map<number, Handed>();
  #retries = 0;
  readonly #lost = new AbortController();
  #running: Promise<void> | undefined;

  constructor(
    private readonly topic: string,
    readonly partition: number,
    readonly run: FinishedRun,
    private readonly inFlight: InFlight,
    private readonly hooks: ConsumerHooks,
    private readonly log: Logger,
  ) {
    this.#expected = run.committable;
  }

  /** The next offset to fetch. */
  get expected(): number {
    return this.#expected;
  }

  get queuedMessages(): number {
    return this.#queue.length;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  get closed(): boolean {
    return this.#lost.signal.aborted;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Nothing more is handed out, and no outcome counts any more: the partition is not ours. */
  close(): void {
    this.#lost.abort();
    this.#queue = [];
    this.#queuedBytes = 0;
    this.wake.raise();
  }

  /** `next`: the offset after all of them, which may be further than the last when Kafka put a mark of its own behind it. */
  offer(records: readonly FetchedRecord[], next: number): void {
    if (this.closed) return;
    const first = records[0]?.offset ?? next;
    // Between two fetches offsets are missing only when the retention has passed them; within one fetch they never were messages.
    if (first > this.#expected) this.hooks.onLost(this.partition, first - this.#expected);
    for (const record of records) {
      if (record.offset < this.#expected) continue;
      this.#pass(record.offset);
      this.#expected = record.offset + 1;
      this.#queue.push(record);
      this.#queuedBytes += record.bytes;
    }
    this.#pass(next);
    this.wake.raise();
  }

  /** Resolves once nothing more is handed out. */
  async stopped(): Promise<void> {
    this.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.closed)
      if (!this.hooks.mayHand()) await this.wake.wait();
      else if (this.#failed.size > 0) await this.#retryFailed();
      else if (!this.#handNext()) await this.wake.wait();
  }

  /** False when there is nothing to do until the next wake-up. */
  #handNext(): boolean {
    let handed = 0;
    for (const record of this.#queue) {
      if (!this.#admits(record) || this.#failed.size > 0) break;
      handed += 1;
      this.#queuedBytes -= record.bytes;
      this.#hand({ record, done: false });
    }
    if (handed === 0) return false;
    this.#queue.splice(0, handed);
    this.hooks.onTaken(this);
    return true;
  }

  /** A planned block must come back whole, also when fewer messages are allowed in flight than when it was planned. */
  #admits(record: FetchedRecord): boolean {
    return this.inFlight.admits(record.bytes) || this.run.planOf(record.offset) !== undefined;
  }

  async #retryFailed(): Promise<void> {
    await pause(backOffMs(this.#retries++, RETRY_BASE_MS, RETRY_MAX_MS, Math.random()), this.#lost.signal);
    // A plan that is not durable yet must not be told to the handler: it would store the block without waiting for it.
    await this.hooks.plansDurable(this).catch(() => undefined);
    if (this.closed) return;
    const again = [...this.#failed.values()].sort((a, b) => a.record.offset - b.record.offset);
    this.#failed.clear();
    for (const handed of again) {
      this.hooks.onRetry();
      this.#hand(handed);
    }
    // Nothing new until these have an outcome: their order is held.
    while (!this.closed && this.#failed.size === 0 && again.some((handed) => !handed.done)) await this.wake.wait();
  }

  #hand(handed: Handed): void {
    const delivery = this.#delivery(handed.record);
    const room = handed.record.bytes;
    this.inFlight.add(room);
    this.hooks
      .handle(delivery)
      .catch((error: unknown) => {
        // What failed because the partition is lost belongs to its new owner, whatever the error.
        if (error instanceof TransientError || this.closed) throw error;
        return this.hooks.deadLetter(delivery, error);
      })
      .finally(() => this.inFlight.remove(room))
      .then(
        () => this.#finish(handed),
        () => {
          this.#failed.set(handed.record.offset, handed);
        },
      )
      .finally(() => this.hooks.onSettled())
      .catch((error: unknown) => this.log.error({ err: error }, 'a delivery could not be finished'));
  }

  #finish(handed: Handed): void {
    handed.done = true;
    if (this.#failed.size === 0) this.#retries = 0;
    this.hooks.onDone();
    this.run.finish(handed.record.offset);
    this.hooks.onProgress(this);
  }

  /** Offsets up to `until` that are not messages, or not any more, count as finished. */
  #pass(until: number): void {
    if (until <= this.#expected) return;
    for (let offset = this.#expected; offset < until; offset += 1) this.run.finish(offset);
    this.#expected = until;
    this.hooks.onProgress(this);
  }

  #delivery(record: FetchedRecord): Delivery {
    const { offset, key, value, headers, appendedAt } = record;
    return {
      topic: this.topic,
      partition: this.partition,
      offset,
      key,
      value,
      headers,
      appendedAt,
      plannedThrough: this.run.planOf(offset),
      plan: async (throughOffset) => {
        if (throughOffset < offset) throw new RangeError('a plan reaches at least to its own message');
        await this.hooks.plan(this, throughOffset);
      },
    };
  }
}
