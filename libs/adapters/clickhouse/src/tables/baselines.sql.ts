import type { BaselineKind, BaselineMetric, BaselineStep } from '@outrider/domain/baseline/baseline';
import { spreadOf, STEP_MS } from '@outrider/domain/baseline/baseline';
import { parseCallerEndpoint, parseEndpointId } from '@outrider/domain/baseline/caller-endpoint';
import { assertNever } from '@outrider/domain/assert-never';
import { CallerError } from '@outrider/platform/errors';
import type { TimeRange } from '@outrider/ports/event-store';
import { rangeParams, type Query } from '../query-runner.ts';
import { ENDPOINT_ID } from './events.sql.ts';

type Params = Record<string, string | number | readonly (string | number)[]>;

/** What is counted, and of whom. */
export interface BaselineSource {
  readonly tenant: string;
  readonly kind: BaselineKind;
  readonly ids: readonly string[];
  readonly metric: BaselineMetric;
  readonly step: BaselineStep;
  /** Whole windows. */
  readonly range: TimeRange;
}

/** Blocks (windows by number) that teach nothing, both ends inclusive, and the first block that teaches, by entity. */
export interface UntaughtBlocks {
  readonly spans: readonly { readonly id: string; readonly from: number; readonly to: number }[];
  readonly starts: readonly { readonly id: string; readonly block: number }[];
}

/**
 * For each entity: start of its first window (ms), requests, days, highest values, and by hour of the week the windows, sums and
 * squares. A window that teaches nothing counts for the start of its life alone.
 */
export const baselineSumsQuery = (source: BaselineSource, untaught: UntaughtBlocks, peaks: number): Query => {
  const stepMs = STEP_MS[source.step];
  const aDay = 86_400_000 / stepMs;
  const params: Params = { ...untaughtParams(untaught), peaks };
  const windows = source.step === '5m' ? fiveMinutes(source, params, untaught) : hours(source, params, untaught);
  const [n, value] = cellColumns(source.metric);
  return {
    name: 'baseline.sums',
    sql: `SELECT
    entity,
    min(first_block) * ${stepMs},
    sum(cell_requests),
    length(groupUniqArrayArray(cell_days)),
    arraySlice(arrayReverseSort(groupArrayArray(cell_peaks)), 1, {peaks:UInt8}),
    groupArray(cell),
    groupArray(cell_n),
    groupArray(cell_sum),
    groupArray(cell_squares)
FROM (
SELECT
    entity,
    (intDiv(block, ${aDay}) + 3) % 7 * 24 + intDiv(block % ${aDay}, ${aDay / 24}) AS cell,
    min(block) AS first_block,
    sumIf(hits, taught) AS cell_requests,
    groupUniqArrayIf(intDiv(block, ${aDay}), taught) AS cell_days,
    arraySlice(arrayReverseSort(groupArrayIf(peak, taught)), 1, {peaks:UInt8}) AS cell_peaks,
    ${n} AS cell_n,
    sumIf(${value}, taught) AS cell_sum,
    sumIf(${value} * ${value}, taught) AS cell_squares
FROM (
${windows}
)
GROUP BY entity, cell
)
GROUP BY entity
ORDER BY entity`,
    params,
    maxSeconds: 30,
  };
};

/** As domain/baseline/learned-baseline wants its cells; 0 and infinity have no logarithm, so windows without a value are not there. */
const cellColumns = (metric: BaselineMetric): readonly [n: string, value: string] => {
  switch (spreadOf(metric)) {
    case 'count':
      return ['toFloat64(countIf(taught))', 'amount'];
    case 'ratio':
      return ['toFloat64(sumIf(hits, taught))', 'amount'];
    case 'size':
      return ['toFloat64(countIf(taught AND amount > 0))', 'if(amount > 0, log(amount), 0)'];
  }
};

