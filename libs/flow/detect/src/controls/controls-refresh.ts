import type { Lifecycle } from '@outrider/platform/lifecycle';
import type { Logger } from '@outrider/platform/logger';
import type { Clock } from '@outrider/ports/clock';

/** `T`: all that was decided, of all tenants. */
export interface ControlsRefreshParts<T> {
  /** Name of the part, for start and stop. */
  readonly name?: string;
  readonly store: { all(now: number): Promise<T> };
  readonly controls: { refresh(all: T, now: number): void };
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn'>;
  /** ms between two reads. */
  readonly everyMs?: number;
}

/** A decision holds in every process after this time at the latest; ms. */
const EVERY_MS = 3_000;

/** Reads what people decided every few seconds. While the store is away what was read last stays in force. */
export class ControlsRefresh<T> {
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> | undefined;

  constructor(private readonly parts: ControlsRefreshParts<T>) {}

  join(lifecycle: Lifecycle): void {
    const { name = 'detection-controls' } = this.parts;
    lifecycle.add({ name, phase: 'writers', start: () => this.start(), stop: () => this.stop() });
  }

  /** The first read must work: nothing is detected without knowing what is excepted. */
  async start(): Promise<void> {
    await this.#read();
    this.#timer = setInterval(() => void this.refresh(), this.parts.everyMs ?? EVERY_MS);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#reading;
  }

  /** Never rejects, never twice at once. */
  refresh(): Promise<void> {
    this.#reading ??= this.#read()
      .catch((error: unknown) =>
        this.parts.log.warn({ err: error }, 'what people decided about detection could not be read'),
      )
      .finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #read(): Promise<void> {
    const now = this.parts.clock.now();
    this.parts.controls.refresh(await this.parts.store.all(now), now);
  }
}
