import { TermList } from '../../knowledge/term-list.ts';
import { DAY_MS } from '../../windows/time.ts';
import type { SequenceAnomalySettings } from './sequence-anomaly.settings.ts';

const MAX_BEFORE = 64;
/** A release is taken up within such a time; ms. */
const ADOPTION_MS = 7 * DAY_MS;
/** What is needed is worked out anew after so many uses. */
const WORKED_OUT_EVERY = 8;

/** One step of a flow (an endpoint that writes), and what came before it. */
export class FlowStep {
  uses = 0;
  readonly callers = new TermList(16);
  readonly skippers = new TermList(8);
  /** Endpoint → uses that it came before, in the same session. */
  readonly #before = new Map<number, number>();
  #needed: readonly number[] = [];
  #workOutAt = 0;

  /** A use that skips steps teaches nothing until several callers skip them: then the flow has changed. */
  learn(recent: readonly number[], at: number, caller: number, skips: boolean, s: SequenceAnomalySettings): void {
    if (skips) {
      this.skippers.add(caller, at);
      if (this.skippers.size < s.learnedCallers) return;
    }
    this.uses++;
    this.callers.add(caller, at);
    for (const id of recent) {
      const n = this.#before.get(id);
      if (n !== undefined) this.#before.set(id, n + 1);
      else if (this.#before.size < MAX_BEFORE && this.uses <= 50) this.#before.set(id, 1);
    }
    // what seldom comes before is none of the steps
    if (this.uses === 50) for (const [id, n] of this.#before) if (n < 25) this.#before.delete(id);
  }

  /** Others that skipped steps here for the first time within the last days. */
  alike(caller: number, at: number): number {
    const { skippers } = this;
    return skippers.joinedWithin(at - ADOPTION_MS, at + 1) - (skippers.has(caller) ? 1 : 0);
  }

  /** Endpoints that nearly always come before; empty while that is not known. */
  needed(s: SequenceAnomalySettings): readonly number[] {
    if (this.uses < s.learned || this.callers.size < s.learnedCallers) return NONE;
    if (this.uses >= this.#workOutAt) {
      this.#workOutAt = this.uses + WORKED_OUT_EVERY;
      this.#needed = [...this.#before].filter(([, n]) => n >= s.share * this.uses).map(([id]) => id);
    }
    return this.#needed;
  }
}

const NONE: readonly number[] = [];
