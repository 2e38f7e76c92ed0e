import type { BlockWriter } from './block-writer.ts';

/** `rebuilding`: ours, its windows are not what they must be yet. */
export type LaneState = 'rebuilding' | 'ours' | 'lost';

/** One partition of the events topic, from the moment this process gained it until it lost it. */
export class Lane {
  state: LaneState = 'rebuilding';
  /** Messages taken so far, and those of them that have no outcome yet. */
  messages = 0;
  inHand = 0;
  /** Event time up to which all its findings have reached the tracker: behind what was observed, and what alerts may be ended by; ms. */
  toldTo = Number.NEGATIVE_INFINITY;
  #telling: Promise<unknown> = Promise.resolve();

  constructor(
    readonly partition: number,
    readonly writer: BlockWriter,
    /** Wall clock of the last outcome, at first of the gain; ms. */
    public activeAt: number,
  ) {}

  /** `findings` are all there were up to event time `at`. */
  told(at: number, findings: readonly Promise<void>[]): void {
    this.#telling = Promise.allSettled([this.#telling, ...findings]).then(() => {
      this.toldTo = Math.max(this.toldTo, at);
    });
  }

  /** At once: nothing of it is observed or stored from now on. */
  lose(): void {
    this.state = 'lost';
    this.writer.abandon();
  }
}
