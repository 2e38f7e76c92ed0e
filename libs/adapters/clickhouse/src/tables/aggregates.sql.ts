import type { EntityKind } from '@outrider/domain/traffic/entity';
import { assertNever } from '@outrider/domain/assert-never';
import type { TimeRange } from '@outrider/ports/event-store';
import { rangeParams, type Query } from '../query-runner.ts';
import { ENDPOINT_ID } from './events.sql.ts';

/** Where a kind of entity is counted, and what it is called there. */
interface Source {
  readonly minuteTable: string;
  readonly hourTable: string;
  readonly condition: string;
  readonly id: string;
  readonly name: string;
}

const byEntity = (kind: 'consumer' | 'credential' | 'ip'): Source => ({
  minuteTable: 'entity_minute_v1',
  hourTable: 'entity_hour_v1',
  condition: `entity_kind = '${kind}'`,
  id: 'entity_id',
  name: 'name',
});

const byEndpoint = (id: string, name: string, condition: string): Source => ({
  minuteTable: 'endpoint_minute_v1',
  hourTable: 'endpoint_hour_v1',
  condition,
  id,
  name,
});

const sourceOf = (kind: EntityKind): Source => {
  switch (kind) {
    case 'consumer':
    case 'credential':
    case 'ip':
      return byEntity(kind);
    case 'endpoint':
      return byEndpoint(ENDPOINT_ID, "concat(method, ' ', path_template)", 'true');
    case 'route':
      return byEndpoint('route_id', "if(route_name = '', route_id, route_name)", "route_id != ''");
    case 'service':
      return byEndpoint('service_id', "if(service_name = '', service_id, service_name)", "service_id != ''");
    case 'gateway':
      return byEndpoint('gateway', 'gateway', 'true');
    default:
      return assertNever(kind);
  }
};

/** Minutes without our own block's refusals: an entity that only ran against our block has no minute here. */
export const minuteCountsQuery = (
  kind: EntityKind,
  query: { readonly tenant: string; readonly entities: readonly string[]; readonly range: TimeRange },
): Query => {
  const { minuteTable, condition, id } = sourceOf(kind);
  return {
    name: `${kind}.minute_counts`,
    sql: `SELECT
    ${id} AS entity,
    toUnixTimestamp(minute) * 1000 AS minute_ms,
    sum(requests) AS requests_sum,
    sum(status_5xx) AS server_errors,
    sum(status_4xx) - sum(status_401) - sum(status_403) - sum(status_404) - sum(status_429) AS client_errors,
    sum(refused) AS refused_sum
FROM ${minuteTable}
WHERE tenant = {tenant:String} AND ${condition} AND ${id} IN {entities:Array(String)}
  AND minute >= toDateTime(intDivOrZero({from:Int64}, 1000), 'UTC') AND minute < fromUnixTimestamp64Milli({to:Int64})
GROUP BY entity, minute
HAVING requests_sum > 0
ORDER BY entity, minute`,
    params: { tenant: query.tenant, entities: query.entities, ...rangeParams(query.range) },
    maxSeconds: 30,
  };
};

/** Ranges up to this long are answered from minutes (exact to the minute), longer ones from hours. */
const MINUTES_UP_TO_MS = 48 * 3_600_000;

export interface SummaryQuery {
  readonly tenant: string;
  readonly range: TimeRange;
  readonly id?: string;
  readonly nameContains?: string;
  readonly limit: number;
  readonly offset: number;
}

/** Entities of one kind, busiest first. Requests and refusals include our own block's: this is what the entity did. */
export const summaryQuery = (kind: EntityKind, query: SummaryQuery): Query => {
  const { minuteTable, hourTable, condition, id, name } = sourceOf(kind);
  const range = rangeParams(query.range);
  const minutes = range.to - range.from <= MINUTES_UP_TO_MS;
  const [table, bucket, start] = minutes
    ? [minuteTable, 'minute', 'toStartOfMinute']
    : [hourTable, 'hour', 'toStartOfHour'];
  const params: Record<string, string | number> = {
    tenant: query.tenant,
    ...range,
    limit: query.limit,
    offset: query.offset,
  };
  const where = [
    'tenant = {tenant:String}',
    condition,
    `${bucket} >= ${start}(fromUnixTimestamp64Milli({from:Int64}, 'UTC'))`,
    `${bucket} < fromUnixTimestamp64Milli({to:Int64})`,
  ];
  if (query.id !== undefined) {
    params['entity'] = query.id;
    where.push(`${id} = {entity:String}`);
  }
  let having = '';
  if (query.nameContains !== undefined && query.nameContains !== '') {
    params['contains'] = query.nameContains;
    having =
      '\nHAVING positionCaseInsensitiveUTF8(any_name, {contains:String}) > 0 OR positionCaseInsensitiveUTF8(entity, {contains:String}) > 0';
  }
  return {
    name: `${kind}.summaries`,
    sql: `SELECT
    ${id} AS entity,
    anyLast(${name}) AS any_name,
    sum(requests) + sum(echoes) AS requests_sum,
    sum(status_4xx) + sum(status_5xx) + sum(echoes) AS errors,
    sum(refused) + sum(echoes) AS refused_sum,
    sum(response_bytes) AS bytes,
    toUnixTimestamp64Milli(min(first_seen)) AS first_ms,
    toUnixTimestamp64Milli(max(last_seen)) AS last_ms
FROM ${table}
WHERE ${where.join('\n  AND ')}
GROUP BY entity${having}
ORDER BY requests_sum DESC, entity
LIMIT {limit:UInt32} OFFSET {offset:UInt32}`,
    params,
  };
};

/** Every service's minutes, of all tenants: for the process itself. The name stands in for a missing id, as in the detectors. */
export const serviceMinutesQuery = (range: TimeRange, limit: number): Query => ({
  name: 'service.minutes',
  sql: `SELECT
    tenant,
    gateway,
    if(service_id = '', service_name, service_id) AS service,
    anyLast(service_name) AS any_name,
    toUnixTimestamp(minute) * 1000 AS minute_ms,
    sum(requests) AS requests_sum,
    sum(status_5xx) AS server_errors,
    sum(status_4xx) - sum(status_401) - sum(status_403) - sum(status_404) - sum(status_429) AS client_errors
FROM endpoint_minute_v1
WHERE minute >= toStartOfMinute(fromUnixTimestamp64Milli({from:Int64}, 'UTC')) AND minute < fromUnixTimestamp64Milli({to:Int64})
GROUP BY tenant, gateway, service, minute
HAVING service != '' AND requests_sum > 0
ORDER BY minute DESC, requests_sum DESC, tenant, gateway, service
LIMIT {limit:UInt32}`,
  params: { ...rangeParams(range), limit },
});

/** When each gateway was last heard of, within the range. */
export const lastSeenQuery = (tenant: string, range: TimeRange): Query => ({
  name: 'gateway.last_seen',
  sql: `SELECT
    gateway,
    toUnixTimestamp64Milli(max(last_seen)),
    toUnixTimestamp64Milli(max(last_received))
FROM endpoint_hour_v1
WHERE tenant = {tenant:String}
  AND hour >= toStartOfHour(fromUnixTimestamp64Milli({from:Int64}, 'UTC')) AND hour <= fromUnixTimestamp64Milli({to:Int64})
GROUP BY gateway
ORDER BY gateway`,
  params: { tenant, ...rangeParams(range) },
});
