import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { TermList } from '../../knowledge/term-list.ts';
import type { SequenceAnomalySettings } from './sequence-anomaly.settings.ts';

const MAX_BEFORE = 64;

/** One step of a flow (an endpoint that writes), and what came before it. */
export class FlowStep {
  uses = 0;
  readonly callers = new TermList(16);
  readonly skippers = new TermList(8);
  /** Endpoint → uses that it came before, in the same session. */
  readonly #before = new Map<number, number>();

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

  /** Endpoints that nearly always come before; empty while that is not known. */
  needed(s: SequenceAnomalySettings): readonly number[] {
    if (this.uses < s.learned || this.callers.size < s.learnedCallers) return [];
    return [...this.#before].filter(([, n]) => n >= s.share * this.uses).map(([id]) => id);
  }
}

const RECENT = 24;

/** What one caller did of late, and how it kept the order of each step. */
export class Walk {
  readonly #ids = new Uint32Array(RECENT);
  readonly #groups = new Uint32Array(RECENT);
  readonly #times = new Float64Array(RECENT).fill(Number.NEGATIVE_INFINITY);
  readonly orderly = new Map<number, number>();
  readonly skips = new Map<number, { since: number; n: number; reportedAt: number }>();

  /** `groupOf` is asked when the endpoint is new here: 0 for what writes, else the hash of its parent. */
  pass(id: number, at: number, event: ApiEvent, groupOf: (event: ApiEvent) => number): void {
    let place = this.#ids.indexOf(id);
    if (place < 0) {
      place = 0;
      for (let i = 1; i < RECENT; i++) if ((this.#times[i] ?? 0) < (this.#times[place] ?? 0)) place = i;
      this.#ids[place] = id;
      this.#groups[place] = groupOf(event);
    }
    this.#times[place] = at;
  }

  /** Steps passed within `ms`, the asked one left out: what writes, and what stands beside it. Other reading is no step. */
  recent(at: number, ms: number, but: number, group: number): number[] {
    const found: number[] = [];
    for (let i = 0; i < RECENT; i++) {
      const id = this.#ids[i] ?? 0;
      const own = this.#groups[i] ?? 0;
      if (id !== 0 && id !== but && (own === 0 || own === group) && at - (this.#times[i] ?? 0) <= ms) found.push(id);
    }
    return found;
  }
}
