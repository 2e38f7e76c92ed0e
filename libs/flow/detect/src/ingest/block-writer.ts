import { backOffMs } from '@outrider/platform/back-off';
import { TransientError } from '@outrider/platform/errors';
import type { Delivery } from '@outrider/ports/event-bus';
import type { EventBlock } from '@outrider/ports/event-store';

export interface BlockWriterOptions {
  /** A block is closed at the latest after this time; ms, asked for each block. */
  readonly maxAgeMs: () => number;
  /** A block is closed once it holds so many rows. */
  readonly maxRows: number;
  /** … or so many messages, however few rows they have: the bus hands out only so many at a time. */
  readonly maxMessages: number;
  readonly insert: (block: EventBlock) => Promise<void>;
  readonly onStored: (rows: number, seconds: number) => void;
  readonly onRetry: (error: unknown, attempt: number) => void;
  readonly random: () => number;
}

interface Waiting {
  readonly delivery: Pick<Delivery, 'offset' | 'appendedAt' | 'plan' | 'plannedThrough'>;
  readonly rows: readonly string[];
  /** ms of `performance.now`. */
  readonly addedAt: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const RETRY_BASE_MS = 100;
const RETRY_MAX_MS = 5_000;

/**
 * Joins consecutive messages of one partition to blocks and stores each block exactly once: its extent is made durable on the bus
 * (`plan`) before the first insert, and its token is made of nothing but that extent and its first time, so that after a crash the same block comes again
 * under the same token. One block of a partition is under way at a time; the next fills meanwhile.
 */
export class BlockWriter {
  #waiting: Waiting[] = [];
  #rows = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #stopped = false;
  #abandoned = false;
  /** Wakes a pause between retries. */
  #cancelPause: (() => void) | undefined;

  constructor(
    private readonly topic: string,
    private readonly partition: number,
    private readonly options: BlockWriterOptions,
  ) {}

  /** Rows that wait to be stored. */
  get pendingRows(): number {
    return this.#rows;
  }

  /** Resolves when the rows of this message are stored. Messages come in the order of their offsets. */
  add(delivery: Waiting['delivery'], rows: readonly string[]): Promise<void> {
    if (this.#stopped) return Promise.reject(this.#refusal());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ delivery, rows, addedAt: performance.now(), resolve, reject });
      this.#rows += rows.length;
      this.#arm();
      if (this.#isFull() || delivery.plannedThrough === delivery.offset) void this.#write();
    });
  }

  /** Stores what waits, without retrying for ever: what the store will not take now comes again from the bus. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelPause?.();
    await this.#write();
    clearTimeout(this.#timer);
    this.#drop();
  }

  /**
   * The partition has another owner: what waits is not stored here. A block whose extent is durable already is, once: the new owner makes the
   * same one under the same token.
   */
  abandon(): void {
    this.#stopped = true;
    this.#abandoned = true;
    this.#cancelPause?.();
    clearTimeout(this.#timer);
    this.#drop();
  }

  #drop(): void {
    for (const one of this.#waiting) {
      this.#rows -= one.rows.length;
      one.reject(this.#refusal());
    }
    this.#waiting = [];
  }

  #refusal(): TransientError {
    return this.#abandoned
      ? new TransientError('the partition has another owner', 'partition-lost')
      : new TransientError('the analyzer is stopping', 'stopping');
  }

  /** Writes blocks until nothing that is due is left. */
  #write(): Promise<void> {
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
      this.#arm();
    });
    return this.#writing;
  }

  /** Sees that the oldest message that waits does not wait for longer than `maxAgeMs`. */
  #arm(): void {
    const [oldest] = this.#waiting;
    if (!oldest || this.#timer || this.#writing || this.#stopped) return;
    const maxAgeMs = this.options.maxAgeMs();
    // The rest of a planned block comes when it comes: what is not whole yet is looked at now and then.
    const planned = oldest.delivery.plannedThrough !== undefined;
    const inMs = planned ? maxAgeMs : Math.max(0, Math.ceil(oldest.addedAt + maxAgeMs - performance.now()));
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#write();
    }, inMs);
  }

  #isFull(): boolean {
    return this.#rows >= this.options.maxRows || this.#waiting.length >= this.options.maxMessages;
  }

  /** What came during an insert waits for its own time: a small block costs the store nearly as much as a large one. */
  #isDue(): boolean {
    const [oldest] = this.#waiting;
    if (!oldest) return false;
    if (this.#stopped || oldest.delivery.plannedThrough !== undefined || this.#isFull()) return true;
    return performance.now() - oldest.addedAt >= this.options.maxAgeMs();
  }

  async #writeAll(): Promise<void> {
    while (this.#isDue()) {
      const block = this.#nextBlock();
      if (block.length === 0) return;
      clearTimeout(this.#timer);
      this.#timer = undefined;
      const rows = block.flatMap((one) => one.rows);
      try {
        await this.#store(block, rows);
        for (const one of block) one.resolve();
      } catch (error) {
        for (const one of block) one.reject(error);
      }
      this.#rows -= rows.length;
    }
  }

  /** The messages of the next block, or none: a planned block is never cut and never waits for less than its planned end. */
  #nextBlock(): Waiting[] {
    const first = this.#waiting[0];
    if (!first) return [];
    const planned = first.delivery.plannedThrough;
    if (planned !== undefined) {
      const end = this.#waiting.findIndex((one) => one.delivery.offset === planned);
      return end < 0 ? [] : this.#waiting.splice(0, end + 1);
    }
    let rows = 0;
    let n = 0;
    for (const one of this.#waiting) {
      if (n > 0 && (one.delivery.plannedThrough !== undefined || rows + one.rows.length > this.options.maxRows)) break;
      rows += one.rows.length;
      n++;
    }
    return this.#waiting.splice(0, n);
  }

  async #store(block: readonly Waiting[], rows: readonly string[]): Promise<void> {
    const first = block[0];
    const last = block.at(-1);
    if (!first || !last) return;
    if (rows.length === 0) return;
    const began = performance.now();
    if (this.#abandoned) throw this.#refusal();
    if (first.delivery.plannedThrough === undefined) await last.delivery.plan(last.delivery.offset);
    // The time tells a log that was made anew, and counts from 0 again, from the one before: the store would take its blocks for known.
    const token = `${this.topic}/${this.partition}/${first.delivery.offset}-${last.delivery.offset}@${first.delivery.appendedAt}`;
    for (let attempt = 0; ; attempt++) {
      try {
        await this.options.insert({ rows, token });
        break;
      } catch (error) {
        if (!(error instanceof TransientError) || this.#stopped) throw error;
        this.options.onRetry(error, attempt);
        await this.#pause(backOffMs(attempt, RETRY_BASE_MS, RETRY_MAX_MS, this.options.random()));
      }
    }
    this.options.onStored(rows.length, (performance.now() - began) / 1000);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#cancelPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
