import { TermList } from '../../knowledge/term-list.ts';
import { Evidence } from '../../windows/evidence.ts';
import type { TurnsView } from './rate-limit-evasion.detector.ts';

const SPAN_MS = 1_800_000;
/** A turn is taken within this time; ms. */
const SOON_MS = 300_000;
const MAX_IDENTITIES = 64;

/** One client (address and stack, or stack alone) and the identities that it uses one after the other. */
export class Turns {
  readonly evidence = new Evidence();
  reportedAt = Number.NEGATIVE_INFINITY;
  since = 0;
  #identities = new TermList(MAX_IDENTITIES);
  #turns = 0;
  #changes = 0;
  #current = 0;
  #run = 0;
  #limited = false;
  #lastAt = Number.NEGATIVE_INFINITY;

  constructor(readonly by: TurnsView['by']) {}

  /** True when a turn was taken. `limited`: the answer says that the identity is at its limit. */
  add(identity: number, limited: boolean, at: number, minRun: number): boolean {
    if (at - this.since > SPAN_MS) this.#begin(at);
    let turned = false;
    if (identity !== this.#current) {
      if (this.#current !== 0) {
        turned = this.#limited && this.#run >= minRun && at - this.#lastAt <= SOON_MS;
        if (turned) {
          this.#turns++;
          this.#identities.add(this.#current, at);
          this.#identities.add(identity, at);
        } else this.#changes++;
      }
      this.#current = identity;
      this.#run = 0;
    }
    this.#run++;
    this.#limited = limited;
    this.#lastAt = at;
    return turned;
  }

  get view(): TurnsView {
    const { by } = this;
    return { by, turns: this.#turns, changes: this.#turns + this.#changes, distinct: this.#identities.size };
  }

  #begin(at: number): void {
    this.since = at;
    this.#identities = new TermList(MAX_IDENTITIES);
    this.#turns = 0;
    this.#changes = 0;
  }
}
