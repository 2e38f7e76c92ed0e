import type { Finding } from '@outrider/domain/detection/alert';
import type { RawRule } from '@outrider/domain/rules/raw-matcher';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { explainRule, type RuleVerdict } from './explain-rule.ts';
import type { Horizon, Machine } from './machine.ts';
import { eventPredicate, makeMachine } from './make-machine.ts';
import { rawRulesOf } from './raw-conditions.ts';
import { signatureOf, type Rule } from './rule.ts';
import { RuleIndex } from './rule-index.ts';
import { STATE_LIMITS } from './rule-limits.ts';

/** Event time is looked at this often for what time alone completes; ms. */
const SETTLE_EVERY_MS = 1_000;

/**
 * Users' rules over one stream of events, driven by event time alone. An event that no rule can care for costs a few look-ups. Memory is
 * bounded per rule: the least recently used groups are forgotten and counted. Calls must not overlap.
 */
export class RuleSet {
  readonly #machines: ReadonlyMap<string, Running>;
  readonly #index: RuleIndex<Running>;
  readonly #settling: readonly Machine[];
  readonly #clock: LaneClock;
  readonly #candidates: Running[] = [];
  #round = 0;
  #settledAt = Number.NEGATIVE_INFINITY;

  private constructor(
    readonly rules: readonly Rule[],
    running: readonly Running[],
    clock: LaneClock,
  ) {
    this.#machines = new Map(running.map((one) => [one.signature, one]));
    this.#index = new RuleIndex(running.map((one) => ({ conditions: one.machine.conditions, item: one })));
    this.#settling = running
      .map(({ machine }) => machine)
      .filter(({ rule }) => rule.kind === 'ratio' || rule.kind === 'absence');
    this.#clock = clock;
  }

  /** Rules that are in `previous` with the same text keep what they have counted; `previous` is not to be used any more. */
  static compile(rules: readonly Rule[], previous?: RuleSet): RuleSet {
    const enabled = rules.filter((rule) => rule.enabled);
    const maxGroups = Math.max(
      STATE_LIMITS.minGroupsPerRule,
      Math.min(STATE_LIMITS.groupsPerRule, Math.floor(STATE_LIMITS.groups / Math.max(1, enabled.length))),
    );
    const running = enabled.map((rule): Running => {
      const signature = signatureOf(rule);
      const kept = previous === undefined ? undefined : previous.#machines.get(signature);
      if (kept) return kept;
      const machine = makeMachine(rule, maxGroups);
      return {
        signature,
        machine,
        holds: machine.conditions.map(eventPredicate),
        exceptions: exceptionsOf(rule),
        asked: 0,
      };
    });
    for (const one of running) one.asked = 0;
    return new RuleSet(rules, running, previous === undefined ? new LaneClock() : previous.#clock);
  }

  /** What collect must look for before it takes the values away: give it to a `RawMatcher`. */
  get rawRules(): readonly RawRule[] {
    return rawRulesOf(this.rules);
  }

  /** Findings of one event: at `at` (event time, ms), of lane `lane` (a caller's events share a lane). Mostly none, at once. */
  observe(event: ApiEvent, at: number, lane: number, findings: Finding[]): void {
    if (this.#machines.size === 0) return;
    const found = this.#candidates;
    found.length = 0;
    this.#index.candidates(event, found);
    const round = ++this.#round;
    for (const one of found) {
      if (one.asked === round) continue;
      one.asked = round;
      if (!isExcepted(one, event, at)) one.machine.observe(event, at, lane, findings);
    }
    if (this.#settling.length === 0) return;
    this.#clock.saw(lane, at);
    if (at - this.#settledAt >= SETTLE_EVERY_MS) this.#settle(at, this.#clock, findings);
  }

  /**
   * Event time has come to `now` in all lanes: what should have come by then has not. Without ticks each lane's own events move it on, which
   * is enough but for lanes that fall silent.
   */
  tick(now: number, findings: Finding[]): void {
    if (this.#settling.length === 0) return;
    this.#clock.floor = Math.max(this.#clock.floor, now);
    this.#settle(now, this.#clock, findings);
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    for (const { machine } of this.#machines.values()) machine.forgetLanes(lanes);
    this.#clock.forget(lanes);
  }

  /** Whether a condition of an enabled rule holds for the event. */
  matches(event: ApiEvent): boolean {
    for (const one of this.#machines.values())
      if (one.holds.some((holds) => holds(event)) && !isExcepted(one, event, event.startedAt)) return true;
    return false;
  }

  /** What each rule makes of one event by itself. */
  explain(event: ApiEvent): readonly RuleVerdict[] {
    return this.rules.map(explainRule(event));
  }

  get groups(): number {
    return this.#sum((machine) => machine.groups);
  }

  /** Groups that bounds made it forget. */
  get evicted(): number {
    return this.#sum((machine) => machine.evicted);
  }

  /** Events that came too late for their group's window, once for each rule. */
  get late(): number {
    return this.#sum((machine) => machine.late);
  }

  #settle(at: number, horizon: Horizon, findings: Finding[]): void {
    this.#settledAt = at;
    for (const machine of this.#settling) machine.settle(horizon, findings);
  }

  #sum(of: (machine: Machine) => number): number {
    let sum = 0;
    for (const { machine } of this.#machines.values()) sum += of(machine);
    return sum;
  }
}

interface Running {
  readonly signature: string;
  readonly machine: Machine;
  readonly holds: readonly ((event: ApiEvent) => boolean)[];
  readonly exceptions: readonly { readonly holds: (event: ApiEvent) => boolean; readonly until: number }[];
  /** The event that it was last asked about. */
  asked: number;
}

const exceptionsOf = (rule: Rule): Running['exceptions'] =>
  rule.exceptions.map(({ condition, until }) => ({
    holds: eventPredicate(condition),
    until: until ?? Number.POSITIVE_INFINITY,
  }));

const isExcepted = ({ exceptions }: Running, event: ApiEvent, at: number): boolean =>
  exceptions.length > 0 && exceptions.some(({ holds, until }) => at < until && holds(event));

/** Newest event time by lane: lanes are read at their own pace. */
class LaneClock implements Horizon {
  readonly #newest = new Map<number, number>();
  floor = Number.NEGATIVE_INFINITY;

  saw(lane: number, at: number): void {
    const newest = this.#newest.get(lane);
    if (newest === undefined || at > newest) this.#newest.set(lane, at);
  }

  of(lane: number): number {
    if (lane >= 0) return Math.max(this.floor, this.#newest.get(lane) ?? Number.NEGATIVE_INFINITY);
    let least = Number.POSITIVE_INFINITY;
    for (const at of this.#newest.values()) least = Math.min(least, at);
    return Math.max(this.floor, least === Number.POSITIVE_INFINITY ? Number.NEGATIVE_INFINITY : least);
  }

  forget(lanes: ReadonlySet<number>): void {
    for (const lane of lanes) this.#newest.delete(lane);
  }
}
