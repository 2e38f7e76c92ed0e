import { setImmediate } from 'node:timers/promises';

/** How long work in the background may hold the event loop at a stretch; ms. */
const TURN_MS = 8;

/** Long work in a process that answers others: they get their turn after some ms, however long an event takes. */
export class Turns {
  #until = performance.now() + TURN_MS;

  /** To be called between pieces of a millisecond or so. */
  async breathe(): Promise<void> {
    if (performance.now() < this.#until) return;
    await setImmediate();
    this.#until = performance.now() + TURN_MS;
  }
}