/** Requests in blocks of five minutes; `peak` = the busiest five minutes that end in the block, which may begin in the one before. */
const fiveMinutes = (source: BaselineSource, params: Params, untaught: UntaughtBlocks): string => {
  const { table, entity, where } = place(source, 'minute', params);
  const minute = (i: number): string => `sumIf(requests, toMinute(minute) % 5 = ${i}) AS m${i}`;
  return `SELECT entity, block, taught, m0 + m1 + m2 + m3 + m4 AS hits, toFloat64(hits) AS amount,
    before.1 = block - 1 AND before.2 AS joined,
    toFloat64(greatest(
        m0 + if(joined, before.3 + before.4 + before.5 + before.6, 0),
        m0 + m1 + if(joined, before.4 + before.5 + before.6, 0),
        m0 + m1 + m2 + if(joined, before.5 + before.6, 0),
        m0 + m1 + m2 + m3 + if(joined, before.6, 0),
        hits)) AS peak
FROM (
SELECT entity, block, taught, m0, m1, m2, m3, m4,
    lagInFrame((block, taught, m1, m2, m3, m4)) OVER (PARTITION BY entity ORDER BY block ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS before
FROM (
SELECT ${entity} AS entity, toInt64(intDiv(toUnixTimestamp(minute), 300)) AS block, ${taughtExpression(untaught)} AS taught,
    ${[0, 1, 2, 3, 4].map(minute).join(', ')}
FROM ${table}
WHERE ${where}
GROUP BY entity, block
HAVING m0 + m1 + m2 + m3 + m4 > 0${startCondition(untaught)}
)
)`;
};

const hours = (source: BaselineSource, params: Params, untaught: UntaughtBlocks): string => {
  const { table, entity, where, amount, hits } = place(source, 'hour', params);
  return `SELECT ${entity} AS entity, toInt64(intDiv(toUnixTimestamp(hour), 3600)) AS block, ${taughtExpression(untaught)} AS taught,
    ${hits} AS hits, toFloat64(${amount}) AS amount, amount AS peak
FROM ${table}
WHERE ${where}
GROUP BY entity, block
HAVING hits > 0${startCondition(untaught)}`;
};

const taughtExpression = ({ spans }: UntaughtBlocks): string =>
  spans.length === 0
    ? 'true'
    : `NOT (entity IN {excluded:Array(String)} AND arrayExists((id, a, b) -> id = entity AND block >= a AND block <= b, {excluded:Array(String)}, {excluded_from:Array(Int64)}, {excluded_to:Array(Int64)}))`;

const startCondition = ({ starts }: UntaughtBlocks): string =>
  starts.length === 0
    ? ''
    : ' AND block >= transform(entity, {reset:Array(String)}, {reset_from:Array(Int64)}, toInt64(0))';

const untaughtParams = ({ spans, starts }: UntaughtBlocks): Params => ({
  ...(spans.length === 0
    ? {}
    : {
        excluded: spans.map(({ id }) => id),
        excluded_from: spans.map(({ from }) => from),
        excluded_to: spans.map(({ to }) => to),
      }),
  ...(starts.length === 0 ? {} : { reset: starts.map(({ id }) => id), reset_from: starts.map(({ block }) => block) }),
});

/** What was observed of one entity, window by window: block, value, requests. */
export const observedQuery = (source: BaselineSource): Query => {
  const params: Params = {};
  const grain = source.step === '5m' ? 'minute' : 'hour';
  const { table, entity, where, amount, hits } = place(source, grain, params);
  return {
    name: 'baseline.observed',
    sql: `SELECT toInt64(intDiv(toUnixTimestamp(${grain}), ${STEP_MS[source.step] / 1000})) AS block, toFloat64(${amount}), ${hits} AS hits
FROM ${table}
WHERE ${where} AND ${entity} != ''
GROUP BY block
HAVING hits > 0
ORDER BY block`,
    params,
  };
};

interface Place {
  readonly table: string;
  readonly entity: string;
  readonly where: string;
  readonly amount: string;
  readonly hits: string;
}

const DIFFERENT_ENDPOINTS = 'uniqExact(service_id, method, path_template)';

