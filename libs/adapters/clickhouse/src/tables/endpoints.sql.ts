import type { EndpointScopeQuery, TimeRange } from '@outrider/ports/event-store';
import { rangeParams, since, type Query } from '../query-runner.ts';
import { EVENTS } from './events.sql.ts';

/** Callers are told apart by this many cells of a hash. */
const CALLER_CELLS = 64;
/** A version in the path is no id, though its shape is one; what has another version is another endpoint (domain/traffic/paths/kind-at). */
const VERSION = String.raw`^(?:/[^/]{1,64})?(?:/(?:api|apis|rest|version|v|public|services))?/v?\d{1,2}(?:\.\d{1,2})?/`;

/** Groups have one typed template: their paths differ in nothing that a learner looks at. */
export const learnableCallsQuery = (range: TimeRange, by: 'received' | 'started', limit: number): Query => {
  const column = by === 'received' ? 'received_at' : 'started_at';
  return {
    name: 'events.learnable_calls',
    sql: `SELECT tenant, gateway, service_id, anyLast(service_name), host, method, anyLast(path), path_template, caller,
  count() AS calls, toUnixTimestamp64Milli(min(started_at)), toUnixTimestamp64Milli(max(started_at))
FROM ${EVENTS}
WHERE ${column} >= ${since('from')} AND ${column} < ${since('to')}
  AND service_id != '' AND kind = 'http' AND answered_by = 'upstream' AND status BETWEEN 200 AND 399 AND block_echo = 0
GROUP BY tenant, gateway, service_id, host, method, path_template, extract(path, {version:String}) AS version,
  cityHash64(caller_kind, caller_id) % ${CALLER_CELLS} AS caller, toStartOfHour(started_at)
ORDER BY calls DESC, path_template, caller
LIMIT {limit:UInt32}`,
    params: { ...rangeParams(range), limit, version: VERSION },
    maxSeconds: 60,
  };
};

/** Endpoints of one roll-up: one block. */
const MAX_ROLLED = 500_000;
const INVENTORY = 'endpoint_inventory_v1';
const SCOPE = `tenant = {tenant:String} AND gateway = {gateway:String} AND service_id = {service:String} AND host = {host:String}`;
const DAYS = `day >= toDate(${since('from')}) AND day <= toDate(${since('to')})`;

const scopeParams = ({ tenant, gateway, service, host, range }: EndpointScopeQuery) => ({
  ...{ tenant, gateway, service, host },
  ...rangeParams(range),
});

/** In one block, always in the same order: the token names it. */
export const rollUpStatement = (range: TimeRange): Query => ({
  name: 'endpoint_inventory.roll_up',
  sql: `INSERT INTO ${INVENTORY} (tenant, gateway, service_id, host, method, path_template, day, requests, status_2xx, status_3xx,
  status_4xx, status_5xx, authenticated, request_bytes, response_bytes, last_received, callers, latencies)
SELECT tenant, gateway, service_id, host, method, toString(path_template) AS template, toDate(started_at) AS day,
  count(), countIf(status BETWEEN 200 AND 299), countIf(status BETWEEN 300 AND 399), countIf(status BETWEEN 400 AND 499),
  countIf(status BETWEEN 500 AND 599), countIf(status BETWEEN 200 AND 399 AND caller_kind != 'ip'),
  sum(toUInt64(greatest(request_bytes, 0))), sum(toUInt64(greatest(response_bytes, 0))), toDateTime(max(received_at), 'UTC'),
  uniqCombinedState(12)(caller_id), quantilesBFloat16State(0.5, 0.95, 0.99)(latency_total_ms)
FROM ${EVENTS}
WHERE received_at >= ${since('from')} AND received_at < ${since('to')}
  AND answered_by = 'upstream' AND service_id != '' AND block_echo = 0
GROUP BY tenant, gateway, service_id, host, method, template, day
ORDER BY tenant, gateway, service_id, host, method, template, day
LIMIT {limit:UInt32}`,
  params: { ...rangeParams(range), limit: MAX_ROLLED },
  maxSeconds: 120,
});

export const typedTemplatesQuery = (query: EndpointScopeQuery, limit: number): Query => ({
  name: 'endpoint_inventory.typed_templates',
  sql: `SELECT method, path_template
FROM ${INVENTORY}
WHERE ${SCOPE} AND ${DAYS}
GROUP BY method, path_template
ORDER BY sum(requests) DESC, path_template, method
LIMIT {limit:UInt32}`,
  params: { ...scopeParams(query), limit },
});

export const statisticsQuery = (
  query: EndpointScopeQuery & { readonly renamed: ReadonlyMap<string, string> },
  limit: number,
): Query => ({
  name: 'endpoint_inventory.statistics',
  sql: `SELECT method, transform(path_template, {typed:Array(String)}, {learned:Array(String)}, path_template) AS template,
  sum(requests) AS calls, sum(status_2xx), sum(status_3xx), sum(status_4xx), sum(status_5xx), sum(authenticated),
  sum(request_bytes), sum(response_bytes), uniqCombinedMerge(12)(callers),
  quantilesBFloat16Merge(0.5, 0.95, 0.99)(latencies)[1] AS p50, quantilesBFloat16Merge(0.5, 0.95, 0.99)(latencies)[2] AS p95,
  quantilesBFloat16Merge(0.5, 0.95, 0.99)(latencies)[3] AS p99
FROM ${INVENTORY}
WHERE ${SCOPE} AND ${DAYS}
GROUP BY method, template
ORDER BY calls DESC, template, method
LIMIT {limit:UInt32}`,
  // An empty array has no type: one pair that renames nothing stands in it.
  params: {
    ...scopeParams(query),
    typed: ['', ...query.renamed.keys()],
    learned: ['', ...query.renamed.values()],
    limit,
  },
});

/** A plain number or a length, and a plain UUID, at the end of a parameter: what tells two forms of one query apart by nothing that is learned. */
const NUMBERS = String.raw`([=:])-?\d+(&|$)`;
const UUIDS = String.raw`=[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}(&|$)`;

/** Without their values, or else ids in a query would be the whole answer. */
export const queryShapesQuery = (query: EndpointScopeQuery, limit: number): Query => ({
  name: 'events.query_shapes',
  sql: `SELECT method, path_template, anyLast(path), anyLast(query) AS one, data_classes, count() AS calls
FROM ${EVENTS}
WHERE ${SCOPE} AND received_at >= ${since('from')} AND received_at < ${since('to')}
  AND answered_by = 'upstream' AND status BETWEEN 200 AND 399 AND block_echo = 0 AND (query != '' OR data_classes != '')
GROUP BY method, path_template, data_classes,
  replaceRegexpAll(replaceRegexpAll(query, {numbers:String}, '\\\\1 \\\\2'), {uuids:String}, '=- \\\\1') AS form
ORDER BY calls DESC, path_template, form, data_classes
LIMIT {limit:UInt32}`,
  params: { ...scopeParams(query), numbers: NUMBERS, uuids: UUIDS, limit },
});
