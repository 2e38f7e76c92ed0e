import type { Finding } from '@outrider/domain/detection/alert';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { REPORT_EVERY_MS } from '../../engine/finding-draft.ts';
import { Evidence } from '../../windows/evidence.ts';
import { valuesReader } from '../group-key.ts';
import { GroupMap, type Group } from '../group-map.ts';
import { groupText, MachineBase, spanText, type Ask, type Machine } from '../machine.ts';
import { PartValues } from '../part-values.ts';
import { lateMsOf, partMsOf, partsOf, STATE_LIMITS } from '../rule-limits.ts';
import type { DistinctRule } from '../rule.ts';

interface Counted extends Group {
  readonly values: PartValues;
  evidence: Evidence | undefined;
  reportedAt: number;
}

const MAX_VALUE = 256;
const SHOW_ALL_UP_TO = 10;

/** `at_least` different values of a field in a group's events within the window. */
export class DistinctMachine extends MachineBase<DistinctRule> implements Machine {
  readonly conditions;
  readonly #groups: GroupMap<Counted>;
  readonly #partMs: number;
  readonly #window: number;
  readonly #reach: number;
  readonly #valuesOf: (event: ApiEvent) => readonly string[];

  constructor(
    rule: DistinctRule,
    private readonly where: Ask,
    maxGroups: number,
  ) {
    super(rule);
    this.conditions = [rule.where];
    this.#groups = new GroupMap(maxGroups, STATE_LIMITS.valuesPerRule);
    this.#partMs = partMsOf(rule.windowMs);
    this.#window = partsOf(rule.windowMs);
    this.#reach = Math.ceil(lateMsOf(rule.windowMs) / this.#partMs);
    this.#valuesOf = valuesReader(rule.field);
  }

  get groups(): number {
    return this.#groups.size;
  }

  get evicted(): number {
    return this.#groups.evicted;
  }

  observe(event: ApiEvent, at: number, lane: number, findings: Finding[]): void {
    if (!this.where(event, at)) return;
    const key = this.groupOf(event);
    if (key === undefined) return;
    const { atLeast, windowMs, field } = this.rule;
    const group = this.#groups.getOrMake(key, () => ({
      lane: this.laneOf(lane),
      weight: 0,
      values: new PartValues(this.#window, this.#reach, atLeast * 4),
      evidence: undefined,
      reportedAt: Number.NEGATIVE_INFINITY,
    }));
    const part = Math.floor(at / this.#partMs);
    let fresh = false;
    for (const value of this.#valuesOf(event)) {
      if (value === '') continue;
      const change = group.values.add(part, value.length > MAX_VALUE ? value.slice(0, MAX_VALUE) : value);
      if (change === undefined) {
        this.late++;
        return;
      }
      if (change !== 0) this.#groups.weigh(key, group, change);
      fresh = true;
    }
    if (!fresh) return;
    const best = group.values.bestAround(part);
    if (atLeast <= SHOW_ALL_UP_TO || best.sum * 2 >= atLeast) (group.evidence ??= new Evidence()).add(event, at);
    if (best.sum < atLeast || Math.abs(at - group.reportedAt) < REPORT_EVERY_MS) return;
    group.reportedAt = at;
    findings.push(
      this.finding({
        event,
        key,
        at,
        from: Math.min(at, (best.end - this.#window + 1) * this.#partMs),
        observed: { metric: `distinct ${field}`, value: best.sum, unit: 'values' },
        limit: atLeast,
        saw: `${best.sum} different values of ${field} within ${spanText(windowMs)} by ${groupText(this.rule, key)}, where the rule's limit is ${atLeast}.`,
        evidence: group.evidence,
        only: this.rule.where,
      }),
    );
  }

  settle(): void {
    // Each event is decided as it comes.
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#groups.forgetLanes(lanes);
  }
}
