import { ClickHouseException } from './clickhouse-exception.ts';

/** A bounded number run at once, a bounded number wait in order, the rest is refused as a server does. */
export class Places {
  readonly #waiting: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
  #taken = 0;
  #emptied: (() => void) | undefined;
  #closed = false;

  constructor(
    private readonly places: number,
    private readonly maxWaiting: number,
  ) {}

  /** The release may be called more than once. */
  async enter(): Promise<() => void> {
    if (this.#closed) throw shuttingDown();
    if (this.#taken < this.places) this.#taken++;
    else if (this.#waiting.length >= this.maxWaiting)
      throw new ClickHouseException(
        202,
        'TOO_MANY_SIMULTANEOUS_QUERIES',
        `Too many simultaneous queries. Maximum: ${this.places}.`,
      );
    else await new Promise<void>((resolve, reject) => this.#waiting.push({ resolve, reject }));
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.#leave();
    };
  }

  /** Turns away who waits; resolves when nobody runs. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { reject } of this.#waiting.splice(0)) reject(shuttingDown());
    if (this.#taken > 0) await new Promise<void>((resolve) => (this.#emptied = resolve));
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next) return next.resolve();
    this.#taken--;
    if (this.#taken === 0) this.#emptied?.();
  }
}

const shuttingDown = (): ClickHouseException => new ClickHouseException(236, 'ABORTED', 'The server is shutting down.');
