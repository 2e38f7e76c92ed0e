/** Wakes everyone who waits; a wake-up while nobody waits is kept for the next one. */
export class Signal {
  #raised = false;
  #waiting: (() => void)[] = [];

  raise(): void {
    this.#raised = true;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  async wait(): Promise<void> {
    if (!this.#raised) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#raised = false;
  }
}

/** Resolves after `ms`, or as soon as `signal` is aborted. */
export const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
