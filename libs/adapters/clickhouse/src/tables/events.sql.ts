import { EVENT_COLUMNS } from '@outrider/contracts/events/event-row';
import { CallerError } from '@outrider/platform/errors';
import {
  BUS_PARTITION_SPAN,
  type Crowd,
  type EventQuery,
  type RecallAfter,
  type ReplayFilter,
} from '@outrider/ports/event-store';
import { assertNever } from '@outrider/domain/assert-never';
import { checkedId, checkedLimit, rangeParams, since, textOfId, type Query } from '../query-runner.ts';

export const EVENTS = 'events_v1';
const MAX_SEARCH_ROWS = 10_000;
const MAX_IDS = 1_000;

/** The columns of a stored event as `encodeEvent` would write them. */
const EVENT_SELECT = EVENT_COLUMNS.map((column) => {
  if (column === 'id') return textOfId(column);
  if (column === 'started_at' || column === 'received_at') return `toUnixTimestamp64Milli(${column})`;
  return column;
}).join(', ');

/** A time range in key order. */
const rangeSql = (from: string, to: string): string => `started_at >= ${since(from)} AND started_at < ${since(to)}`;
const RANGE = rangeSql('from', 'to');

/**
 * A page of events. A consumer's is read in key order (its own rows; those that Kong logged under it without a credential come
 * from a second branch); everything else goes by skip index and time.
 */
export const searchQuery = (query: EventQuery): Query => {
  const params: Record<string, string | number | readonly (string | number)[]> = {
    tenant: query.tenant,
    ...rangeParams(query.range),
    limit: checkedLimit(query.limit, MAX_SEARCH_ROWS),
  };
  const conditions = ['tenant = {tenant:String}', RANGE, ...filters(query, params), ...keyset(query, params)];
  const direction = query.order === 'newest' ? 'DESC' : 'ASC';
  const order = `ORDER BY started_at ${direction}, id ${direction} LIMIT {limit:UInt32}`;
  const select = (columns: string, more: readonly string[]): string =>
    `SELECT ${columns}\nFROM ${EVENTS}\nWHERE ${[...conditions, ...more].join('\n  AND ')}\n${order}`;
  const branches = entityBranches(query, params);
  const single = branches.length === 1 ? branches[0] : undefined;
  if (single !== undefined) return { name: 'events.search', sql: select(EVENT_SELECT, single), params };
  const raw = EVENT_COLUMNS.join(', ');
  const parts = branches.map((more) => `(\n${select(raw, more)}\n)`).join('\nUNION ALL\n');
  return { name: 'events.search', sql: `SELECT ${EVENT_SELECT}\nFROM (\n${parts}\n)\n${order}`, params };
};

const entityBranches = (query: EventQuery, params: Record<string, unknown>): string[][] => {
  const { entity } = query;
  if (!entity) return [[]];
  params['entity'] = entity.id;
  switch (entity.kind) {
    case 'consumer':
      return [
        ["caller_kind = 'consumer'", 'caller_id = {entity:String}'],
        ["caller_kind != 'consumer'", 'consumer_id = {entity:String}'],
      ];
    case 'credential':
      return [['credential_id = {entity:String}']];
    case 'ip':
      return [['client_ip = {entity:String}']];
    case 'endpoint':
      return [[`${ENDPOINT_ID} = {entity:String}`]];
    case 'route':
      return [['route_id = {entity:String}']];
    case 'service':
      return [['service_id = {entity:String}']];
    case 'gateway':
      return [['gateway = {entity:String}']];
    default:
      return assertNever(entity.kind);
  }
};

/** An endpoint's entity id: `<service id> GET /orders/{id}`, without the service where there is none. */
export const ENDPOINT_ID = `if(service_id = '', concat(method, ' ', path_template), concat(service_id, ' ', method, ' ', path_template))`;

const filters = (query: EventQuery, params: Record<string, unknown>): string[] => {
  const conditions: string[] = [];
  const add = (name: string, value: string | number | undefined, condition: string): void => {
    if (value === undefined) return;
    params[name] = value;
    conditions.push(condition);
  };
  add('gateway', query.gateway, 'gateway = {gateway:String}');
  add('consumer_custom_id', query.consumerCustomId, 'consumer_custom_id = {consumer_custom_id:String}');
  add('method', query.method, 'method = {method:String}');
  add('path_prefix', query.pathPrefix, 'startsWith(path, {path_prefix:String})');
  add('status_from', query.statusFrom, 'status >= {status_from:Int32}');
  add('status_to', query.statusTo, 'status <= {status_to:Int32}');
  add('answered_by', query.answeredBy, 'answered_by = {answered_by:String}');
  add('service', query.service, '(service_id = {service:String} OR service_name = {service:String})');
  add('route', query.route, '(route_id = {route:String} OR route_name = {route:String})');
  if (query.eventIds) conditions.push(...eventIds(query.eventIds, params));
  return conditions;
};