/** Where a kind is counted, whom it is about, and the metric's value in one window. */
const place = (source: BaselineSource, grain: 'minute' | 'hour', params: Params): Place => {
  const { kind, metric, ids } = source;
  Object.assign(params, { tenant: source.tenant, ids, ...rangeParams(source.range) });
  const callers = kind === 'caller-endpoint' || (metric === 'endpoints' && isCallerKind(kind));
  const [table, entity, conditions] = callers ? callerTable(kind, ids, params) : entityTable(kind, grain, ids, params);
  return {
    table,
    entity,
    where: [
      'tenant = {tenant:String}',
      ...conditions,
      `${entity} IN {ids:Array(String)}`,
      `${grain} >= toDateTime(intDiv({from:Int64}, 1000), 'UTC') AND ${grain} < toDateTime(intDiv({to:Int64}, 1000), 'UTC')`,
    ].join(' AND '),
    amount: amountOf(metric, callers ? 'errors' : ENTITY_ERRORS),
    hits: 'sum(requests)',
  };
};

const isCallerKind = (kind: BaselineKind): boolean => kind === 'consumer' || kind === 'credential' || kind === 'ip';

const ENTITY_ERRORS =
  'status_5xx) + sum(status_4xx) - sum(status_401) - sum(status_403) - sum(status_404) - sum(status_429';

const amountOf = (metric: BaselineMetric, errors: string): string => {
  switch (metric) {
    case 'requests':
      return 'sum(requests)';
    case 'errors':
      return `sum(${errors})`;
    case 'response-bytes':
      return 'sum(response_bytes)';
    case 'latency':
      return 'sum(latency_ms) / sum(requests)';
    case 'endpoints':
      return DIFFERENT_ENDPOINTS;
    default:
      return assertNever(metric);
  }
};

type Table = readonly [table: string, entity: string, conditions: readonly string[]];

const entityTable = (kind: BaselineKind, grain: 'minute' | 'hour', ids: readonly string[], params: Params): Table => {
  switch (kind) {
    case 'consumer':
    case 'credential':
    case 'ip':
      return [`entity_${grain}_v1`, 'entity_id', [`entity_kind = '${kind}'`]];
    case 'endpoint':
      return [`endpoint_${grain}_v1`, ENDPOINT_ID, endpointConditions(ids, params)];
    case 'service':
      return [`endpoint_${grain}_v1`, 'toString(service_id)', ['service_id IN {ids:Array(String)}']];
    case 'route':
      return [`endpoint_${grain}_v1`, 'toString(route_id)', ["route_id != ''"]];
    case 'gateway':
      return [`endpoint_${grain}_v1`, 'toString(gateway)', []];
    case 'caller-endpoint':
      throw new CallerError('what a caller does at an endpoint is known by the hour', 'invalid-step');
    default:
      return assertNever(kind);
  }
};

/** An endpoint's id is computed: its parts are what the sorting key knows. */
const endpointConditions = (ids: readonly string[], params: Params): readonly string[] => {
  const parts = ids.map((id) => parseEndpointId(id)).filter((part) => part !== undefined);
  params['services'] = [...new Set(parts.map((part) => part.serviceId))];
  params['methods'] = [...new Set(parts.map((part) => part.method))];
  params['templates'] = [...new Set(parts.map((part) => part.pathTemplate))];
  return [
    'service_id IN {services:Array(String)} AND method IN {methods:Array(String)} AND path_template IN {templates:Array(String)}',
  ];
};

const callerTable = (kind: BaselineKind, ids: readonly string[], params: Params): Table => {
  if (kind !== 'caller-endpoint') return ['caller_endpoint_hour_v1', 'caller_id', [`caller_kind = '${kind}'`]];
  const parts = ids.map(parseCallerEndpoint).filter((part) => part !== undefined);
  params['callers'] = [...new Set(parts.map((part) => part.callerId))];
  params['caller_kinds'] = [...new Set(parts.map((part) => part.callerKind))];
  const endpoints = endpointConditions(
    parts.map((part) => part.endpoint),
    params,
  );
  const entity = `concat(toString(caller_kind), ':', caller_id, ' ', ${ENDPOINT_ID})`;
  return [
    'caller_endpoint_hour_v1',
    entity,
    ['caller_kind IN {caller_kinds:Array(String)} AND caller_id IN {callers:Array(String)}', ...endpoints],
  ];
};
