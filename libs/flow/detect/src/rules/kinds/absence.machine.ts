import type { Finding } from '@outrider/domain/detection/alert';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { Evidence } from '../../windows/evidence.ts';
import type { Group } from '../group-map.ts';
import { groupText, MachineBase, spanText, type Ask, type Horizon } from '../machine.ts';
import { SETTLE_MS, STATE_LIMITS } from '../rule-limits.ts';
import type { AbsenceRule } from '../rule.ts';

interface Awaiting extends Group {
  /** With `after`: times of first events that are not answered yet, in order. */
  readonly pending: { at: number; event: ApiEvent }[];
  /** Times of the last expected events, in order; an answer may come before its question. */
  readonly expected: number[];
  /** Without `after`: since when no window was without an expected event. */
  runFrom: number;
  lastAt: number;
  event: ApiEvent;
  told: boolean;
}

const KEPT = 16;

/**
 * What should have come did not: within the window after another event, or at all after it had come in every window for a while.
 * Decided when event time is past the window and its grace; where all traffic ends, event time stands still, and nothing is said.
 */
export class AbsenceMachine extends MachineBase<AbsenceRule, Awaiting> {
  override readonly conditions;
  readonly #due = new Map<string, Awaiting>();
  #settledAt = Number.NEGATIVE_INFINITY;
  #dropped = 0;

  constructor(
    rule: AbsenceRule,
    private readonly expect: Ask,
    private readonly after: Ask | undefined,
    maxGroups: number,
  ) {
    super(rule, maxGroups);
    this.conditions = [rule.expect, ...(rule.after ? [rule.after] : [])];
  }

  /** Groups, and first events of a group that had too many at once. */
  override get evicted(): number {
    return super.evicted + this.#dropped;
  }

  override observe(event: ApiEvent, at: number, lane: number): void {
    const expected = this.expect(event, at);
    const first = this.after?.(event, at) ?? false;
    if (!expected && !first) return;
    const key = this.groupOf(event);
    if (key === undefined) return;
    const group = this.kept.getOrMake(key, () => ({
      lane: this.laneOf(lane),
      weight: 0,
      pending: [],
      expected: [],
      runFrom: at,
      lastAt: at,
      event,
      told: false,
    }));
    if (!this.after) {
      if (expected) this.#cameRegularly(key, group, event, at);
      return;
    }
    if (expected) this.#answered(group, at);
    if (first) this.#asked(key, group, event, at);
  }

  override settle(horizon: Horizon, findings: Finding[]): void {
    const now = horizon.of(-1);
    if (now >= this.#settledAt && now - this.#settledAt < 1_000) return;
    this.#settledAt = now;
    for (const [key, group] of this.#due) {
      const over = horizon.of(group.lane) - SETTLE_MS - this.rule.windowMs;
      if (this.after) this.#settlePending(key, group, over, findings);
      else if (over >= group.lastAt) {
        this.#due.delete(key);
        if (group.told || group.lastAt - group.runFrom < this.rule.regular * this.rule.windowMs) continue;
        group.told = true;
        findings.push(this.#missed(key, group));
      }
    }
  }

  protected override gone(key: string): void {
    this.#due.delete(key);
  }

  #cameRegularly(key: string, group: Awaiting, event: ApiEvent, at: number): void {
    if (at < group.lastAt) {
      // A late one may lengthen the run; it never shortens it.
      if (at < group.runFrom && group.runFrom - at <= this.rule.windowMs) group.runFrom = at;
      return;
    }
    if (at - group.lastAt > this.rule.windowMs) group.runFrom = at;
    group.lastAt = at;
    group.event = event;
    group.told = false;
    this.#due.set(key, group);
  }

  #asked(key: string, group: Awaiting, event: ApiEvent, at: number): void {
    if (group.expected.some((answer) => answer >= at && answer - at <= this.rule.windowMs)) return;
    if (group.pending.length >= STATE_LIMITS.pending) {
      this.#dropped++;
      return;
    }
    group.pending.push({ at, event });
    group.pending.sort((a, b) => a.at - b.at);
    this.#due.set(key, group);
  }

  #answered(group: Awaiting, at: number): void {
    group.expected.push(at);
    group.expected.sort((a, b) => a - b);
    if (group.expected.length > KEPT) group.expected.shift();
    const left = group.pending.filter((asked) => asked.at > at || at - asked.at > this.rule.windowMs);
    group.pending.splice(0, group.pending.length, ...left);
  }

  #settlePending(key: string, group: Awaiting, over: number, findings: Finding[]): void {
    const missed = group.pending.filter(({ at }) => at <= over);
    group.pending.splice(0, missed.length);
    if (group.pending.length === 0) this.#due.delete(key);
    const [first] = missed;
    if (!first) return;
    const evidence = new Evidence();
    for (const { event, at } of missed) evidence.add(event, at);
    const { windowMs } = this.rule;
    findings.push(
      this.finding({
        event: first.event,
        key,
        at: (missed.at(-1)?.at ?? first.at) + windowMs,
        from: first.at,
        observed: { metric: 'unanswered events', value: missed.length, unit: 'events' },
        limit: 0,
        saw: `what is expected within ${spanText(windowMs)} of such a request did not come, ${missed.length === 1 ? 'once' : `${missed.length} times`}, by ${groupText(this.rule, key)}.`,
        evidence,
        only: this.rule.after ?? this.rule.expect,
      }),
    );
  }

  #missed(key: string, group: Awaiting): Finding {
    const { windowMs, regular } = this.rule;
    const evidence = new Evidence();
    evidence.add(group.event, group.lastAt);
    const windows = Math.floor((group.lastAt - group.runFrom) / windowMs);
    return this.finding({
      event: group.event,
      key,
      at: group.lastAt + windowMs,
      from: group.lastAt,
      observed: { metric: 'expected requests', value: 0, unit: 'requests' },
      limit: 1,
      saw: `none of the expected requests came within ${spanText(windowMs)} by ${groupText(this.rule, key)}, after ${windows} windows in a row that had them (the rule asks for ${regular}).`,
      evidence,
      only: this.rule.expect,
      n: windows,
    });
  }
}
