import type { IncomingMessage } from 'node:http';
import type { GatewayContext } from '../entry/gateway-context.ts';
import { encodingOf, type ContentEncoding } from './entry-body.ts';
import type { IngestTokens } from './ingest-tokens.ts';
import type { Problem } from './problem.ts';

export type CheckedRequest =
  | { readonly kind: 'health' }
  | { readonly kind: 'refused'; readonly problem: Problem }
  | {
      readonly kind: 'entries';
      readonly from: GatewayContext;
      readonly encoding: ContentEncoding;
      readonly lines: boolean;
    };

/** http-log can be told to use any of them. */
const METHODS = new Set(['POST', 'PUT', 'PATCH']);
const JSON_TYPES = new Set(['application/json', 'text/json']);
const LINE_TYPES = new Set([
  'application/x-ndjson',
  'application/ndjson',
  'application/jsonl',
  'application/x-jsonlines',
]);

const refused = (status: number, detail: string, headers: Readonly<Record<string, string>> = {}): CheckedRequest => ({
  kind: 'refused',
  problem: { status, detail, headers },
});

/** Everything that can be judged from the request's head, before a byte of the body is read. */
export const refusalOfRequest = (request: IncomingMessage, tokens: IngestTokens, maxBytes: number): CheckedRequest => {
  const url = request.url ?? '';
  const path = url.includes('?') ? url.slice(0, url.indexOf('?')) : url;
  if (path === '/healthz')
    return request.method === 'GET' || request.method === 'HEAD'
      ? { kind: 'health' }
      : refused(405, 'only GET', { allow: 'GET, HEAD' });
  if (path !== '/v1/logs' && path !== '/v1/logs/') return refused(404, 'entries go to /v1/logs');
  if (!METHODS.has(request.method ?? '')) return refused(405, 'entries are posted', { allow: 'POST, PUT, PATCH' });
  const from = tokens.gatewayOf(request.headers);
  if (!from)
    return refused(401, 'a bearer token or an apikey header must name the gateway', { 'www-authenticate': 'Bearer' });
  const type = mediaType(request.headers['content-type']);
  const lines = LINE_TYPES.has(type);
  if (!lines && type !== '' && !JSON_TYPES.has(type))
    return refused(415, 'JSON or NDJSON', { accept: 'application/json, application/x-ndjson' });
  const encoding = encodingOf(request.headers['content-encoding']);
  if (encoding === undefined)
    return refused(415, 'gzip, deflate or no encoding', { 'accept-encoding': 'gzip, deflate' });
  const length = request.headers['content-length'];
  if (length === undefined && request.headers['transfer-encoding'] === undefined)
    return refused(411, 'Content-Length is missing');
  if (length !== undefined && Number(length) > maxBytes) return refused(413, `more than ${maxBytes} bytes`);
  return { kind: 'entries', from, encoding, lines };
};

const mediaType = (header: string | undefined): string => (header ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
