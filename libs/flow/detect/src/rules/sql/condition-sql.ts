import { assertNever } from '@outrider/domain/assert-never';
import type { Condition, FieldTest } from '@outrider/domain/rules/condition';
import { eventField } from '@outrider/domain/rules/event-fields';
import { parseCidr } from '@outrider/domain/traffic/ip-address';

export type SqlValue = string | number | readonly string[] | readonly number[];
/** Puts a value into a statement: a placeholder where it is run, a literal where it is shown. */
export type Bind = (value: SqlValue) => string;

/** The condition over events_v1; undefined when the store does not hold what it asks for. */
export const conditionSql = (condition: Condition, bind: Bind): string | undefined => {
  switch (condition.kind) {
    case 'all':
    case 'any': {
      if (condition.of.length === 0) return condition.kind === 'all' ? '1' : '0';
      const parts = condition.of.map((part) => conditionSql(part, bind));
      if (parts.some((part) => part === undefined)) return undefined;
      return `(${parts.join(condition.kind === 'all' ? ' AND ' : ' OR ')})`;
    }
    case 'not': {
      const part = conditionSql(condition.of, bind);
      return part === undefined ? undefined : `NOT ${part}`;
    }
    case 'test': {
      const field = eventField(condition.field);
      if (field?.sql === undefined) return undefined;
      return testSql(field.access.kind, field.sql, condition.test, bind);
    }
    default:
      return assertNever(condition);
  }
};

const testSql = (kind: 'text' | 'number' | 'list', sql: string, test: FieldTest, bind: Bind): string => {
  if (kind === 'list')
    return test.op === 'exists'
      ? `(arrayExists(x -> x != '', ${sql}) = ${test.present ? 1 : 0})`
      : `arrayExists(x -> ${valueSql('x', test, bind)}, ${sql})`;
  if (kind === 'text') return valueSql(sql, test, bind);
  switch (test.op) {
    case 'equals':
      return `(${sql} IN ${bind(test.values.map(Number))})`;
    case 'exists':
      return `((${sql} >= 0) = ${test.present ? 1 : 0})`;
    case 'range':
      return rangeSql(sql, test, bind);
    default:
      return valueSql(`toString(${sql})`, test, bind);
  }
};

const valueSql = (sql: string, test: FieldTest, bind: Bind): string => {
  switch (test.op) {
    case 'equals':
      return test.ignoreCase
        ? `(lowerUTF8(${sql}) IN ${bind(lower(test.values))})`
        : `(toString(${sql}) IN ${bind([...test.values])})`;
    case 'prefix':
      return some(sql, test, bind, (text, value) => `startsWith(${text}, ${value})`);
    case 'suffix':
      return some(sql, test, bind, (text, value) => `endsWith(${text}, ${value})`);
    case 'contains':
      return some(sql, test, bind, (text, value) => `position(${text}, ${value}) > 0`);
    case 'regex': {
      const flags = test.ignoreCase ? '(?is)' : '(?s)';
      return `(${test.patterns.map((pattern) => `match(${sql}, ${bind(flags + pattern)})`).join(' OR ')})`;
    }
    case 'cidr':
      return `(${test.values.map((value) => cidrSql(sql, value, bind)).join(' OR ')})`;
    case 'range':
      return rangeSql(`toFloat64OrNull(${sql})`, test, bind);
    case 'exists':
      return `((${sql} != '') = ${test.present ? 1 : 0})`;
    default:
      return assertNever(test);
  }
};

const lower = (values: readonly string[]): readonly string[] => values.map((value) => value.toLowerCase());

const some = (
  sql: string,
  test: { readonly values: readonly string[]; readonly ignoreCase: boolean },
  bind: Bind,
  one: (text: string, value: string) => string,
): string =>
  test.ignoreCase
    ? `arrayExists(v -> ${one(`lowerUTF8(${sql})`, 'v')}, ${bind(lower(test.values))})`
    : `arrayExists(v -> ${one(sql, 'v')}, ${bind([...test.values])})`;

/** Addresses of the other family are in no range of this one. */
const cidrSql = (sql: string, value: string, bind: Bind): string => {
  const v4 = parseCidr(value)?.bytes.length === 4;
  const range = value.includes('/') ? value : `${value}/${v4 ? 32 : 128}`;
  return `(${v4 ? `isIPv4String(${sql})` : `isIPv6String(${sql})`} AND isIPAddressInRange(${sql}, ${bind(range)}))`;
};

const rangeSql = (sql: string, { min, max }: Extract<FieldTest, { op: 'range' }>, bind: Bind): string => {
  const parts = [
    ...(min ? [`${sql} ${min.open ? '>' : '>='} ${bind(min.value)}`] : []),
    ...(max ? [`${sql} ${max.open ? '<' : '<='} ${bind(max.value)}`] : []),
  ];
  return `(ifNull(${parts.join(' AND ')}, 0))`;
};
