import type { CallerId, TermKind } from '@outrider/ports/baseline-store';
import type { TimeRange } from '@outrider/ports/event-store';
import { rangeParams, since, type Query } from '../query-runner.ts';
import { ENDPOINT_ID } from './events.sql.ts';

const MONTHS = "month >= toStartOfMonth(fromUnixTimestamp64Milli({from:Int64}, 'UTC'))";
const HOURS = "hour >= toStartOfHour(fromUnixTimestamp64Milli({from:Int64}, 'UTC'))";
/** Many rows are compared: a hash is enough to tell endpoints apart. */
const ENDPOINT_KEY = 'cityHash64(service_id, method, path_template)';
const MAX_MIX = 50;
/** Of more callers than this a sample is compared. */
const MAX_CANDIDATES = 20_000;
const MIN_COSINE = 0.8;

/** An open end: what is still to come is in. */
const MAX_TIME = 4_102_444_800_000;

/** Callers of one kind: the sorting keys begin with it. */
export interface CallersQuery {
  readonly tenant: string;
  readonly kind: CallerId['kind'];
  readonly ids: readonly string[];
  readonly since: number;
}

const callerParams = ({ tenant, kind, ids, since: at }: CallersQuery) => ({
  tenant,
  kind,
  callers: ids,
  from: rangeParams({ from: at, to: MAX_TIME }).from,
});

const CALLER_IS_ONE = 'caller_kind = {kind:String} AND caller_id IN {callers:Array(String)}';
const ENTITY_IS_ONE = 'entity_kind = {kind:String} AND entity_id IN {callers:Array(String)}';

/** Terms that are columns of an origin; empty ones are none. */
export const originTermsQuery = (query: CallersQuery, kinds: readonly TermKind[]): Query => ({
  name: 'terms.origins',
  sql: `SELECT caller_kind, caller_id, known.1 AS term_kind, known.2 AS term,
    toUnixTimestamp(min(began)) * 1000, toUnixTimestamp(max(ended)) * 1000, sum(hits), sum(good), sum(day_count)
FROM (
SELECT caller_kind, caller_id, known, min(first_seen) AS began, max(last_seen) AS ended, sum(requests) AS hits, sum(successes) AS good,
    bitCount(groupBitOr(days)) AS day_count
FROM caller_origins_v1
ARRAY JOIN arrayFilter(known -> known.2 != '' AND known.1 IN {term_kinds:Array(String)}, arrayConcat(
    [('credential', credential_id), ('prefix', prefix), ('agent', toString(agent)), ('country', toString(country)),
        ('asn', if(asn = 0, '', toString(asn)))],
    arrayMap(tag -> ('tag', toString(tag)), if(caller_kind = 'consumer', tags, [])))) AS known
WHERE tenant = {tenant:String} AND ${CALLER_IS_ONE} AND ${MONTHS}
GROUP BY caller_kind, caller_id, known, month
)
GROUP BY caller_kind, caller_id, term_kind, term
ORDER BY caller_kind, caller_id, term_kind, term`,
  params: { ...callerParams(query), term_kinds: kinds },
  maxSeconds: 60,
});

export const endpointTermsQuery = (query: CallersQuery): Query => ({
  name: 'terms.endpoints',
  sql: `SELECT caller_kind, caller_id, 'endpoint', ${ENDPOINT_ID} AS endpoint, toUnixTimestamp(min(hour)) * 1000,
    toUnixTimestamp(max(last_seen)) * 1000, sum(requests), sum(successes), uniqExact(toDate(hour))
FROM caller_endpoint_hour_v1
WHERE tenant = {tenant:String} AND ${CALLER_IS_ONE}
  AND hour >= toStartOfHour(fromUnixTimestamp64Milli({from:Int64}, 'UTC'))
GROUP BY caller_kind, caller_id, endpoint
ORDER BY caller_kind, caller_id, endpoint`,
  params: callerParams(query),
  maxSeconds: 60,
});