const eventIds = (ids: readonly string[], params: Record<string, unknown>): string[] => {
  if (ids.length > MAX_IDS) throw new CallerError(`at most ${MAX_IDS} event ids at once`, 'too-many-ids');
  params['ids'] = ids.map((id) => checkedId(id.slice(id.lastIndexOf(':') + 1)));
  params['event_ids'] = ids.map((id) => id.toLowerCase());
  return ['id IN {ids:Array(UUID)}', `concat(gateway, ':', ${textOfId('id')}) IN {event_ids:Array(String)}`];
};

const keyset = (query: EventQuery, params: Record<string, unknown>): string[] => {
  if (!query.after) return [];
  params['after_at'] = query.after.startedAt;
  params['after_id'] = checkedId(query.after.id.slice(query.after.id.lastIndexOf(':') + 1));
  const beyond = query.order === 'newest' ? '<' : '>';
  // The first condition is implied by the second; only it narrows the read by key.
  return [
    `started_at ${beyond}= ${since('after_at')}`,
    `(started_at, id) ${beyond} (${since('after_at')}, {after_id:UUID})`,
  ];
};

/** What feeds detectors: block echo is left out. */
export const replayQuery = (filter: ReplayFilter & { readonly oneCallerIn?: number }): Query => ({
  name: 'events.replay',
  sql: `SELECT ${EVENT_SELECT}
FROM ${EVENTS}
WHERE ${replayed(filter)}${ofCrowds(filter)}${(filter.oneCallerIn ?? 1) > 1 ? '\n  AND cityHash64(caller_id) % {oneCallerIn:UInt32} = 0' : ''}
ORDER BY started_at, id`,
  params: {
    ...replayParams(filter),
    ...((filter.oneCallerIn ?? 1) > 1 ? { oneCallerIn: filter.oneCallerIn } : {}),
  },
  settings: {
    max_bytes_before_external_sort: '268435456',
    max_bytes_ratio_before_external_sort: 0,
    max_block_size: '8192',
    ...(filter.crowd === undefined ? {} : CROWD_SETTINGS),
  },
});

export const replayCountQuery = (filter: ReplayFilter): Query => ({
  name: 'events.replay_count',
  sql: `SELECT toUInt32(count())
FROM ${EVENTS}
WHERE ${replayed(filter)}${ofCrowds(filter)}`,
  params: replayParams(filter),
  maxSeconds: 120,
  ...(filter.crowd === undefined ? {} : { settings: CROWD_SETTINGS }),
});

/** A bound on the memory of counting groups; beyond it they go through files. */
const CROWD_SETTINGS = { max_bytes_before_external_group_by: '536870912', max_bytes_ratio_before_external_group_by: 0 };

/** A span that holds `atLeast` events touches two aligned ones, and one of them has half. Names are hashed: a collision lets a few more in. */
const ofCrowds = (filter: ReplayFilter): string => {
  const { crowd } = filter;
  if (crowd === undefined) return '';
  const group = `cityHash64(${crowd.by.join(', ')})`;
  const span = `intDiv(toUnixTimestamp64Milli(least(started_at, received_at)), {crowdSpan: Int64})`;
  return `
  AND cityHash64(${group}, ${span}) GLOBAL IN (
    SELECT cityHash64(crowd_group, arrayJoin([crowd_span - 1, crowd_span, crowd_span + 1]))
    FROM (
      SELECT ${group} AS crowd_group, ${span} AS crowd_span
      FROM ${EVENTS}
      WHERE ${replayed(filter, 'crowdFrom', 'crowdTo')}
      GROUP BY crowd_group, crowd_span
      HAVING count() >= {crowdHalf: UInt32}
    )
  )`;
};

/** Crowds may reach beyond the range. */
const crowdParams = ({ atLeast, spanMs }: Crowd, { from, to }: ReplayFilter['range']): Query['params'] => ({
  crowdFrom: rangeParams({ from: from - 2 * spanMs, to }).from,
  crowdTo: rangeParams({ from, to: to + 2 * spanMs }).to,
  crowdSpan: spanMs,
  crowdHalf: Math.ceil(atLeast / 2),
});

const replayed = ({ tenant, where }: ReplayFilter, from = 'from', to = 'to'): string =>
  `${tenant === undefined ? '' : 'tenant = {tenant:String} AND '}${rangeSql(from, to)} AND block_echo = 0${where === undefined ? '' : `\n  AND ${where.sql}`}`;

const replayParams = ({ tenant, range, where, crowd }: ReplayFilter): Query['params'] => ({
  ...where?.params,
  ...(crowd && crowdParams(crowd, range)),
  ...rangeParams(range),
  ...(tenant === undefined ? {} : { tenant }),
});

