import { TransientError } from '@outrider/platform/errors';
import type { OutgoingMessage } from '@outrider/ports/event-bus';
import type { PartitionLog } from './partition-log.ts';
import { encodeRecord, type StoredRecord } from './record.ts';

/** Bytes of one write at most (a single larger publish is still one write). */
const CYCLE_BYTES = 16 * 1024 * 1024;

interface Waiting {
  readonly messages: readonly { readonly partition: number; readonly message: OutgoingMessage }[];
  readonly bytes: number;
  resolve(): void;
  reject(error: unknown): void;
}

interface Portion {
  readonly log: PartitionLog;
  readonly buffers: Buffer[];
  readonly records: StoredRecord[];
  bytes: number;
}

/** The only writer of a topic: everything published while one write is under way goes into the next one, with one sync for all of it. */
export class GroupCommit {
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  #pendingBytes = 0;

  constructor(
    private readonly logs: readonly PartitionLog[],
    private readonly options: {
      readonly sync: boolean;
      readonly now: () => number;
      /** Messages and bytes that became visible, with the seconds that write and sync took. */
      readonly onAccepted: (messages: number, bytes: number, seconds: number) => void;
    },
  ) {}

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  append(messages: Waiting['messages'], bytes: number): Promise<void> {
    this.#pendingBytes += bytes;
    const done = new Promise<void>((resolve, reject) => this.#waiting.push({ messages, bytes, resolve, reject }));
    this.#running ??= this.#run();
    return done;
  }

  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #run(): Promise<void> {
    // One turn later, so that what is published in the same turn shares the first write as well.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const cycle = this.#take();
      try {
        await this.#write(cycle);
        for (const publish of cycle) publish.resolve();
      } catch (error) {
        const failure = writeFailure(error);
        for (const publish of cycle) publish.reject(failure);
      } finally {
        for (const publish of cycle) this.#pendingBytes -= publish.bytes;
      }
    }
    // In the same turn as the last look: what comes from now on starts the next run.
    this.#running = undefined;
  }

  #take(): readonly Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const publish of this.#waiting) {
      if (count > 0 && bytes + publish.bytes > CYCLE_BYTES) break;
      bytes += publish.bytes;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  /** All partitions or none: a write that fails is rolled back everywhere. */
  async #write(cycle: readonly Waiting[]): Promise<void> {
    const began = performance.now();
    const portions = this.#encode(cycle);
    try {
      for (const portion of portions) await portion.log.write(portion.buffers, portion.bytes);
      if (this.options.sync) await Promise.all(portions.map((portion) => portion.log.sync()));
    } catch (error) {
      // What cannot be rolled back now is rolled back before the next write, or at the next opening.
      await Promise.allSettled(portions.map((portion) => portion.log.rollBack()));
      throw error;
    }
    let messages = 0;
    let bytes = 0;
    for (const portion of portions) {
      portion.log.accept(portion.records, portion.bytes);
      messages += portion.records.length;
      bytes += portion.bytes;
    }
    this.options.onAccepted(messages, bytes, (performance.now() - began) / 1_000);
  }

  #encode(cycle: readonly Waiting[]): readonly Portion[] {
    const portions = new Map<number, Portion>();
    const appendedAt = this.options.now();
    for (const publish of cycle)
      for (const { partition, message } of publish.messages) {
        const log = this.logs[partition];
        if (!log) throw new Error(`no partition ${partition}`);
        let portion = portions.get(partition);
        if (!portion) portions.set(partition, (portion = { log, buffers: [], records: [], bytes: 0 }));
        const offset = log.end + portion.records.length;
        const encoded = encodeRecord(message, offset, appendedAt);
        portion.buffers.push(encoded);
        portion.bytes += encoded.length;
        portion.records.push(storedView(message, encoded, offset, appendedAt));
      }
    return [...portions.values()];
  }
}

/** What a reader would get; the value is a view on the written bytes, so that the publisher may reuse its buffer. */
const storedView = (message: OutgoingMessage, encoded: Buffer, offset: number, appendedAt: number): StoredRecord => ({
  offset,
  appendedAt,
  key: message.key,
  headers: message.headers,
  value: encoded.subarray(encoded.length - message.value.length),
  bytes: encoded.length,
  endsAt: 0,
});

const writeFailure = (error: unknown): TransientError => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOSPC' || code === 'EDQUOT'
    ? new TransientError('the disk of the event bus is full', 'disk-full', { cause: error })
    : new TransientError('the event bus could not write', 'bus-write', { cause: error });
};
