import { backOffMs } from '@outrider/platform/back-off';
import { pause } from '@outrider/platform/bus/signal';
import type { Logger } from '@outrider/platform/logger';
import type { Assignment } from '@outrider/ports/event-bus';
import { chainOf } from './connect-errors.ts';

const RETRY_BASE_MS = 100;
const RETRY_MAX_MS = 2_000;

/** Tells listeners which partitions came and went, relative to what they were told before; what they refuse is told again. */
export class Announcer {
  readonly #told = new Set<number>();

  constructor(
    private readonly place: { readonly topic: string; readonly group: string },
    private readonly announce: (assignment: Assignment) => Promise<void>,
    private readonly log: Logger,
    private readonly stopping: AbortSignal,
  ) {}

  /** Everything but `kept` is gone. */
  async lost(kept: Iterable<number>): Promise<void> {
    const left = new Set(kept);
    const lost = [...this.#told].filter((partition) => !left.has(partition));
    if (lost.length === 0) return;
    await this.untilDone(
      () => !this.stopping.aborted,
      () => this.#tell([], lost),
    );
    for (const partition of lost) this.#told.delete(partition);
  }

  async gained(partitions: readonly number[], needed: () => boolean): Promise<void> {
    const gained = partitions.filter((partition) => !this.#told.has(partition));
    if (gained.length === 0) return;
    const told = await this.untilDone(needed, () => this.#tell(gained, []));
    if (told) for (const partition of gained) this.#told.add(partition);
  }

  /** Tries until it works, or until there is no need any more. */
  async untilDone<T>(needed: () => boolean, attempt: () => Promise<T>): Promise<T | undefined> {
    for (let failures = 0; needed(); failures += 1)
      try {
        return await attempt();
      } catch (error) {
        this.log.warn({ err: error, names: chainOf(error) }, 'an assignment cannot be taken over yet');
        await pause(backOffMs(failures, RETRY_BASE_MS, RETRY_MAX_MS, Math.random()), this.stopping);
      }
    return undefined;
  }

  async #tell(gained: readonly number[], lost: readonly number[]): Promise<true> {
    this.log.info({ ...this.place, gained, lost }, 'partitions');
    await this.announce({ ...this.place, gained, lost });
    return true;
  }
}
