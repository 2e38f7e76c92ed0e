import type { IncomingMessage } from 'node:http';
import { plainAddress } from '../cidr.ts';
import type { Sources } from '../identifiers.ts';
import { proxyError, type Exchange, type GatewayAnswer, type Headers } from './exchange.ts';
import { normalizePath, splitUri } from './request-uri.ts';

/** Kong looks at no more headers than this (lua_max_req_headers). */
const MAX_HEADERS = 100;

export const openExchange = (request: IncomingMessage, sources: Sources, clientIp: string, port: number): Exchange => {
  const uri = request.url ?? '/';
  const { path, query } = splitUri(uri);
  const headers = headersOf(request.rawHeaders);
  return {
    id: sources.generateRequestId(),
    startedAt: sources.now(),
    method: request.method ?? 'GET',
    uri,
    path: normalizePath(path),
    query,
    scheme: 'http',
    // A request that names no host goes to the default server, which is called kong.
    host: (headers.get('host')?.[0] ?? 'kong').replace(/:\d+$/, '').toLowerCase(),
    port,
    clientIp,
    headers,
    expectsContinue: /100-continue/i.test(headers.get('expect')?.[0] ?? ''),
    responseHeaders: [],
    upstreamQuery: query,
    tries: [],
    plugins: new Map(),
  };
};

const headersOf = (raw: readonly string[]): Headers => {
  const headers: Headers = new Map();
  for (let at = 0; at < Math.min(raw.length, 2 * MAX_HEADERS); at += 2) {
    const name = (raw[at] ?? '').toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), raw[at + 1] ?? '']);
  }
  return headers;
};

/** What stands in the log for bytes that were no request: a GET of nothing from the default server. */
export const malformedExchange = (sources: Sources, clientIp: string, port: number): Exchange => ({
  id: sources.generateRequestId(),
  startedAt: sources.now(),
  method: 'GET',
  uri: '',
  path: '/',
  query: '',
  scheme: 'http',
  host: 'kong',
  port,
  clientIp: plainAddress(clientIp),
  headers: new Map(),
  expectsContinue: false,
  responseHeaders: [],
  upstreamQuery: '',
  tries: [],
  plugins: new Map(),
});

/** One header line or the request line may take this much (large_client_header_buffers 4 8k). */
const MAX_LINE_BYTES = 8_192;

export const isUriTooLong = (request: IncomingMessage): boolean => (request.url ?? '').length > MAX_LINE_BYTES;

/** The refusals of nginx itself, before any route is looked for. */
export const refusalOfMalformed = (exchange: Exchange, request: IncomingMessage): GatewayAnswer | undefined => {
  if (isUriTooLong(request)) return proxyError(exchange, 414, 'URI too long');
  const hosts = exchange.headers.get('host') ?? [];
  if ((hosts.length === 0 && request.httpVersion === '1.1') || hosts.length > 1)
    return proxyError(exchange, 400, 'Bad request');
  for (const [name, values] of exchange.headers) {
    if (!values.some((value) => name.length + value.length + 2 > MAX_LINE_BYTES)) continue;
    exchange.headers.delete(name);
    return proxyError(exchange, 400, 'Request header or cookie too large');
  }
  return undefined;
};
