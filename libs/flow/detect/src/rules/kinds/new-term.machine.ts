import type { Finding } from '@outrider/domain/detection/alert';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { Evidence } from '../../windows/evidence.ts';
import { valuesReader } from '../group-key.ts';
import type { Group } from '../group-map.ts';
import { groupText, MachineBase, spanText, type Ask } from '../machine.ts';
import { STATE_LIMITS } from '../rule-limits.ts';
import type { NewTermRule } from '../rule.ts';

interface Known extends Group {
  /** Value → event time it was last seen; least recently seen first. */
  readonly terms: Map<string, number>;
  firstAt: number;
  events: number;
  /** It has had more values than are kept: what is new can no longer be told. */
  overflowed: boolean;
}

/** A value of a field that a group has not shown within its history; only once the group is known well enough. */
export class NewTermMachine extends MachineBase<NewTermRule, Known> {
  override readonly conditions;
  readonly #valuesOf: (event: ApiEvent) => readonly string[];

  constructor(
    rule: NewTermRule,
    private readonly where: Ask,
    maxGroups: number,
  ) {
    super(rule, maxGroups, STATE_LIMITS.valuesPerRule);
    this.conditions = [rule.where];
    this.#valuesOf = valuesReader(rule.field);
  }

  override observe(event: ApiEvent, at: number, lane: number, findings: Finding[]): void {
    if (!this.where(event, at)) return;
    const key = this.groupOf(event);
    if (key === undefined) return;
    const group = this.kept.getOrMake(key, () => ({
      lane: this.laneOf(lane),
      weight: 0,
      terms: new Map<string, number>(),
      firstAt: at,
      events: 0,
      overflowed: false,
    }));
    group.firstAt = Math.min(group.firstAt, at);
    const mature = !group.overflowed && at - group.firstAt >= this.rule.warmUpMs && group.events >= this.rule.minEvents;
    group.events++;
    for (const given of this.#valuesOf(event)) {
      if (given === '') continue;
      const value = given.slice(0, STATE_LIMITS.valueLength);
      const lastAt = group.terms.get(value);
      this.#remember(key, group, value, Math.max(at, lastAt ?? at));
      const isNew = lastAt === undefined || at - lastAt > this.rule.historyMs;
      if (mature && isNew) findings.push(this.#found(event, at, key, group, value));
    }
  }

  #remember(key: string, group: Known, value: string, at: number): void {
    const { terms } = group;
    let change = terms.delete(value) ? 0 : 1;
    terms.set(value, at);
    if (terms.size > STATE_LIMITS.termsPerGroup) {
      const [oldest] = terms;
      if (oldest) {
        terms.delete(oldest[0]);
        change--;
        if (at - oldest[1] <= this.rule.historyMs) group.overflowed = true;
      }
    }
    if (change !== 0) this.kept.weigh(key, group, change);
  }

  #found(event: ApiEvent, at: number, key: string, group: Known, value: string): Finding {
    const { field, historyMs } = this.rule;
    const evidence = new Evidence();
    evidence.add(event, at);
    return this.finding({
      event,
      key,
      at,
      from: at,
      observed: { metric: `new ${field}`, value: 1, unit: 'values' },
      limit: 0,
      saw: `${field} is "${value.slice(0, 120)}", which ${groupText(this.rule, key)} has not shown in ${spanText(historyMs)}; ${group.terms.size - 1} values are known of it after ${group.events} requests.`,
      evidence,
      only: {
        kind: 'all',
        of: [this.rule.where, { kind: 'test', field, test: { op: 'equals', values: [value], ignoreCase: false } }],
      },
      n: group.events,
    });
  }
}
