import type { AnsweredBy, ApiEvent, Refusal } from '@outrider/domain/traffic/api-event';

/**
 * How an API event travels and is stored: one JSON array (ClickHouse's JSONCompactEachRow), written once by collect and handed on as text.
 * The order of EVENT_COLUMNS is the format. It may only grow at its end: rows that are shorter come from an older collector and are read
 * with what an event says that nobody asked. Any other change is a new topic version and a new table version.
 */
export const EVENT_COLUMNS = [
  'tenant',
  'gateway',
  'id',
  'has_request_id',
  'kind',
  'started_at',
  'received_at',
  'consumer_id',
  'consumer_name',
  'consumer_custom_id',
  'consumer_tags',
  'credential_id',
  'credential_fingerprint',
  'client_ip',
  'method',
  'host',
  'path',
  'path_template',
  'query',
  'status',
  'answered_by',
  'refusal',
  'request_bytes',
  'response_bytes',
  'latency_total_ms',
  'latency_kong_ms',
  'latency_upstream_ms',
  'tries',
  'service_id',
  'service_name',
  'route_id',
  'route_name',
  'user_agent',
  'request_content_type',
  'response_content_type',
  'tls_version',
  'attacks',
  'data_classes',
  'client_fingerprint',
  'forwarded_for',
  'method_override',
  'rate_limit',
  'rate_remaining',
  'country',
  'asn',
  'network',
  'location',
  'threat',
  'rule_matches',
  'upstream',
] as const;

/** Appended by the analyzer when it stores a row: where it stood on the bus, and whether our own enforcement refused it. */
export const STORED_COLUMNS = [...EVENT_COLUMNS, 'bus_position', 'block_echo'] as const;

/** The order here is EVENT_COLUMNS' order. The text is valid Unicode: half a surrogate pair would make the store refuse the whole block. */
export const encodeEvent = (e: ApiEvent): string => {
  const row = stringifyColumns(e);
  return row.includes('\\ud') ? row.replace(LONE_SURROGATE, '$1\ufffd') : row;
};

/** How JSON.stringify writes half a surrogate pair; an escaped backslash before it would make it plain text. */
const LONE_SURROGATE = /(?<!\\)((?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g;

const stringifyColumns = (e: ApiEvent): string =>
  JSON.stringify([
    e.tenant,
    e.gateway,
    e.id,
    e.hasRequestId ? 1 : 0,
    e.kind,
    e.startedAt,
    e.receivedAt,
    e.consumerId,
    e.consumerName,
    e.consumerCustomId,
    e.consumerTags,
    e.credentialId,
    e.credentialFingerprint,
    e.clientIp,
    e.method,
    e.host,
    e.path,
    e.pathTemplate,
    e.query,
    e.status,
    e.answeredBy,
    e.refusal,
    e.requestBytes,
    e.responseBytes,
    e.latencyTotalMs,
    e.latencyKongMs,
    e.latencyUpstreamMs,
    e.tries,
    e.serviceId,
    e.serviceName,
    e.routeId,
    e.routeName,
    e.userAgent,
    e.requestContentType,
    e.responseContentType,
    e.tlsVersion,
    e.attacks,
    e.dataClasses,
    e.clientFingerprint,
    e.forwardedFor,
    e.methodOverride,
    e.rateLimit,
    e.rateRemaining,
    e.country,
    e.asn,
    e.network,
    e.location,
    e.threat,
    e.ruleMatches,
    e.upstream,
  ]);

/** The stored row: the text that collect wrote plus the two stored columns. */
export const completeRow = (row: string, busPosition: number, blockEcho: boolean): string =>
  `${row.slice(0, -1)},${busPosition},${blockEcho ? 1 : 0}]`;

/** Rows of one bus message: text lines without the final newline. */
export const splitRows = (value: Buffer): string[] => (value.length === 0 ? [] : value.toString('utf8').split('\n'));

/** All rows of a message at once; throws SyntaxError or RangeError on anything that `encodeEvent` did not write. */
export const decodeRows = (rows: readonly string[]): ApiEvent[] => parseRows(rows).map(decodeColumns);

/** A bus message: its rows, those of an older version rewritten, and the events in them. Throws as `decodeRows`. */
export const readMessage = (value: Buffer): { readonly rows: string[]; readonly events: ApiEvent[] } => {
  const rows = splitRows(value);
  const parsed = parseRows(rows);
  const events = parsed.map(decodeColumns);
  parsed.forEach(({ length }, i) => {
    const event = events[i];
    if (event && length < EVENT_COLUMNS.length) rows[i] = encodeEvent(event);
  });
  return { rows, events };
};

const parseRows = (rows: readonly string[]): unknown[][] => JSON.parse(`[${rows.join(',')}]`) as unknown[][];

/** Of the columns that came after the format's first version; before them nobody asked. */
const FIRST_COLUMNS = EVENT_COLUMNS.indexOf('attacks');
const LATER_DEFAULTS: readonly unknown[] = ['', '', '', '', '', -1, -1, '', 0, '', '', '', '', ''];

/** Guaranteed by encodeEvent, the format's only writer; the length guards against another version. */
export const decodeColumns = (columns: readonly unknown[]): ApiEvent => {
  if (!(columns.length >= FIRST_COLUMNS)) throw new RangeError(`event row has ${columns.length} columns`);
  const c =
    columns.length >= EVENT_COLUMNS.length
      ? columns
      : [...columns, ...LATER_DEFAULTS.slice(columns.length - FIRST_COLUMNS)];
  return {
    tenant: c[0] as string,
    gateway: c[1] as string,
    id: c[2] as string,
    hasRequestId: c[3] === 1,
    kind: c[4] as ApiEvent['kind'],
    startedAt: c[5] as number,
    receivedAt: c[6] as number,
    consumerId: c[7] as string,
    consumerName: c[8] as string,
    consumerCustomId: c[9] as string,
    consumerTags: c[10] as string[],
    credentialId: c[11] as string,
    credentialFingerprint: c[12] as string,
    clientIp: c[13] as string,
    method: c[14] as string,
    host: c[15] as string,
    path: c[16] as string,
    pathTemplate: c[17] as string,
    query: c[18] as string,
    status: c[19] as number,
    answeredBy: c[20] as AnsweredBy,
    refusal: c[21] as Refusal,
    requestBytes: c[22] as number,
    responseBytes: c[23] as number,
    latencyTotalMs: c[24] as number,
    latencyKongMs: c[25] as number,
    latencyUpstreamMs: c[26] as number,
    tries: c[27] as number,
    serviceId: c[28] as string,
    serviceName: c[29] as string,
    routeId: c[30] as string,
    routeName: c[31] as string,
    userAgent: c[32] as string,
    requestContentType: c[33] as string,
    responseContentType: c[34] as string,
    tlsVersion: c[35] as string,
    attacks: c[36] as string,
    dataClasses: c[37] as string,
    clientFingerprint: c[38] as string,
    forwardedFor: c[39] as string,
    methodOverride: c[40] as string,
    rateLimit: c[41] as number,
    rateRemaining: c[42] as number,
    country: c[43] as string,
    asn: c[44] as number,
    network: c[45] as ApiEvent['network'],
    location: c[46] as string,
    threat: c[47] as string,
    ruleMatches: c[48] as string,
    upstream: c[49] as string,
  };
};
