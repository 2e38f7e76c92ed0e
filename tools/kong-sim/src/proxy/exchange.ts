import type { JsonObject } from '../json.ts';

/** Header values by lower-cased name, in the order received. Names and values are bytes, one per character. */
export type Headers = Map<string, string[]>;

export interface Try {
  readonly ip: string;
  readonly port: number;
  readonly startedAt: number;
  readonly failedWith?: 502 | 504;
}

/** What a plugin or the gateway itself answers in place of the upstream. */
export interface GatewayAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body: string;
}

/** One request on its way through the gateway, and what is known about it so far. */
export interface Exchange {
  readonly id: string;
  readonly startedAt: number;
  readonly method: string;
  /** Path and query as the client sent them. */
  readonly uri: string;
  /** Without the query, normalised; what routes match. */
  readonly path: string;
  readonly query: string;
  readonly scheme: 'http';
  readonly host: string;
  readonly port: number;
  readonly clientIp: string;
  /** As they go upstream: plugins add and remove. */
  readonly headers: Headers;
  readonly expectsContinue: boolean;
  /** Headers that plugins add to whatever answer goes out. */
  readonly responseHeaders: [string, string][];
  route?: JsonObject;
  service?: JsonObject;
  consumer?: JsonObject;
  /** The credential row that was accepted; absent for an anonymous consumer. */
  credential?: JsonObject;
  /** Below the service; absent until a route with a service is known. */
  upstreamPath?: string;
  /** Set by a plugin that wants the upstream's whole answer. */
  onUpstreamAnswer?: (answer: GatewayAnswer) => void;
  upstreamQuery: string;
  readonly tries: Try[];
  /** The configurations of the plugins that take part, by plugin name. */
  readonly plugins: Map<string, JsonObject>;
}

export const firstHeader = (headers: Headers, name: string): string | undefined => headers.get(name.toLowerCase())?.[0];

/** Kong's own answers carry the request id beside the message. */
export const gatewayError = (
  exchange: Exchange,
  status: number,
  message: string,
  headers: GatewayAnswer['headers'] = {},
): GatewayAnswer => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
  body: `{\n  "message":${JSON.stringify(message)},\n  "request_id":"${exchange.id}"\n}`,
});

/** Errors of the proxying itself follow the Accept header and default to plain text. */
export const proxyError = (exchange: Exchange, status: number, message: string): GatewayAnswer =>
  /application\/json/.test(firstHeader(exchange.headers, 'accept') ?? '')
    ? gatewayError(exchange, status, message)
    : {
        status,
        headers: { 'content-type': 'text/plain; charset=utf-8' },
        body: `${message}\nrequest_id: ${exchange.id}\n`,
      };

/** Plugins that end a request with a table of their own: compact and without a request id. */
export const plainAnswer = (
  status: number,
  body: JsonObject,
  headers: GatewayAnswer['headers'] = {},
): GatewayAnswer => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
  body: JSON.stringify(body),
});