/** Hours of the week, of the hours that each entity has anyway. */
export const hourTermsQuery = (query: CallersQuery): Query => ({
  name: 'terms.hours',
  sql: `SELECT entity_kind, entity_id, 'hour', toString((toDayOfWeek(hour) - 1) * 24 + toHour(hour)) AS term,
    toUnixTimestamp64Milli(min(first_seen)), toUnixTimestamp64Milli(max(last_seen)), sum(requests) AS hits, sum(status_2xx), uniqExact(toDate(hour))
FROM entity_hour_v1
WHERE tenant = {tenant:String} AND ${ENTITY_IS_ONE}
  AND hour >= toStartOfHour(fromUnixTimestamp64Milli({from:Int64}, 'UTC')) AND requests > 0
GROUP BY entity_kind, entity_id, term
ORDER BY entity_kind, entity_id, term`,
  params: callerParams(query),
  maxSeconds: 60,
});

/** A gap that begins another stretch of activity, and one that counts as a pause of the season; ms. As CallerProfile has them. */
const GAP_MS = 86_400_000;
const PAUSE_MS = 20 * GAP_MS;

/**
 * Of entities, so that a consumer's credential has an answer of its own; with the latest stretch of activity and what was before it. An hour
 * may lie in several rows, so hours are summed up before gaps are looked for.
 */
export const lastUsedQuery = (query: CallersQuery): Query => ({
  name: 'terms.last_used',
  sql: `WITH
    arrayMap(i -> if(i = 1, 0, hours[i].1 - hours[i - 1].2), arrayEnumerate(hours)) AS gaps,
    toInt64(arrayLastIndex(gap -> gap >= ${GAP_MS}, gaps)) AS latest,
    arraySlice(hours, 1, greatest(latest - 1, 0)) AS before
SELECT entity_kind, entity_id, hours[1].1, hours[-1].2, arraySum(known -> known.3, hours), arrayUniq(arrayMap(known -> known.4, hours)),
    hours[greatest(latest, 1)].1, if(latest = 0, 0, gaps[latest]), arrayCount((gap, i) -> gap >= ${PAUSE_MS} AND i < latest, gaps, arrayEnumerate(gaps)),
    arraySum(known -> known.3, before), arrayUniq(arrayMap(known -> known.4, before))
FROM (
SELECT entity_kind, entity_id, arraySort(groupArray((began, ended, hits, day))) AS hours
FROM (
SELECT entity_kind, entity_id, toUnixTimestamp64Milli(min(first_seen)) AS began, toUnixTimestamp64Milli(max(last_seen)) AS ended,
    sum(requests) AS hits, toDate(hour) AS day
FROM entity_hour_v1
WHERE tenant = {tenant:String} AND ${ENTITY_IS_ONE}
  AND hour >= toStartOfHour(fromUnixTimestamp64Milli({from:Int64}, 'UTC')) AND requests > 0
GROUP BY entity_kind, entity_id, hour
)
GROUP BY entity_kind, entity_id
)
ORDER BY entity_kind, entity_id`,
  params: callerParams(query),
  maxSeconds: 60,
});

/** The other callers of the same kind that have exactly the same tags; no rows where it has none. */
export const tagPeersQuery = (query: PeerQuery): Query => ({
  name: 'peers.by_tags',
  sql: `WITH (
    SELECT arraySort(groupUniqArrayArray(tags)) FROM caller_origins_v1
    WHERE tenant = {tenant:String} AND caller_kind = {kind:String} AND caller_id = {caller:String} AND ${MONTHS}
) AS own
SELECT caller_id, 1., arrayStringConcat(own, ',')
FROM caller_origins_v1
WHERE tenant = {tenant:String} AND caller_kind = {kind:String} AND caller_id != {caller:String} AND ${MONTHS}
  AND notEmpty(own) AND notEmpty(tags)
GROUP BY caller_id
HAVING arraySort(groupUniqArrayArray(tags)) = own
ORDER BY sum(requests) DESC, caller_id
LIMIT {limit:UInt32}`,
  params: peerParams(query),
  maxSeconds: 30,
});

