import { eventField } from '@outrider/domain/rules/event-fields';
import { RATIO_Z } from './kinds/ratio.machine.ts';
import { partMsOf, partsOf } from './rule-limits.ts';
import type { DistinctRule, RatioRule, Rule, ThresholdRule } from './rule.ts';
import { conditionSql, type Bind, type SqlValue } from './sql/condition-sql.ts';

export interface RuleSql {
  /** Placeholders are `{p0: …}` and so on; `{tenant: String}`, `{from: Int64}` and `{to: Int64}` (ms since epoch) are the caller's to bind. */
  readonly sql: string;
  readonly params: Readonly<Record<string, SqlValue>>;
}

/**
 * The groups and windows in which a rule would have fired, from events_v1: columns `tenant`, one a field of `group_by` (`g0`, …), `window_from`
 * and `window_to` (ms since epoch) and `observed`, one row for each part of a window that held something and ended a window over the limit.
 *
 * Threshold and ratio rules: exact. RuleSet counts by the same parts and slides by one part; it tells a part's first finding (and at most one every
 * ten seconds), here is one row a part. Ratio rules take the same bound. Distinct rules: exact, but for values over 256 characters.
 * Not to be had (undefined): other kinds, and rules whose conditions need the raw request. Exceptions hold by the time of the event.
 * Events that came too late for RuleSet are counted here.
 */
export const ruleToSql = (rule: Rule): RuleSql | undefined => {
  if (rule.kind !== 'threshold' && rule.kind !== 'distinct' && rule.kind !== 'ratio') return undefined;
  const params: Record<string, SqlValue> = {};
  const bind: Bind = (value) => {
    const name = `p${Object.keys(params).length}`;
    params[name] = value;
    return `{${name}: ${typeOf(value)}}`;
  };
  const filter = filterOf(rule, bind);
  if (filter === undefined) return undefined;
  const groups = rule.groupBy.map((field, i) => `toString(${eventField(field)?.sql ?? "''"}) AS g${i}`);
  const keys = ['tenant', ...rule.groupBy.map((_, i) => `g${i}`)];
  const parts = { groups, keys, filter, bind, part: bind(partMsOf(rule.windowMs)), before: partsOf(rule.windowMs) - 1 };
  const sql =
    rule.kind === 'threshold'
      ? thresholdSql(rule, parts)
      : rule.kind === 'distinct'
        ? distinctSql(rule, parts)
        : ratioSql(rule, parts);
  return sql === undefined ? undefined : { sql, params };
};

interface SqlParts {
  readonly groups: readonly string[];
  readonly keys: readonly string[];
  readonly filter: string;
  readonly bind: Bind;
  readonly part: string;
  /** Parts of the window before its last. A number of ours: a frame takes no parameter. */
  readonly before: number;
}

/** Event time as the windows take it: never later than the time of receipt. */
const EVENT_MS = 'toUnixTimestamp64Milli(least(started_at, received_at))';

const countsSql = ({ groups, keys, filter, part }: SqlParts, columns: string): string => `SELECT
    tenant,
    ${groups.join(',\n    ')},
    intDiv(${EVENT_MS}, ${part}) AS part,
    ${columns}
  FROM events_v1
  WHERE tenant = {tenant: String}
    AND started_at >= fromUnixTimestamp64Milli({from: Int64}) AND started_at < fromUnixTimestamp64Milli({to: Int64})
    AND block_echo = 0
    AND ${filter}
  GROUP BY ${keys.join(', ')}, part
  HAVING ${keys
    .slice(1)
    .map((key) => `${key} != ''`)
    .join(' AND ')}`;

const frame = ({ keys, before }: SqlParts): string =>
  `(PARTITION BY ${keys.join(', ')} ORDER BY part RANGE BETWEEN ${before} PRECEDING AND CURRENT ROW)`;

const outer = (parts: SqlParts, observed: string, inner: string, holds: string): string => `SELECT
  ${parts.keys.join(', ')},
  (part - ${parts.before}) * ${parts.part} AS window_from,
  (part + 1) * ${parts.part} AS window_to,
  ${observed} AS observed
FROM (
  ${inner}
)
WHERE ${holds}
ORDER BY window_to, ${parts.keys.join(', ')}`;

const thresholdSql = (rule: ThresholdRule, parts: SqlParts): string =>
  outer(
    parts,
    'n',
    `SELECT ${parts.keys.join(', ')}, part, sum(c) OVER ${frame(parts)} AS n
  FROM (
  ${countsSql(parts, 'count() AS c')}
  )`,
    `n >= ${parts.bind(rule.atLeast)}`,
  );

const ratioSql = (rule: RatioRule, parts: SqlParts): string | undefined => {
  const matching = conditionSql(rule.matching, parts.bind);
  if (matching === undefined) return undefined;
  const z = parts.bind(RATIO_Z);
  const wilson = `(h / n + ${z} * ${z} / n / 2 - ${z} * sqrt(h / n * (1 - h / n) / n + ${z} * ${z} / n / (4 * n))) / (1 + ${z} * ${z} / n)`;
  return outer(
    parts,
    'round(h / n, 4)',
    `SELECT ${parts.keys.join(', ')}, part, sum(c) OVER ${frame(parts)} AS n, sum(m) OVER ${frame(parts)} AS h
  FROM (
  ${countsSql(parts, `count() AS c, countIf(${matching}) AS m`)}
  )`,
    `n >= ${parts.bind(rule.minEvents)} AND ${wilson} >= ${parts.bind(rule.share)}`,
  );
};

const distinctSql = (rule: DistinctRule, parts: SqlParts): string | undefined => {
  const field = eventField(rule.field);
  if (field?.sql === undefined) return undefined;
  const values =
    field.access.kind === 'list'
      ? `arrayFilter(x -> x != '', groupUniqArrayArray(${field.sql}))`
      : `arrayFilter(x -> x != '', groupUniqArray(toString(${field.sql})))`;
  return outer(
    parts,
    'n',
    `SELECT ${parts.keys.join(', ')}, part, length(groupUniqArrayArray(v) OVER ${frame(parts)}) AS n
  FROM (
  ${countsSql(parts, `${values} AS v`)}
  )`,
    `n >= ${parts.bind(rule.atLeast)}`,
  );
};

const filterOf = (rule: ThresholdRule | DistinctRule | RatioRule, bind: Bind): string | undefined => {
  const where = conditionSql(rule.where, bind);
  if (where === undefined) return undefined;
  const exceptions = rule.exceptions.map(({ condition, until }) => {
    const holds = conditionSql(condition, bind);
    if (holds === undefined) return undefined;
    return `NOT (${holds}${until === undefined ? '' : ` AND ${EVENT_MS} < ${bind(until)}`})`;
  });
  return exceptions.some((one) => one === undefined) ? undefined : [where, ...exceptions].join('\n    AND ');
};

const typeOf = (value: SqlValue): string => {
  if (typeof value === 'string') return 'String';
  if (typeof value === 'number') return Number.isInteger(value) ? 'Int64' : 'Float64';
  return typeof value[0] === 'number' ? 'Array(Int64)' : 'Array(String)';
};
