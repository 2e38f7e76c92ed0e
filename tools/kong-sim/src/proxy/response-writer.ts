import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Exchange, GatewayAnswer } from './exchange.ts';

export type ResponseHeaders = Record<string, string | string[]>;

const SERVER = 'kong/3.9.3';
/** Headers about one connection, which are not passed on. */
const HOP_BY_HOP = ['connection', 'keep-alive', 'proxy-authenticate', 'te', 'trailer', 'transfer-encoding', 'upgrade'];

/** Sends what the gateway itself answers; returns the headers as the log shows them. */
export const writeGatewayAnswer = (
  exchange: Exchange,
  response: ServerResponse,
  answer: GatewayAnswer,
  latency: ResponseHeaders,
): ResponseHeaders => {
  const headers: ResponseHeaders = {
    ...answer.headers,
    ...addedHeaders(exchange),
    'content-length': String(Buffer.byteLength(answer.body)),
    server: SERVER,
    'x-kong-request-id': exchange.id,
    ...latency,
    connection: connectionOf(response, answer.headers?.['connection']),
  };
  response.writeHead(answer.status, headers);
  response.end(exchange.method === 'HEAD' ? undefined : answer.body);
  return headers;
};

/** Starts to pass on an upstream's answer; returns the headers as the log shows them. */
export const writeUpstreamHead = (
  exchange: Exchange,
  response: ServerResponse,
  answer: IncomingMessage,
  latency: ResponseHeaders,
): ResponseHeaders => {
  const headers: ResponseHeaders = {};
  for (let at = 0; at < answer.rawHeaders.length; at += 2) {
    const name = (answer.rawHeaders[at] ?? '').toLowerCase();
    const value = answer.rawHeaders[at + 1] ?? '';
    const before = headers[name];
    if (HOP_BY_HOP.includes(name)) continue;
    headers[name] = before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value];
  }
  const hasBody = exchange.method !== 'HEAD' && ![204, 304].includes(answer.statusCode ?? 0);
  const chunked = hasBody && headers['content-length'] === undefined && response.req.httpVersion === '1.1';
  Object.assign(headers, addedHeaders(exchange), {
    server: headers['server'] ?? SERVER,
    via: '1.1 kong/3.9.3',
    'x-kong-request-id': exchange.id,
    ...latency,
    ...(chunked ? { 'transfer-encoding': 'chunked' } : {}),
    connection: connectionOf(response),
  });
  response.sendDate = headers['date'] === undefined;
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage, headers);
  return headers;
};

const addedHeaders = (exchange: Exchange): ResponseHeaders => Object.fromEntries(exchange.responseHeaders);

const connectionOf = (response: ServerResponse, extra?: string | string[]): string | string[] => {
  const own = response.shouldKeepAlive ? 'keep-alive' : 'close';
  return typeof extra === 'string' ? [own, extra] : own;
};