/** The other callers of the same kind by the cosine of their requests by endpoint with the caller's; at least MIN_COSINE. */
export const endpointPeersQuery = (query: PeerQuery): Query => ({
  name: 'peers.by_endpoints',
  sql: `WITH (
    SELECT (groupArray(endpoint), groupArray(toFloat64(hits))) FROM (
    SELECT ${ENDPOINT_KEY} AS endpoint, sum(requests) AS hits FROM caller_endpoint_hour_v1
    WHERE tenant = {tenant:String} AND caller_kind = {kind:String} AND caller_id = {caller:String} AND ${HOURS}
    GROUP BY endpoint ORDER BY hits DESC, endpoint LIMIT ${MAX_MIX})
) AS own, (
    SELECT greatest(1, intDiv(uniqCombined(12)(caller_id), ${MAX_CANDIDATES})) FROM caller_origins_v1
    WHERE tenant = {tenant:String} AND caller_kind = {kind:String} AND ${MONTHS}
) AS one_of
SELECT caller_id, sum(hits * mine) / sqrt(sum(hits * hits)) / sqrt(arraySum(x -> x * x, own.2)) AS cosine, toString(own.1[1])
FROM (
SELECT caller_id, ${ENDPOINT_KEY} AS endpoint, toFloat64(sum(requests)) AS hits, transform(endpoint, own.1, own.2, 0.) AS mine
FROM caller_endpoint_hour_v1
WHERE tenant = {tenant:String} AND caller_kind = {kind:String} AND caller_id != {caller:String} AND ${HOURS}
  AND cityHash64(caller_id) % one_of = 0
GROUP BY caller_id, endpoint
)
GROUP BY caller_id
HAVING cosine >= ${MIN_COSINE}
ORDER BY cosine DESC, caller_id
LIMIT {limit:UInt32}`,
  params: peerParams(query),
  maxSeconds: 30,
});

export interface PeerQuery {
  readonly tenant: string;
  readonly caller: CallerId;
  readonly since: number;
  readonly limit: number;
}

const peerParams = ({ tenant, caller, since: at, limit }: PeerQuery) => ({
  tenant,
  kind: caller.kind,
  caller: caller.id,
  limit,
  from: rangeParams({ from: at, to: MAX_TIME }).from,
});

const DAYS = `day >= toDate(fromUnixTimestamp64Milli({from:Int64}, 'UTC')) AND day <= toDate(fromUnixTimestamp64Milli({to:Int64}, 'UTC'))`;

export const endpointUseQuery = (tenant: string, range: TimeRange, limit: number): Query => ({
  name: 'endpoint_day.use',
  sql: `SELECT ${ENDPOINT_ID} AS endpoint, service_id, route_id, sum(requests), sum(successes) AS good, sum(authenticated), uniqCombinedMerge(12)(consumers)
FROM endpoint_day_v1
WHERE tenant = {tenant:String} AND ${DAYS}
GROUP BY endpoint, service_id, route_id
ORDER BY good DESC, endpoint, route_id
LIMIT {limit:UInt32}`,
  params: { tenant, limit, ...rangeParams(range) },
  maxSeconds: 30,
});

export const allConsumersQuery = (tenant: string, range: TimeRange): Query => ({
  name: 'endpoint_day.consumers',
  sql: `SELECT uniqCombinedMerge(12)(consumers)
FROM endpoint_day_v1
WHERE tenant = {tenant:String} AND ${DAYS}`,
  params: { tenant, ...rangeParams(range) },
  maxSeconds: 30,
});

/** One row an endpoint and day: far below what one block may hold. */
const MAX_ROLLED = 500_000;

/** In one block, always in the same order: the token names it. */
export const rollUpUseStatement = (range: TimeRange): Query => ({
  name: 'endpoint_day.roll_up',
  sql: `INSERT INTO endpoint_day_v1 (tenant, service_id, method, path_template, route_id, day, requests, successes, authenticated, consumers, last_received)
SELECT tenant, service_id, method, toString(path_template) AS template, route_id, toDate(started_at) AS day,
    count(), countIf(status BETWEEN 200 AND 299), countIf(status BETWEEN 200 AND 299 AND caller_kind = 'consumer'),
    uniqCombinedStateIf(12)(toString(consumer_id), caller_kind = 'consumer'), toDateTime(max(received_at), 'UTC')
FROM events_v1
WHERE received_at >= ${since('from')} AND received_at < ${since('to')} AND block_echo = 0
GROUP BY tenant, service_id, method, template, route_id, day
ORDER BY tenant, service_id, method, template, route_id, day
LIMIT {limit:UInt32}`,
  params: { ...rangeParams(range), limit: MAX_ROLLED },
  maxSeconds: 120,
});
