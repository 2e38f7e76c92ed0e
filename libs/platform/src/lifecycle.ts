import type { Logger } from './logger.ts';

/** In the order they start; they stop in reverse. */
export const PHASES = ['engines', 'clients', 'writers', 'workers', 'consumers', 'listeners'] as const;
export type Phase = (typeof PHASES)[number];

export interface Part {
  readonly name: string;
  readonly phase: Phase;
  start?(): Promise<void> | void;
  stop?(): Promise<void> | void;
}

/**
 * The ordered start and stop of a process. Parts start phase by phase (in the order they were added within one), one after the other;
 * a failed start stops what had started; a failing stop does not spare the rest.
 */
export class Lifecycle {
  readonly #parts: Part[] = [];
  #started: Part[] = [];
  #stopping: Promise<void> | undefined;

  constructor(private readonly log: Logger) {}

  add(part: Part): void {
    this.#parts.push(part);
  }

  /** A part that runs already (an engine opened before the others could be made): stopped last, also when `start` never comes. */
  adopt(part: Pick<Part, 'name' | 'stop'>): void {
    this.#started.push({ ...part, phase: 'engines' });
  }

  async start(): Promise<void> {
    const ordered = PHASES.flatMap((phase) => this.#parts.filter((part) => part.phase === phase));
    for (const part of ordered) {
      if (this.#stopping) return;
      try {
        await part.start?.();
        this.#started.push(part);
        this.log.debug({ part: part.name }, 'started');
      } catch (error) {
        await this.stop();
        throw new Error(`${part.name} did not start: ${error instanceof Error ? error.message : String(error)}`, {
          cause: error,
        });
      }
    }
  }

  /** Idempotent: every caller waits for the same stop. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll(): Promise<void> {
    for (const part of this.#started.reverse()) {
      try {
        await part.stop?.();
        this.log.debug({ part: part.name }, 'stopped');
      } catch (error) {
        this.log.error({ part: part.name, err: error }, 'did not stop cleanly');
      }
    }
    this.#started = [];
  }
}
