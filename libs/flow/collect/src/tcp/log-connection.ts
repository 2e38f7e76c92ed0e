import type { Socket } from 'node:net';
import type { GatewayContext } from '../entry/gateway-context.ts';
import type { Transport } from '../entry/outcome.ts';
import { LineFramer } from '../framing/line-framer.ts';
import type { PartialBudget } from '../framing/partial-entry.ts';
import { Intake, type IntakeParts } from '../intake.ts';
import type { CollectMetrics } from '../publish/collect-metrics.ts';
import type { EventPublisher } from '../publish/event-publisher.ts';

export interface ConnectionParts extends IntakeParts {
  readonly publisher: EventPublisher;
  readonly budget: PartialBudget;
  readonly entryBytes: number;
  readonly garbageLines: number;
  readonly metrics: CollectMetrics;
}

/** One open connection of a Kong worker: bytes → lines → entries → publisher. Nothing is ever written back. */
export class LogConnection {
  readonly #intake: Intake;
  readonly #framer: LineFramer;
  #over = false;
  #refusedBefore = 0;
  /** When the last byte came; ms of `performance.now`. */
  lastByteAt = performance.now();

  constructor(
    readonly socket: Socket,
    from: GatewayContext,
    private readonly transport: Transport,
    private readonly parts: ConnectionParts,
  ) {
    this.#intake = new Intake(parts, from, transport, false);
    this.#framer = new LineFramer(this.#intake, parts.entryBytes, parts.budget);
    this.#intake.source.connected(1);
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.once('end', () => this.#finish());
    socket.once('close', () => this.#finish());
  }

  #read(chunk: Buffer): void {
    this.lastByteAt = performance.now();
    this.#intake.begin();
    this.#framer.push(chunk);
    this.#hand(chunk.length);
  }

  /** Kong closes after a whole line; what is left may still be one (file shippers leave out the last LF). */
  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#intake.begin();
    this.#framer.end();
    this.#hand(0);
    this.#intake.source.connected(-1);
  }

  #hand(bytes: number): void {
    const events = this.#intake.finish(bytes);
    if (events.length > 0) {
      this.#refusedBefore = this.#intake.refused;
      this.parts.publisher.accept(events);
    } else if (!this.#over && this.#intake.refused - this.#refusedBefore > this.parts.garbageLines) {
      this.parts.metrics.connectionsRefused({ transport: this.transport, reason: 'garbage' });
      this.socket.destroy();
    }
  }
}
