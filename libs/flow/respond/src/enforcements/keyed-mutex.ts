import { TransientError } from '@outrider/platform/errors';

/** One at a time for each key, in order of arrival. `maxWaiting` bounds all that wait together: beyond it is TransientError `busy`. */
export class KeyedMutex {
  readonly #tails = new Map<string, Promise<unknown>>();
  #waiting = 0;

  constructor(private readonly maxWaiting = 1_000) {}

  async run<T>(key: string, task: () => Promise<T>): Promise<T> {
    if (this.#waiting >= this.maxWaiting) throw new TransientError('too many changes wait', 'busy');
    this.#waiting += 1;
    const before = this.#tails.get(key) ?? Promise.resolve();
    const mine = before.then(task, task);
    const tail = mine.catch(() => undefined);
    this.#tails.set(key, tail);
    try {
      return await mine;
    } finally {
      this.#waiting -= 1;
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    }
  }
}
