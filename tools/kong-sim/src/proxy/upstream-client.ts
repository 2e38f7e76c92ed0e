import { Agent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as TlsAgent, request as httpsRequest } from 'node:https';
import type { Sources } from '../identifiers.ts';
import { numberAt, stringAt, type JsonObject } from '../json.ts';
import type { Exchange } from './exchange.ts';

export type UpstreamResult =
  | { readonly kind: 'answered'; readonly answer: IncomingMessage; readonly waitedMs: number }
  | { readonly kind: 'failed'; readonly status: 502 | 504; readonly waitedMs: number }
  | { readonly kind: 'aborted'; readonly waitedMs: number };

interface Failure {
  readonly code: 502 | 504;
  /** Nothing was sent, so that another try cannot do something twice. */
  readonly unsent: boolean;
  readonly ip?: string;
}

const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
  'expect',
  'content-length',
];
const NOT_REPEATED = ['POST', 'PATCH', 'LOCK'];

/** Sends a request to its service, with as many tries as the service allows. */
export class UpstreamClient {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 512 });
  private readonly tlsAgent = new TlsAgent({ keepAlive: true, maxSockets: 512, rejectUnauthorized: false });

  constructor(private readonly sources: Sources) {}

  async send(
    exchange: Exchange,
    service: JsonObject,
    body: Buffer | undefined,
    aborted: AbortSignal,
  ): Promise<UpstreamResult> {
    const tries = (numberAt(service, 'retries') ?? 0) + 1;
    const host = stringAt(service, 'host') ?? '';
    const port = numberAt(service, 'port') ?? 80;
    for (let at = 1; ; at++) {
      if (aborted.aborted) return { kind: 'aborted', waitedMs: 0 };
      const startedAt = this.sources.now();
      const started = performance.now();
      const outcome = await this.tryOnce(exchange, service, body, aborted);
      const waitedMs = performance.now() - started;
      if ('answer' in outcome) {
        exchange.tries.push({ ip: outcome.answer.socket.remoteAddress ?? host, port, startedAt });
        return { kind: 'answered', answer: outcome.answer, waitedMs };
      }
      if (aborted.aborted) {
        exchange.tries.push({ ip: host, port, startedAt });
        return { kind: 'aborted', waitedMs };
      }
      exchange.tries.push({ ip: outcome.ip ?? host, port, startedAt, failedWith: outcome.code });
      const repeatable = outcome.unsent || !NOT_REPEATED.includes(exchange.method);
      if (at >= tries || !repeatable) return { kind: 'failed', status: outcome.code, waitedMs };
    }
  }

  close(): void {
    this.agent.destroy();
    this.tlsAgent.destroy();
  }

  private async tryOnce(
    exchange: Exchange,
    service: JsonObject,
    body: Buffer | undefined,
    aborted: AbortSignal,
  ): Promise<{ readonly answer: IncomingMessage } | Failure> {
    const outcome = await new Promise<{ readonly answer: IncomingMessage } | Failure | 'stale'>((resolve) => {
      const request = this.open(exchange, service, body);
      let connected = false;
      const fail = (code: 502 | 504): void => {
        request.destroy();
        resolve({ code, unsent: !connected });
      };
      let timer = setTimeout(() => fail(504), numberAt(service, 'connect_timeout') ?? 60_000);
      const onConnected = (): void => {
        connected = true;
        clearTimeout(timer);
        timer = setTimeout(() => fail(504), numberAt(service, 'read_timeout') ?? 60_000);
      };
      const onAbort = (): void => fail(502);
      aborted.addEventListener('abort', onAbort, { once: true });
      request.on('socket', (socket) => (socket.connecting ? socket.once('connect', onConnected) : onConnected()));
      request.on('response', (answer) => resolve({ answer }));
      request.on('error', (error: NodeJS.ErrnoException & { address?: string }) => {
        // A pooled connection that the upstream closed meanwhile says nothing about this request.
        if (request.reusedSocket && error.code === 'ECONNRESET') resolve('stale');
        else resolve({ code: 502, unsent: !connected, ...(error.address === undefined ? {} : { ip: error.address }) });
      });
      request.on('close', () => clearTimeout(timer));
      request.on('response', () => {
        clearTimeout(timer);
        aborted.removeEventListener('abort', onAbort);
      });
      request.end(body);
    });
    return outcome === 'stale' ? this.tryOnce(exchange, service, body, aborted) : outcome;
  }

  private open(exchange: Exchange, service: JsonObject, body: Buffer | undefined): ClientRequest {
    const tls = ['https', 'grpcs', 'tls'].includes(String(service['protocol']));
    const options = {
      host: stringAt(service, 'host') ?? '',
      port: numberAt(service, 'port') ?? 80,
      method: exchange.method,
      path: `${exchange.upstreamPath ?? '/'}${exchange.upstreamQuery}`,
      headers: upstreamHeaders(exchange, service, body),
      setHost: false,
    };
    return tls ? httpsRequest({ ...options, agent: this.tlsAgent }) : httpRequest({ ...options, agent: this.agent });
  }
}

const upstreamHeaders = (
  exchange: Exchange,
  service: JsonObject,
  body: Buffer | undefined,
): Record<string, string | string[]> => {
  const headers: Record<string, string | string[]> = {};
  for (const [name, values] of exchange.headers)
    if (!HOP_BY_HOP.includes(name)) headers[name] = values.length === 1 ? (values[0] ?? '') : [...values];
  const forwardedFor = exchange.headers.get('x-forwarded-for')?.join(', ');
  const port = numberAt(service, 'port') ?? 80;
  if (exchange.route?.['preserve_host'] !== true) headers['host'] = `${stringAt(service, 'host') ?? ''}:${port}`;
  headers['x-real-ip'] = exchange.clientIp;
  headers['x-forwarded-for'] = forwardedFor === undefined ? exchange.clientIp : `${forwardedFor}, ${exchange.clientIp}`;
  headers['x-forwarded-proto'] = exchange.scheme;
  headers['x-forwarded-host'] = exchange.host;
  headers['x-forwarded-port'] = String(exchange.port);
  headers['x-forwarded-path'] = exchange.uri;
  headers['x-kong-request-id'] = exchange.id;
  if (body !== undefined) headers['content-length'] = String(body.length);
  return headers;
};
