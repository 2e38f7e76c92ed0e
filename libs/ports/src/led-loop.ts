import { setTimeout } from 'node:timers/promises';
import type { Leadership } from './leadership.ts';

export interface LedLoopOptions {
  readonly leadership: Leadership;
  readonly role: string;
  /** ms between the end of a round and the next. */
  readonly everyMs: number;
  /** One round; ends early when `signal` is aborted. Must stay right when two processes run it at once. */
  readonly round: (signal: AbortSignal) => Promise<void>;
  /** A round that failed; the next one comes in its time. */
  readonly onError: (error: unknown) => void;
  /** After the last round of a term. */
  readonly onResigned?: () => void;
}

/** Work that comes round and round, on the process that leads its role. The first round begins with the term. */
export class LedLoop {
  #candidacy: Promise<{ withdraw(): Promise<void> }> | undefined;
  #abort = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(private readonly options: LedLoopOptions) {}

  async start(): Promise<void> {
    const { leadership, role } = this.options;
    this.#candidacy ??= leadership.compete(role, {
      lead: () => this.#begin(),
      resign: () => this.#end(),
    });
    await this.#candidacy;
  }

  /** Waits for the round that runs, then hands the role over. */
  async stop(): Promise<void> {
    const candidacy = this.#candidacy;
    this.#candidacy = undefined;
    await (await candidacy)?.withdraw();
  }

  #begin(): void {
    this.#abort.abort();
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    this.#running = this.#running.then(() => this.#loop(signal));
  }

  async #end(): Promise<void> {
    this.#abort.abort();
    await this.#running;
    this.options.onResigned?.();
  }

  async #loop(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.options.round(signal).catch((error: unknown) => this.options.onError(error));
      if (!signal.aborted) await pause(this.options.everyMs, signal);
    }
  }
}

/** Cut short when the term ends. */
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  setTimeout(ms, undefined, { signal }).catch(() => undefined);
