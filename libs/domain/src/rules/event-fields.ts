import { endpointOf, type ApiEvent } from '../traffic/api-event.ts';
import { callerIdOf, callerKindOf, type EntityKind } from '../traffic/entity.ts';
import type { FieldAccess } from './condition.ts';

/** A field that a rule may name: how it is read from an event, and how ClickHouse calls it. */
export interface EventField {
  readonly name: string;
  readonly access: FieldAccess<ApiEvent>;
  /** Expression over events_v1; undefined where the store does not hold it. */
  readonly sql: string | undefined;
  /** The kind of entity that its value names, where it names one. */
  readonly entity?: EntityKind;
  /** In the reference: what it holds. */
  readonly about: string;
}

/** `query.<name>`: what the stored outline says of one query parameter. */
export const PARAMETER_PREFIX = 'query.';

/** The field of that name, `query.<name>` included; undefined for what is none. */
export const eventField = (name: string): EventField | undefined => {
  const known = FIELDS.get(name);
  if (known) return known;
  const parameter = name.startsWith(PARAMETER_PREFIX) ? name.slice(PARAMETER_PREFIX.length) : '';
  return PARAMETER_NAME.test(parameter) ? parameterField(name, parameter) : undefined;
};

export const eventFieldNames = (): readonly string[] => [...FIELDS.keys()];

export const eventFields = (): readonly EventField[] => [...FIELDS.values()];

/** Letters, digits and what parameter names are commonly made of: nothing that would need quoting. */
const PARAMETER_NAME = /^[A-Za-z0-9_.[\]-]{1,64}$/;

type KeyOf<T> = { [K in keyof ApiEvent]: ApiEvent[K] extends T ? K : never }[keyof ApiEvent];

const textAt = (key: KeyOf<string>) => (event: ApiEvent) => event[key];
const numberAt = (key: KeyOf<number>) => (event: ApiEvent) => event[key];

const text = (name: string, key: KeyOf<string>, about: string, entity?: EntityKind): EventField => ({
  name,
  access: { kind: 'text', read: textAt(key) },
  sql: name,
  about,
  ...(entity === undefined ? {} : { entity }),
});
/** An enum of the store, which a rule reads as text. */
const choice = (name: string, key: KeyOf<string>, about: string): EventField => ({
  ...text(name, key, about),
  sql: `toString(${name})`,
});
const number = (name: string, key: KeyOf<number>, about: string): EventField => ({
  name,
  access: { kind: 'number', read: numberAt(key) },
  sql: name,
  about,
});
/** Comma-joined in one column. */
const joined = (name: string, key: KeyOf<string>, about: string): EventField => ({
  name,
  access: {
    kind: 'list',
    read: (event) => {
      const value = textAt(key)(event);
      return value === '' ? NONE : value.split(',');
    },
  },
  sql: `splitByChar(',', ${name})`,
  about,
});

const NONE: readonly string[] = [];
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

const beforeColon = (item: string): string => {
  const colon = item.indexOf(':');
  return colon < 0 ? item : item.slice(0, colon);
};

/** Names in the outline `page=int:2&q=text:14`. */
const parameterNames = (event: ApiEvent): readonly string[] =>
  event.query === ''
    ? NONE
    : event.query.split('&').map((part) => {
        const equals = part.indexOf('=');
        return equals < 0 ? part : part.slice(0, equals);
      });

const parameterField = (name: string, parameter: string): EventField => ({
  name,
  access: {
    kind: 'list',
    read: (event) => {
      if (!event.query.includes(parameter)) return NONE;
      const start = `${parameter}=`;
      return event.query
        .split('&')
        .filter((part) => part.startsWith(start))
        .map((part) => part.slice(start.length));
    },
  },
  sql: `arrayMap(p -> substring(p, ${parameter.length + 2}), arrayFilter(p -> startsWith(p, '${parameter}='), splitByChar('&', query)))`,
  about: 'the outline of one query parameter',
});

const derived = (
  name: string,
  about: string,
  sql: string,
  access: FieldAccess<ApiEvent>,
  entity?: EntityKind,
): EventField => ({
  name,
  access,
  sql,
  about,
  ...(entity === undefined ? {} : { entity }),
});

