import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { valuesReader } from '../group-key.ts';
import { groupText, spanText, type Ask } from '../machine.ts';
import type { BestWindow } from '../part-counts.ts';
import { PartValues } from '../part-values.ts';
import { STATE_LIMITS } from '../rule-limits.ts';
import type { DistinctRule } from '../rule.ts';
import { CountingMachine, type Counted } from './counting.machine.ts';

interface Values extends Counted {
  readonly values: PartValues;
}

/** `at_least` different values of a field in a group's events within the window. */
export class DistinctMachine extends CountingMachine<DistinctRule, Values> {
  readonly #valuesOf: (event: ApiEvent) => readonly string[];

  constructor(rule: DistinctRule, where: Ask, maxGroups: number) {
    super(rule, where, maxGroups, STATE_LIMITS.valuesPerRule);
    this.#valuesOf = valuesReader(rule.field);
  }

  protected override fresh(lane: number): Values {
    return { ...this.begun(lane), values: new PartValues(this.window, this.reach, this.rule.atLeast * 4) };
  }

  protected override count(event: ApiEvent, part: number, group: Values, key: string): BestWindow | undefined {
    let fresh = false;
    for (const value of this.#valuesOf(event)) {
      if (value === '') continue;
      const change = group.values.add(part, value.slice(0, STATE_LIMITS.valueLength));
      if (change === undefined) {
        this.late++;
        return undefined;
      }
      if (change !== 0) this.kept.weigh(key, group, change);
      fresh = true;
    }
    return fresh ? group.values.bestAround(part) : undefined;
  }

  protected override tell(sum: number, key: string) {
    const { atLeast, windowMs, field } = this.rule;
    return {
      observed: { metric: `distinct ${field}`, value: sum, unit: 'values' },
      saw: `${sum} different values of ${field} within ${spanText(windowMs)} by ${groupText(this.rule, key)}, where the rule's limit is ${atLeast}.`,
    };
  }
}
