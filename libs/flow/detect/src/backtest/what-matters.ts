import type { Condition } from '@outrider/domain/rules/condition';
import { eventField } from '@outrider/domain/rules/event-fields';
import type { Crowd, ReplayFilter, RowCondition } from '@outrider/ports/event-store';
import { makeMachine } from '../rules/make-machine.ts';
import { partMsOf, partsOf } from '../rules/rule-limits.ts';
import type { Rule } from '../rules/rule.ts';
import { conditionSql, type SqlValue } from '../rules/sql/condition-sql.ts';

/** Below it a crowd is nearly everybody: looking for crowds costs more than it saves. */
const MIN_CROWD = 4;

/** The stored events that the rules can care for, so that the store gives no others. Values are bound, never written. */
export const whatMatters = (rules: readonly Rule[]): Pick<ReplayFilter, 'where' | 'crowd'> => {
  // What should have come and did not is told by the time of all other events.
  if (rules.some(({ kind }) => kind === 'absence')) return {};
  const where = anyCondition(rules);
  const crowd = where === undefined ? undefined : crowdOf(rules);
  return { ...(where && { where }), ...(crowd && { crowd }) };
};

/** One of a rule's conditions must hold for an event to matter to it. */
const anyCondition = (rules: readonly Rule[]): RowCondition | undefined => {
  const params: Record<string, SqlValue> = {};
  const conditions: readonly Condition[] = rules.flatMap((rule) => makeMachine(rule, 1).conditions);
  const parts = conditions.map((condition) =>
    conditionSql(condition, (value) => {
      const name = `w${Object.keys(params).length}`;
      params[name] = value;
      return `{${name}: ${typeOf(value)}}`;
    }),
  );
  return parts.length === 0 || parts.some((part) => part === undefined)
    ? undefined
    : { sql: `(${parts.join(' OR ')})`, params };
};

const typeOf = (value: SqlValue): string => {
  if (typeof value === 'string') return 'String';
  if (typeof value === 'number') return Number.isInteger(value) ? 'Int64' : 'Float64';
  return typeof value[0] === 'number'
    ? value.every((one) => Number.isInteger(one))
      ? 'Array(Int64)'
      : 'Array(Float64)'
    : 'Array(String)';
};

/** Rules that count events of the same groups: a group that never has enough of them at once matters to none. */
const crowdOf = (rules: readonly Rule[]): Crowd | undefined => {
  const [first] = rules;
  if (!first || rules.some(({ groupBy }) => groupBy.join() !== first.groupBy.join())) return undefined;
  const atLeast = Math.min(...rules.map(leastEvents));
  const by = first.groupBy.map((field) => eventField(field)?.sql);
  if (atLeast < MIN_CROWD || by.includes(undefined)) return undefined;
  const spanMs = Math.max(...rules.map(({ windowMs }) => partMsOf(windowMs) * partsOf(windowMs)));
  return { by: by.map((sql) => `toString(${sql})`), atLeast, spanMs };
};

/** Events of a group within the window without which the rule says nothing. */
const leastEvents = (rule: Rule): number => {
  switch (rule.kind) {
    case 'threshold':
      return rule.atLeast;
    case 'ratio':
      return rule.minEvents;
    case 'distinct':
      // One event may have several values of a list.
      return eventField(rule.field)?.access.kind === 'list' ? 1 : rule.atLeast;
    default:
      return 1;
  }
};
