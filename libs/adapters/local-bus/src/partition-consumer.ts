import { backOffMs } from '@outrider/platform/back-off';
import { TransientError } from '@outrider/platform/errors';
import type { Logger } from '@outrider/platform/logger';
import type { Delivery } from '@outrider/ports/event-bus';
import type { GroupProgress } from './group-progress.ts';
import type { InFlight } from '@outrider/platform/bus/in-flight';
import type { PartitionLog, Place } from './partition-log.ts';
import type { StoredRecord } from './record.ts';
import { pause, type Signal } from '@outrider/platform/bus/signal';

const RETRY_BASE_MS = 100;
const RETRY_MAX_MS = 5_000;

export interface ConsumerHooks {
  handle(delivery: Delivery): Promise<void>;
  deadLetter(delivery: Delivery, error: unknown): Promise<void>;
  onDone(): void;
  /** A handler has an outcome and its room in flight is free again. */
  onSettled(): void;
  onRetry(): void;
  onLost(offsets: number): void;
}

/** A message that was handed out; kept until everything before it is committed. */
interface Handed {
  readonly record: StoredRecord;
  /** Where the partition's history goes on after it. */
  readonly endPosition: number;
  done: boolean;
}

/**
 * One group on one partition. Messages go out in order, several at a time. After a passing failure nothing new goes out until the failed
 * messages, in order, were handed out again; the commit never passes them.
 */
export class PartitionConsumer {
  /** In the order of offsets. */
  #handed: Handed[] = [];
  readonly #failed = new Map<number, Handed>();
  #retries = 0;
  #place: Place;
  #running: Promise<void> | undefined;

  constructor(
    private readonly topic: string,
    private readonly source: PartitionLog,
    /** Undefined: from the end of the topic, without commits. */
    private readonly group: GroupProgress | undefined,
    private readonly inFlight: InFlight,
    private readonly hooks: ConsumerHooks,
    /** Raised on an append and whenever a handler finished. */
    private readonly wake: Signal,
    private readonly log: Logger,
    private readonly stopping: AbortSignal,
  ) {
    const progress = group?.progress(source.partition);
    this.#place = progress ? { offset: progress.run.committable, position: progress.position } : source.last;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Resolves once nothing more is handed out. */
  async stopped(): Promise<void> {
    this.wake.raise();
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let failures = 0; !this.stopping.aborted;) {
      try {
        if (this.#failed.size > 0) await this.#retryFailed();
        else if (!(await this.#handNext())) await this.wake.wait();
        failures = 0;
      } catch (error) {
        this.log.error({ err: error, partition: this.source.partition }, 'the event bus could not be read');
        await pause(backOffMs(failures++, RETRY_BASE_MS, RETRY_MAX_MS, Math.random()), this.stopping);
      }
    }
  }

  /** False when there is nothing to do until the next wake-up. */
  async #handNext(): Promise<boolean> {
    const { records, next, lost } = await this.source.read(this.#place);
    if (lost > 0) {
      this.#pass(this.#place.offset, lost);
      this.#place = { offset: this.#place.offset + lost, position: this.#place.position };
    }
    let position = next.position - records.reduce((sum, record) => sum + record.bytes, 0);
    for (const record of records) {
      position += record.bytes;
      while (!this.#admits(record)) {
        if (this.stopping.aborted || this.#failed.size > 0) return true;
        await this.wake.wait();
      }
      if (this.stopping.aborted || this.#failed.size > 0) return true;
      if (record.offset > this.#place.offset) this.#pass(this.#place.offset, record.offset - this.#place.offset);
      this.#place = { offset: record.offset + 1, position };
      const handed: Handed = { record, endPosition: position, done: false };
      if (this.group) this.#handed.push(handed);
      this.#hand(handed);
    }
    const moved = next.offset > this.#place.offset || next.position > this.#place.position;
    if (moved) this.#place = next;
    return records.length > 0 || moved;
  }

  /** A planned block must come back whole, also when fewer messages are allowed in flight than when it was planned. */
  #admits(record: StoredRecord): boolean {
    return this.inFlight.admits(record.bytes) || this.#planOf(record.offset) !== undefined;
  }

  #planOf(offset: number): number | undefined {
    return this.group?.progress(this.source.partition).run.planOf(offset);
  }

  async #retryFailed(): Promise<void> {
    await pause(backOffMs(this.#retries++, RETRY_BASE_MS, RETRY_MAX_MS, Math.random()), this.stopping);
    if (this.stopping.aborted) return;
    const again = [...this.#failed.values()].sort((a, b) => a.record.offset - b.record.offset);
    this.#failed.clear();
    for (const handed of again) {
      this.hooks.onRetry();
      this.#hand(handed);
    }
    // Nothing new until these have an outcome: their order is held.
    while (!this.stopping.aborted && this.#failed.size === 0 && again.some((handed) => !handed.done))
      await this.wake.wait();
  }

  #hand(handed: Handed): void {
    const delivery = this.#delivery(handed.record);
    this.inFlight.add(handed.record.bytes);
    const room = handed.record.bytes;
    this.hooks
      .handle(delivery)
      .catch((error: unknown) => {
        if (error instanceof TransientError) throw error;
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
    if (!this.group) return;
    this.group.progress(this.source.partition).run.finish(handed.record.offset);
    this.#advance();
  }

  /** Offsets that no longer exist count as finished. */
  #pass(from: number, count: number): void {
    this.hooks.onLost(count);
    this.log.error({ partition: this.source.partition, from, count }, 'offsets passed over');
    if (!this.group) return;
    const { run } = this.group.progress(this.source.partition);
    for (let offset = from; offset < from + count; offset += 1) run.finish(offset);
    this.#advance();
  }

  #advance(): void {
    if (!this.group) return;
    const progress = this.group.progress(this.source.partition);
    const committable = progress.run.committable;
    let count = 0;
    for (const handed of this.#handed) {
      if (handed.record.offset >= committable) break;
      count += 1;
    }
    const last = this.#handed[count - 1];
    if (!last) return;
    this.#handed.splice(0, count);
    const oldest = this.#handed[0]?.record.appendedAt ?? this.source.appendedAt(committable);
    this.group.advance(this.source.partition, last.endPosition, oldest);
  }

  #delivery(record: StoredRecord): Delivery {
    const { group } = this;
    const { partition } = this.source;
    return {
      topic: this.topic,
      partition,
      offset: record.offset,
      key: record.key,
      value: record.value,
      headers: record.headers,
      appendedAt: record.appendedAt,
      plannedThrough: this.#planOf(record.offset),
      plan: async (throughOffset) => {
        if (throughOffset < record.offset) throw new RangeError('a plan reaches at least to its own message');
        await group?.plan(partition, throughOffset).catch((error: unknown) => {
          throw new TransientError('the plan could not be written', 'bus-write', { cause: error });
        });
      },
    };
  }
}
