import { isObject, type Json, type JsonObject } from '../json.ts';
import type { Exchange, Try } from '../proxy/exchange.ts';
import { parseQuery } from '../proxy/request-uri.ts';
import type { Outcome } from './outcome.ts';

const REDACTED = ['authorization', 'proxy-authorization'];

/**
 * The line that Kong 3.9's logging plugins write for a request, without its line feed.
 * What is unknown is absent, never null. Client bytes are passed on as they came, so a line need not be valid UTF-8.
 */
export const logLine = (exchange: Exchange, outcome: Outcome, workspaceId: string, custom?: JsonObject): Buffer => {
  const entry = entryOf(exchange, outcome, workspaceId);
  applyCustomFields(entry, custom);
  // Lua prints numbers of this size with fourteen digits and an exponent.
  const text = JSON.stringify(entry).replace(
    /"balancer_start_ns":(\d+)/g,
    (_, digits: string) => `"balancer_start_ns":${lua14(digits)}`,
  );
  return Buffer.from(text, 'latin1');
};

const lua14 = (digits: string): string => Number(digits).toPrecision(14).replace(/0+e/, 'e').replace(/\.e/, 'e');

const entryOf = (exchange: Exchange, outcome: Outcome, workspaceId: string): JsonObject => {
  const { route, service, consumer, credential } = exchange;
  const entry: JsonObject = {
    started_at: exchange.startedAt,
    workspace: workspaceId,
    workspace_name: 'default',
    source: outcome.source,
    upstream_status: outcome.upstreamStatus,
    upstream_uri: exchange.upstreamPath === undefined ? '' : exchange.upstreamPath + exchange.upstreamQuery,
    client_ip: exchange.clientIp,
    latencies: { ...outcome.latencies },
    request: {
      id: exchange.id,
      method: exchange.method,
      uri: exchange.uri,
      url: `${exchange.scheme}://${exchange.host}:${exchange.port}${exchange.uri}`,
      querystring: parseQuery(exchange.query),
      headers: shownHeaders(exchange),
      size: outcome.requestBytes,
    },
    response: { status: outcome.status, size: outcome.responseBytes, headers: { ...outcome.headers } },
  };
  if (route !== undefined) {
    entry['route'] = { ...entityBytes(route), ws_id: workspaceId };
    entry['tries'] = exchange.tries.map(shownTry);
  }
  if (service !== undefined) entry['service'] = { ...entityBytes(service), ws_id: workspaceId };
  if (consumer !== undefined) entry['consumer'] = entityBytes(consumer);
  if (credential !== undefined) entry['authenticated_entity'] = { id: credential['id'] ?? '' };
  return entry;
};

const shownHeaders = (exchange: Exchange): JsonObject => {
  const shown = Object.create(null) as JsonObject;
  for (const [name, values] of exchange.headers)
    shown[name] = REDACTED.includes(name) ? 'REDACTED' : values.length === 1 ? (values[0] ?? '') : [...values];
  return shown;
};

const shownTry = ({ ip, port, startedAt, failedWith }: Try): JsonObject => ({
  ip,
  port,
  balancer_start: startedAt,
  balancer_start_ns: startedAt * 1_000_000,
  balancer_latency: 0,
  balancer_latency_ns: 24_576,
  ...(failedWith === undefined ? {} : { state: 'failed', code: failedWith }),
});

/** An entity without its nulls, its text as UTF-8 bytes, one per character. */
const entityBytes = (entity: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(entity).flatMap(([key, value]) => (value === null ? [] : [[key, bytesOf(value)]])));

const bytesOf = (value: Json): Json => {
  if (typeof value === 'string') return Buffer.from(value).toString('latin1');
  if (Array.isArray(value)) return value.map(bytesOf);
  return isObject(value) ? entityBytes(value) : value;
};

/**
 * `custom_fields_by_lua`, as far as it needs no Lua: `return nil` removes the field at a dotted path, `return` of a
 * literal sets it. Other code leaves the entry alone.
 */
const applyCustomFields = (entry: JsonObject, custom: JsonObject | undefined): void => {
  for (const [path, code] of Object.entries(custom ?? {})) {
    const literal = /^\s*return\s+(nil|true|false|-?\d+(?:\.\d+)?|"[^"\\]*"|'[^'\\]*')\s*;?\s*$/.exec(
      String(code),
    )?.[1];
    if (literal === undefined) continue;
    const value: Json | undefined =
      literal === 'nil' ? undefined : (JSON.parse(literal.replace(/^'|'$/g, '"')) as Json);
    setAt(entry, path.split('.'), value);
  }
};

const setAt = (into: JsonObject, [key = '', ...rest]: readonly string[], value: Json | undefined): void => {
  if (rest.length === 0) {
    if (value === undefined) delete into[key];
    else into[key] = value;
    return;
  }
  const inner = into[key];
  if (isObject(inner)) setAt(inner, rest, value);
  else if (value !== undefined) setAt((into[key] = {}) as JsonObject, rest, value);
};
