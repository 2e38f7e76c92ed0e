import type { Condition } from '@outrider/domain/rules/condition';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { groupReader, textReader, valuesOfKey } from './group-key.ts';
import { eventPredicate } from './make-machine.ts';
import { onEvents } from './raw-conditions.ts';
import { conditionsOf, type Rule } from './rule.ts';

/** What a rule makes of one event, without regard to others. */
export interface RuleVerdict {
  readonly rule: string;
  readonly title: string;
  readonly kind: Rule['kind'];
  /** Names of the rule's conditions that hold: `where`, `matching`, `step-1`, … */
  readonly matched: readonly string[];
  /** The group that the event counts for; undefined when it counts for none. */
  readonly group: Readonly<Record<string, string>> | undefined;
  /** Why it does not count, or what is still needed for a finding. */
  readonly why: string;
}

export const explainRule =
  (event: ApiEvent) =>
  (given: Rule): RuleVerdict => {
    const rule = onEvents(given);
    const common = { rule: rule.id, title: rule.title, kind: rule.kind };
    if (!rule.enabled) return { ...common, matched: [], group: undefined, why: 'the rule is disabled' };
    const exception = rule.exceptions.find(
      ({ condition, until }) => (until === undefined || event.startedAt < until) && eventPredicate(condition)(event),
    );
    if (exception) return { ...common, matched: [], group: undefined, why: `an exception holds: ${exception.reason}` };
    const conditions = conditionsOf(rule);
    const matched = conditions.filter(({ condition }) => eventPredicate(condition)(event)).map(({ name }) => name);
    const first = conditions[0];
    if (matched.length === 0)
      return { ...common, matched, group: undefined, why: first ? failure(first.condition, event) : '' };
    const key = groupReader(rule.groupBy)(event);
    if (key === undefined)
      return { ...common, matched, group: undefined, why: `it has no ${rule.groupBy.join(' and ')}` };
    const values = valuesOfKey(key);
    const group = Object.fromEntries(rule.groupBy.map((field, i) => [field, values[i] ?? '']));
    return { ...common, matched, group, why: needed(rule) };
  };

/** The first test that does not hold. */
const failure = (condition: Condition, event: ApiEvent): string => {
  switch (condition.kind) {
    case 'all': {
      const failing = condition.of.find((part) => !eventPredicate(part)(event));
      return failing ? failure(failing, event) : 'it holds';
    }
    case 'any':
      return `none of ${condition.of.length} alternatives holds`;
    case 'not':
      return 'what must not be is';
    case 'test': {
      if (condition.field === 'rule_matches') return 'collect did not find in the raw request what the rule looks for';
      const value = textReader(condition.field)(event).slice(0, 120);
      return `${condition.field} is ${value === '' ? 'empty' : `"${value}"`}, which does not fulfil "${condition.test.op}"`;
    }
  }
};

const needed = (rule: Rule): string => {
  switch (rule.kind) {
    case 'threshold':
      return `counts towards ${rule.atLeast} in ${rule.windowMs / 1_000} s`;
    case 'distinct':
      return `counts towards ${rule.atLeast} different ${rule.field} in ${rule.windowMs / 1_000} s`;
    case 'ratio':
      return `counts towards a share of ${rule.share} among at least ${rule.minEvents} in ${rule.windowMs / 1_000} s`;
    case 'new-term':
      return `is news when its ${rule.field} was not seen for ${rule.historyMs / 86_400_000} days`;
    case 'sequence':
      return `is a part of ${rule.steps.length} steps within ${rule.windowMs / 1_000} s`;
    case 'absence':
      return 'is what is awaited, or what it is awaited after';
  }
};