const FIELD_LIST: readonly EventField[] = [
  derived(
    'caller',
    'who calls: consumer, else credential, else address, as `kind:id`',
    "concat(toString(caller_kind), ':', caller_id)",
    {
      kind: 'text',
      read: (event) => `${callerKindOf(event)}:${callerIdOf(event)}`,
    },
  ),
  derived('caller_kind', 'consumer, credential or ip', 'toString(caller_kind)', {
    kind: 'text',
    read: callerKindOf,
  }),
  derived(
    'endpoint',
    '`GET /orders/{id}`',
    "concat(method, ' ', path_template)",
    {
      kind: 'text',
      read: endpointOf,
    },
    'endpoint',
  ),
  derived('hour', 'hour of the day, UTC, 0 to 23', "toHour(started_at, 'UTC')", {
    kind: 'number',
    read: (event) => Math.floor(event.startedAt / HOUR_MS) % 24,
  }),
  derived(
    'minute_of_day',
    'minute of the day, UTC, 0 to 1439',
    "toHour(started_at, 'UTC') * 60 + toMinute(started_at, 'UTC')",
    {
      kind: 'number',
      read: (event) => Math.floor(event.startedAt / MINUTE_MS) % 1440,
    },
  ),
  derived('weekday', 'day of the week, UTC, 1 is Monday', "toDayOfWeek(started_at, 0, 'UTC')", {
    kind: 'number',
    read: (event) => ((Math.floor(event.startedAt / DAY_MS) + 3) % 7) + 1,
  }),
  derived(
    'query_names',
    'names of the query parameters',
    "if(query = '', [], arrayMap(p -> splitByChar('=', p)[1], splitByChar('&', query)))",
    { kind: 'list', read: parameterNames },
  ),
  derived('attack_families', 'injection families in the request: sqli, xss, …', attackSql('attacks'), {
    kind: 'list',
    read: (event) => joinedNames(textAt('attacks')(event)),
  }),
  text('tenant', 'tenant', 'tenant'),
  text('gateway', 'gateway', 'gateway', 'gateway'),
  derived('id', 'request id, 32 hex digits', "lower(replaceAll(toString(id), '-', ''))", {
    kind: 'text',
    read: textAt('id'),
  }),
  choice('kind', 'kind', 'http or stream'),
  text('consumer_id', 'consumerId', "Kong's UUID of the consumer", 'consumer'),
  text('consumer_name', 'consumerName', 'user name of the consumer', 'consumer'),
  text('consumer_custom_id', 'consumerCustomId', 'custom id of the consumer', 'consumer'),
  derived('consumer_tags', "the consumer's tags", 'consumer_tags', {
    kind: 'list',
    read: (event) => event.consumerTags,
  }),
  text('credential_id', 'credentialId', "Kong's id of the credential", 'credential'),
  text('credential_fingerprint', 'credentialFingerprint', 'keyed hash of the presented credential'),
  text('client_ip', 'clientIp', 'address of the client, after trusted proxies', 'ip'),
  text('method', 'method', 'method, upper case'),
  text('host', 'host', 'host that was asked'),
  text('path', 'path', 'path as sent, secrets redacted'),
  text('path_template', 'pathTemplate', 'path with its ids replaced'),
  text('query', 'query', 'the outline of the query: `page=int:2&q=text:14`'),
  number('status', 'status', 'status of the answer'),
  choice('answered_by', 'answeredBy', 'kong or upstream'),
  text('refusal', 'refusal', "why Kong answered itself; '' when the upstream did"),
  number('request_bytes', 'requestBytes', 'size of the request'),
  number('response_bytes', 'responseBytes', 'size of the answer'),
  number('latency_total_ms', 'latencyTotalMs', 'time until the answer was complete'),
  number('latency_kong_ms', 'latencyKongMs', 'time that Kong took'),
  number('latency_upstream_ms', 'latencyUpstreamMs', 'time that the upstream took; -1 when nothing was proxied'),
  number('tries', 'tries', 'attempts of the balancer'),
  text('service_id', 'serviceId', "Kong's UUID of the service", 'service'),
  text('service_name', 'serviceName', 'name of the service', 'service'),
  text('route_id', 'routeId', "Kong's UUID of the route", 'route'),
  text('route_name', 'routeName', 'name of the route', 'route'),
  text('upstream', 'upstream', '`host:port` behind the service, as the service names it'),
  text('user_agent', 'userAgent', 'user agent'),
  text('request_content_type', 'requestContentType', 'content type of the request'),
  text('response_content_type', 'responseContentType', 'content type of the answer'),
  text('tls_version', 'tlsVersion', 'TLS version'),
  text('attacks', 'attacks', 'injection families with their scores: `sqli:8,xss:5`'),
  joined('data_classes', 'dataClasses', 'personal data: `path:email`'),
  text('client_fingerprint', 'clientFingerprint', "hash of the client's stack"),
  text('forwarded_for', 'forwardedFor', 'address that the client claimed for itself'),
  text('method_override', 'methodOverride', 'method that a header asks for'),
  number('rate_limit', 'rateLimit', 'limit that the answer tells'),
  number('rate_remaining', 'rateRemaining', 'what remains of it'),
  text('country', 'country', 'country, two letters'),
  number('asn', 'asn', 'autonomous system; 0 unknown'),
  text('network', 'network', 'hosting, isp, mobile, vpn, tor, …'),
  text('location', 'location', 'latitude, longitude, radius'),
  text('threat', 'threat', 'threat list that names the address'),
  joined('rule_matches', 'ruleMatches', 'what raw conditions matched'),
];

function attackSql(column: string): string {
  return `if(${column} = '', [], arrayMap(a -> splitByChar(':', a)[1], splitByChar(',', ${column})))`;
}

function joinedNames(value: string): readonly string[] {
  return value === '' ? NONE : value.split(',').map(beforeColon);
}

const FIELDS: ReadonlyMap<string, EventField> = new Map(FIELD_LIST.map((field) => [field.name, field]));