export const seenSinceQuery = (at: number, limit: number, partitions?: readonly number[]): Query => ({
  name: 'events.seen_since',
  sql: `SELECT concat(gateway, ':', ${textOfId('id')}), bus_position
FROM ${EVENTS}
WHERE received_at >= ${since('since')}${ofPartitions(partitions)}
ORDER BY received_at DESC
LIMIT {limit:UInt32}`,
  params: { since: rangeParams({ from: at, to: at }).from, limit, ...partitionParams(partitions) },
  settings: { max_bytes_before_external_sort: '268435456', max_bytes_ratio_before_external_sort: 0 },
});

/** What is read of partitions; `after` absent: everything. */
export interface RecallOf {
  readonly partitions: readonly number[];
  readonly after?: RecallAfter | undefined;
}

/** In order of receipt, and of what was received together in the order of the bus. */
export const recallQuery = (
  range: { readonly from: number; readonly to: number },
  { partitions, after }: RecallOf,
  receivedSince: number,
): Query => ({
  name: 'events.recall',
  sql: `SELECT ${EVENT_SELECT}, bus_position
FROM ${EVENTS}
WHERE ${RANGE} AND received_at >= ${since('since')} AND block_echo = 0${ofPartitions(partitions)}${behind(after)}
ORDER BY received_at, bus_position, started_at, id`,
  params: {
    ...rangeParams(range),
    since: rangeParams({ from: receivedSince, to: receivedSince }).from,
    ...partitionParams(partitions),
    ...behindParams(after),
  },
  settings: {
    max_bytes_before_external_sort: '268435456',
    max_bytes_ratio_before_external_sort: 0,
    max_block_size: '8192',
  },
});

/** Time of receipt from which on there are about `most` events; 0 when there are none. */
export const recallStartQuery = (
  range: { readonly from: number; readonly to: number },
  { partitions, after }: RecallOf,
  most: number,
): Query => ({
  name: 'events.recall_start',
  sql: `SELECT toUnixTimestamp64Milli(min(received_at)), count()
FROM (
SELECT received_at
FROM ${EVENTS}
WHERE ${RANGE} AND block_echo = 0${ofPartitions(partitions)}${behind(after)}
ORDER BY received_at DESC
LIMIT {most:UInt32}
)`,
  params: { ...rangeParams(range), most, ...partitionParams(partitions), ...behindParams(after) },
  maxSeconds: 60,
});

/** A gateway whose clock runs ahead does not move the windows into the future. */
export const newestByPartitionQuery = (at: number, partitions: readonly number[]): Query => ({
  name: 'events.newest_by_partition',
  sql: `SELECT
    intDiv(bus_position, ${BUS_PARTITION_SPAN}) AS bus_partition,
    toUnixTimestamp64Milli(max(least(started_at, received_at)))
FROM ${EVENTS}
WHERE received_at >= ${since('since')}${ofPartitions(partitions)}
GROUP BY bus_partition`,
  params: { since: rangeParams({ from: at, to: at }).from, ...partitionParams(partitions) },
  maxSeconds: 60,
});

/** A partition's positions lie together: the skip index on bus_position leaves out granules of other partitions. */
const ofPartitions = (partitions: readonly number[] | undefined): string =>
  partitions === undefined ? '' : `\n  AND intDiv(bus_position, ${BUS_PARTITION_SPAN}) IN {partitions:Array(UInt16)}`;

const behind = (after: RecallAfter | undefined): string =>
  after === undefined
    ? ''
    : `\n  AND (started_at >= ${since('fresh')} OR bus_position > transform(intDiv(bus_position, ${BUS_PARTITION_SPAN}), {known:Array(Int64)}, {behind:Array(Int64)}, toInt64(-1)))`;

/** Never empty: an array of nothing has no type to compare with. */
const behindParams = (after: RecallAfter | undefined) =>
  after === undefined
    ? {}
    : {
        fresh: rangeParams({ from: after.startedSince, to: after.startedSince }).from,
        known: [-1, ...after.positions.keys()],
        behind: [-1, ...after.positions.values()],
      };

/** Above it a position would no longer be an exact number. */
const MAX_PARTITION = 8_191;

const partitionParams = (partitions: readonly number[] | undefined): { partitions?: readonly number[] } => {
  if (partitions === undefined) return {};
  if (!partitions.every((p) => Number.isInteger(p) && p >= 0 && p <= MAX_PARTITION))
    throw new CallerError(`a partition is a number from 0 to ${MAX_PARTITION}`, 'invalid-partition');
  return { partitions: [...new Set(partitions)] };
};

/** Rows of the last minutes by time of receipt. */
export const receivedCountsQuery = (tenant: string, from: number, to: number): Query => ({
  name: 'events.received_counts',
  sql: `SELECT gateway, count()
FROM ${EVENTS}
WHERE tenant = {tenant:String} AND received_at >= ${since('from')} AND received_at <= ${since('to')}
GROUP BY gateway`,
  params: { tenant, ...rangeParams({ from, to }) },
});
