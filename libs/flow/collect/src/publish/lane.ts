import { encodeEvent } from '@outrider/contracts/events/event-row';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { OutgoingMessage } from '@outrider/ports/event-bus';

export interface LaneSettings {
  /** One bus message holds at most this many events … */
  readonly batchEvents: number;
  /** … and about this many bytes (one event may cross the bound). */
  readonly batchBytes: number;
}

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** A full bus message and who waits until it is durable. */
export interface SealedBatch {
  readonly message: OutgoingMessage;
  readonly events: number;
  /** What it counts against the bound of unpublished bytes. */
  readonly bytes: number;
  readonly openedAt: number;
  readonly waiters: readonly Waiter[];
}

/** The events of one share of the callers, in order, gathered into bus messages. */
export class Lane {
  #rows: string[] = [];
  #bytes = 0;
  #first = 0;
  #last = 0;
  #openedAt = 0;
  #waiters: Waiter[] = [];
  #sealed: SealedBatch[] = [];

  constructor(
    private readonly partition: number,
    private readonly settings: LaneSettings,
  ) {}

  /** Returns the bytes that the event takes. */
  add(event: ApiEvent, now: number): number {
    const row = encodeEvent(event);
    const bytes = Buffer.byteLength(row) + 1;
    if (this.#rows.length === 0) {
      this.#openedAt = now;
      this.#first = event.startedAt;
      this.#last = event.startedAt;
    } else if (event.startedAt < this.#first) this.#first = event.startedAt;
    else if (event.startedAt > this.#last) this.#last = event.startedAt;
    this.#rows.push(row);
    this.#bytes += bytes;
    if (this.#rows.length >= this.settings.batchEvents || this.#bytes >= this.settings.batchBytes) this.seal();
    return bytes;
  }

  /** Resolves once everything that was added before is durable. */
  whenDurable(): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter = { resolve, reject };
      const last = this.#sealed.at(-1);
      if (this.#rows.length > 0) this.#waiters.push(waiter);
      else if (last) this.#sealed[this.#sealed.length - 1] = { ...last, waiters: [...last.waiters, waiter] };
      else resolve();
    });
  }

  /** Closes the open batch, if any: it is due. */
  seal(): void {
    if (this.#rows.length === 0) return;
    this.#sealed.push({
      message: {
        key: `lane-${this.partition}`,
        partition: this.partition,
        value: Buffer.from(this.#rows.join('\n')),
        headers: { v: '1', count: String(this.#rows.length), first: String(this.#first), last: String(this.#last) },
      },
      events: this.#rows.length,
      bytes: this.#bytes,
      openedAt: this.#openedAt,
      waiters: this.#waiters,
    });
    this.#rows = [];
    this.#bytes = 0;
    this.#waiters = [];
  }

  get hasOpen(): boolean {
    return this.#rows.length > 0;
  }

  get hasSealed(): boolean {
    return this.#sealed.length > 0;
  }

  /** Takes the oldest sealed batches, at most `max`. */
  takeSealed(max: number): readonly SealedBatch[] {
    return this.#sealed.splice(0, max);
  }
}
