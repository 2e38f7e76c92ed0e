import type { Condition } from '@outrider/domain/rules/condition';
import { eventField } from '@outrider/domain/rules/event-fields';
import { sqlText } from '../../engine/query-text.ts';
import type { Rule } from '../rule.ts';
import { conditionSql, type Bind } from './condition-sql.ts';

/** The SQL that shows the events of one group behind a finding; for people to read and run, never run by us. */
export const groupQuery = (
  rule: Rule,
  tenant: string,
  values: readonly string[],
  condition: Condition,
  window: { readonly from: number; readonly to: number },
): string => {
  const where = conditionSql(condition, literal);
  return [
    'SELECT started_at, gateway, id, client_ip, consumer_name, method, path, query, status, answered_by, refusal',
    'FROM events_v1',
    `WHERE tenant = ${sqlText(tenant)}`,
    ...rule.groupBy.map(
      (field, i) => `  AND toString(${eventField(field)?.sql ?? "''"}) = ${sqlText(values[i] ?? '')}`,
    ),
    `  AND started_at >= fromUnixTimestamp64Milli(toInt64(${Math.floor(window.from)}))`,
    `  AND started_at <= fromUnixTimestamp64Milli(toInt64(${Math.ceil(window.to)}))`,
    ...(where === undefined || where === '1' ? [] : [`  AND ${where}`]),
    'ORDER BY started_at',
    'LIMIT 1000',
  ].join('\n');
};

const literal: Bind = (value) => {
  if (typeof value === 'string') return sqlText(value);
  if (typeof value === 'number') return String(value);
  return `[${value.map((one: string | number) => (typeof one === 'number' ? String(one) : sqlText(one))).join(', ')}]`;
};
