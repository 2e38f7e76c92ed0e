import { TransientError } from '@outrider/platform/errors';

/** Gives each of a few places to one caller at a time, first come first served; a bounded number may wait. */
export class Turnstile<T> {
  readonly #free: T[];
  readonly #waiting: { readonly resolve: (place: T) => void; readonly reject: (error: Error) => void }[] = [];
  #inside = 0;
  #closed = false;
  #emptied: (() => void) | undefined;

  constructor(
    places: readonly T[],
    private readonly maxWaiting: number,
  ) {
    this.#free = [...places];
  }

  async with<R>(use: (place: T) => Promise<R>): Promise<R> {
    const { lane, release } = await this.enter();
    try {
      return await use(lane);
    } finally {
      release();
    }
  }

  /** `release` may be called more than once. */
  async enter(): Promise<{ readonly lane: T; readonly release: () => void }> {
    const lane = await this.#take();
    let released = false;
    const release = (): void => {
      if (released) return;
      released = true;
      this.#give(lane);
    };
    return { lane, release };
  }

  /** Resolves when everybody is out; those who wait are turned away. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(closedError());
    if (this.#inside > 0) await new Promise<void>((resolve) => (this.#emptied = resolve));
  }

  async #take(): Promise<T> {
    if (this.#closed) throw closedError();
    const place = this.#free.pop();
    if (place !== undefined) {
      this.#inside++;
      return place;
    }
    if (this.#waiting.length >= this.maxWaiting) throw new TransientError('too many queries are waiting', 'overloaded');
    return new Promise<T>((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  #give(place: T): void {
    const next = this.#waiting.shift();
    if (next) return next.resolve(place);
    this.#free.push(place);
    this.#inside--;
    if (this.#inside === 0) this.#emptied?.();
  }
}

const closedError = (): TransientError => new TransientError('the event store is closed', 'closed');
