import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { ClickHouseException } from '../engine/clickhouse-exception.ts';
import type { SessionRequest } from '../engine/named-sessions.ts';
import type { Statement } from '../engine/statement.ts';
import { formFields } from './multipart.ts';

/** What the address and the headers say before the body is read. */
export interface RequestHead {
  readonly queryId: string;
  readonly session: SessionRequest | undefined;
  readonly compressed: boolean;
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
const MAX_SESSION_SECONDS = 3_600;

/** Of the interface itself, not of the engine. */
const OWN = new Set([
  'query',
  'user',
  'password',
  'quota_key',
  'database',
  'default_format',
  'query_id',
  'session_id',
  'session_timeout',
  'session_check',
  'close_session',
  'role',
  'stacktrace',
  'compress',
  'decompress',
  'buffer_size',
  'wait_end_of_query',
  'client_protocol_version',
  'framed_blocks',
  'send_progress_in_http_headers',
  'http_headers_progress_interval_ms',
  'http_response_buffer_size',
  'enable_http_compression',
  'http_zlib_compression_level',
  'http_native_compression_disable_checksumming_on_decompress',
  'http_wait_end_of_query',
  'cancel_http_readonly_queries_on_client_close',
]);

export const headOf = (url: URLSearchParams): RequestHead => {
  if (isOn(url.get('compress')) || isOn(url.get('decompress')))
    throw new ClickHouseException(
      48,
      'NOT_IMPLEMENTED',
      "The stand-in does not speak ClickHouse's own block compression.",
    );
  const queryId = url.get('query_id') ?? '';
  if (queryId !== '' && !/^[\x21-\x7e]{1,256}$/.test(queryId))
    throw new ClickHouseException(36, 'BAD_ARGUMENTS', 'query_id must be 1 to 256 visible characters.');
  return {
    queryId: queryId === '' ? randomUUID() : queryId,
    session: sessionOf(url),
    compressed: isOn(url.get('enable_http_compression')),
  };
};

const sessionOf = (url: URLSearchParams): SessionRequest | undefined => {
  const id = url.get('session_id') ?? '';
  if (id === '') return undefined;
  const timeout = url.get('session_timeout') ?? '60';
  if (!/^\d{1,6}$/.test(timeout) || Number(timeout) > MAX_SESSION_SECONDS)
    throw new ClickHouseException(
      374,
      'INVALID_SESSION_TIMEOUT',
      `Session timeout is invalid or larger than ${MAX_SESSION_SECONDS} seconds.`,
    );
  return { id: id.slice(0, 256), timeoutSeconds: Number(timeout), check: isOn(url.get('session_check')) };
};

/** The statement of a request. A `query` of the address is followed by the body, which holds an insert's rows. */
export const statementOf = (request: IncomingMessage, url: URLSearchParams, body: Buffer): Statement => {
  const type = request.headers['content-type'] ?? '';
  const form = /^multipart\/form-data/i.test(type) ? formFields(type, body) : undefined;
  const all = form === undefined ? url : merged(url, form);
  const query = all.get('query') ?? '';
  const inAddress = query.trim() !== '' || form !== undefined;
  return {
    sql: inAddress ? query : body.toString('utf8'),
    data: inAddress && form === undefined ? body : Buffer.alloc(0),
    database: headerOr(request, 'x-clickhouse-database', all.get('database')),
    format: headerOr(request, 'x-clickhouse-format', all.get('default_format')) ?? 'TabSeparated',
    settings: settingsOf(all),
    params: paramsOf(all),
    readonly: request.method === 'GET' || request.method === 'HEAD',
    waitForEnd: isOn(all.get('wait_end_of_query')) || isOn(all.get('http_wait_end_of_query')),
  };
};

const merged = (url: URLSearchParams, form: ReadonlyMap<string, string>): URLSearchParams => {
  const all = new URLSearchParams(url);
  for (const [name, value] of form) all.set(name, value);
  return all;
};

const headerOr = (request: IncomingMessage, header: string, other: string | null): string | undefined => {
  const value = request.headers[header];
  return typeof value === 'string' && value !== '' ? value : (other ?? undefined) || undefined;
};

const settingsOf = (url: URLSearchParams): Map<string, string> => {
  const settings = new Map<string, string>();
  for (const [name, value] of url) {
    if (OWN.has(name) || name.startsWith('param_')) continue;
    if (!NAME.test(name))
      throw new ClickHouseException(115, 'UNKNOWN_SETTING', 'A setting has a name that none can have.');
    settings.set(name, value);
  }
  return settings;
};

const paramsOf = (url: URLSearchParams): Map<string, string> => {
  const params = new Map<string, string>();
  for (const [name, value] of url) {
    if (!name.startsWith('param_')) continue;
    if (!NAME.test(name))
      throw new ClickHouseException(36, 'BAD_ARGUMENTS', 'A parameter has a name that none can have.');
    params.set(name.slice('param_'.length), value);
  }
  return params;
};

const isOn = (value: string | null): boolean => value === '1' || value === 'true';
