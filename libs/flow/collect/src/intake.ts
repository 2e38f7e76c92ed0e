import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { Clock } from '@outrider/ports/clock';
import type { EntryReader } from './entry/entry-reader.ts';
import type { GatewayContext } from './entry/gateway-context.ts';
import type { Outcome, RefusalReason, Transport } from './entry/outcome.ts';
import type { EntrySink } from './framing/entry-sink.ts';
import type { DeadLetterPublisher } from './publish/dead-letter-publisher.ts';
import type { Source, SourceBoard } from './source-status.ts';

export interface IntakeParts {
  readonly reader: EntryReader;
  readonly deadLetters: DeadLetterPublisher;
  readonly board: SourceBoard;
  readonly clock: Clock;
}

/** An entry of a request that could not be read. */
export interface EntryError {
  /** 0 is the first entry. */
  readonly index: number;
  readonly reason: RefusalReason;
  readonly detail: string;
}

const MAX_ERRORS_KEPT = 100;

/** Reads the entries of one packet or one request, gathers the events, and counts. One per connection or request. */
export class Intake implements EntrySink {
  #events: ApiEvent[] = [];
  #index = 0;
  #newestAt = 0;
  #now: number;
  readonly #source: Source;
  readonly errors: EntryError[] = [];
  refused = 0;

  constructor(
    private readonly parts: IntakeParts,
    private readonly from: GatewayContext,
    private readonly transport: Transport,
    private readonly keepErrors: boolean,
  ) {
    this.#source = parts.board.source(from.tenant, from.gateway, transport);
    this.#now = parts.clock.now();
  }

  /** Entries so far, good and bad. */
  get count(): number {
    return this.#index;
  }

  get source(): Source {
    return this.#source;
  }

  entry(bytes: Buffer, start: number, end: number): void {
    this.#take(this.parts.reader.read(bytes, start, end, this.from, this.#now, this.transport));
  }

  tooLong(beginning: Buffer, totalBytes: number): void {
    this.#take(this.parts.reader.tooLong(beginning, totalBytes, this.from, this.#now, this.transport));
  }

  /** The clock is asked once a packet. */
  begin(): void {
    this.#now = this.parts.clock.now();
  }

  /** The events since the last call; `bytes` is what was received for them. */
  finish(bytes: number): readonly ApiEvent[] {
    const events = this.#events;
    this.#source.read(events.length, bytes, this.#newestAt, this.#now);
    if (events.length > 0) this.#events = [];
    return events;
  }

  #take(outcome: Outcome): void {
    const index = this.#index++;
    if (outcome.kind === 'pass') {
      this.#events.push(outcome.event);
      if (outcome.event.startedAt > this.#newestAt) this.#newestAt = outcome.event.startedAt;
      return;
    }
    this.refused++;
    this.#source.refuse(outcome.reason);
    this.parts.deadLetters.offer(outcome.letter);
    if (this.keepErrors && this.errors.length < MAX_ERRORS_KEPT)
      this.errors.push({ index, reason: outcome.reason, detail: outcome.detail });
  }
}
