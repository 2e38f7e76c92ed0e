import type { BlockWriter } from './block-writer.ts';

/** `rebuilding`: ours, its windows are not what they must be yet. */
export type LaneState = 'rebuilding' | 'ours' | 'lost';

/** One partition of the events topic, from the moment this process gained it until it lost it. */
export class Lane {
  state: LaneState = 'rebuilding';
  /** Messages taken so far, and those of them that have no outcome yet. */
  messages = 0;
  inHand = 0;

  constructor(
    readonly partition: number,
    readonly writer: BlockWriter,
    /** Wall clock of the last outcome, at first of the gain; ms. */
    public activeAt: number,
  ) {}

  /** At once: nothing of it is observed or stored from now on. */
  lose(): void {
    this.state = 'lost';
    this.writer.abandon();
  }
}
