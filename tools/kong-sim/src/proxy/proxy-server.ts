import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Sources } from '../identifiers.ts';
import { objectAt, stringAt, stringsAt } from '../json.ts';
import { latenciesOf, type Outcome } from '../logging/outcome.ts';
import { chooseGlobalLoggers, pluginHandlers, runAccessPhase } from './access-phase.ts';
import { gatewayError, proxyError, type Exchange, type GatewayAnswer } from './exchange.ts';
import type { GatewayView } from './gateway-view.ts';
import { isUriTooLong, malformedExchange, openExchange, refusalOfMalformed } from './open-exchange.ts';
import { upstreamPath } from './request-uri.ts';
import { writeGatewayAnswer, writeUpstreamHead } from './response-writer.ts';
import { matchRoute } from './route-matcher.ts';
import { UpstreamClient } from './upstream-client.ts';

export interface ProxySettings {
  readonly host: string;
  readonly sources: Sources;
  readonly view: GatewayView;
  readonly clientAddress: (request: IncomingMessage) => string;
  /** Called once per request, when it is over. */
  readonly onDone: (exchange: Exchange, outcome: Outcome) => void;
}

/** What is known of one request while it is served. */
interface Call {
  readonly exchange: Exchange;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly started: number;
  readonly aborted: AbortController;
}

const REDIRECTS = [301, 302, 307, 308];

/** The gateway's data plane. */
export class ProxyServer {
  totalRequests = 0;
  private readonly server: Server;
  private readonly handlers = pluginHandlers();
  private readonly upstreams: UpstreamClient;
  private readonly active = new Set<Promise<void>>();
  /** Bytes read and written on a connection before the request that is being served on it. */
  private readonly before = new WeakMap<Socket, { read: number; written: number }>();

  constructor(private readonly settings: ProxySettings) {
    this.upstreams = new UpstreamClient(settings.sources);
    // A request without a Host is answered here, and logged, as in Kong.
    this.server = createServer({ requireHostHeader: false, maxHeaderSize: 65_536 }, (request, response) => {
      this.serve(request, response);
    });
    this.server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) =>
      this.serve(request, response),
    );
    this.server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) =>
      this.refuseMalformed(error, socket),
    );
  }

  async listen(port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, this.settings.host, () => {
        this.server.off('error', reject);
        resolve();
      });
    });
    return this.port;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
    this.upstreams.close();
  }

  private get port(): number {
    return (this.server.address() as AddressInfo | null)?.port ?? 0;
  }

  private serve(request: IncomingMessage, response: ServerResponse): void {
    this.totalRequests++;
    const { sources, clientAddress } = this.settings;
    // Of a request line that does not fit, nothing is kept.
    const exchange = isUriTooLong(request)
      ? malformedExchange(sources, clientAddress(request), this.port)
      : openExchange(request, sources, clientAddress(request), this.port);
    const call: Call = { exchange, request, response, started: performance.now(), aborted: new AbortController() };
    response.on('close', () => {
      if (!response.writableFinished) call.aborted.abort();
    });
    // An error here is a defect of the simulator; the client sees a broken connection rather than nothing.
    const handled = this.handle(call)
      .catch(() => void response.destroy())
      .finally(() => this.active.delete(handled));
    this.active.add(handled);
  }

  /** Resolves when the requests that are being served now are over and handed to the loggers. */
  async settled(): Promise<void> {
    await Promise.all(this.active);
  }

  private async handle(call: Call): Promise<void> {
    const { exchange } = call;
    const malformed = refusalOfMalformed(exchange, call.request);
    const refusal = malformed ?? this.route(exchange);
    if (refusal !== undefined) {
      chooseGlobalLoggers(exchange, this.world);
      return this.answer(call, refusal);
    }
    const ended = runAccessPhase(exchange, this.handlers, this.world);
    if (ended !== undefined) return this.answer(call, ended);
    if (exchange.service === undefined)
      return this.answer(call, gatewayError(exchange, 503, 'no Service found with those values'));
    await this.forward(call);
  }

  /** Finds route and service; answers where there is none or the protocol is wrong. */
  private route(exchange: Exchange): GatewayAnswer | undefined {
    const { view } = this.settings;
    const match = matchRoute(view.routes, exchange);
    if (match === undefined) return gatewayError(exchange, 404, 'no Route matched with those values');
    if (!stringsAt(match.route, 'protocols').includes('http'))
      return needsTls(exchange, Number(match.route['https_redirect_status_code']));
    exchange.route = match.route;
    const service = view.service(stringAt(objectAt(match.route, 'service'), 'id'));
    if (service === undefined) return undefined;
    exchange.service = service;
    const strips = match.route['strip_path'] === true;
    exchange.upstreamPath = upstreamPath(stringAt(service, 'path'), exchange.path, match.matchedPath, strips);
    return undefined;
  }

  private async forward(call: Call): Promise<void> {
    const { exchange, request, response, aborted } = call;
    if (exchange.expectsContinue) response.writeContinue();
    const body = await readWhole(request);
    const sent = performance.now();
    const result = await this.upstreams.send(exchange, exchange.service ?? {}, body, aborted.signal);
    if (result.kind === 'aborted') {
      const headers = { connection: 'keep-alive' };
      return this.done(call, {
        status: 499,
        source: 'upstream',
        headers,
        upstreamStatus: '-',
        proxyMs: performance.now() - sent,
      });
    }
    const proxyMs = result.waitedMs;
    const latency = {
      'x-kong-upstream-latency': String(Math.round(proxyMs)),
      'x-kong-proxy-latency': String(Math.max(0, Math.round(performance.now() - call.started - proxyMs))),
    };
    if (result.kind === 'failed') {
      const message =
        result.status === 504
          ? 'The upstream server is timing out'
          : 'An invalid response was received from the upstream server';
      const statuses = exchange.tries.map((one) => one.failedWith ?? 0).join(', ');
      const headers = writeGatewayAnswer(exchange, response, proxyError(exchange, result.status, message), {
        ...latency,
        via: '1.1 kong/3.9.3',
      });
      await ended(response);
      return this.done(call, { status: result.status, source: 'kong', headers, upstreamStatus: statuses, proxyMs });
    }
    await this.passOn(call, result.answer, proxyMs, latency);
  }

  private async passOn(
    call: Call,
    answer: IncomingMessage,
    proxyMs: number,
    latency: Record<string, string>,
  ): Promise<void> {
    const { exchange, response } = call;
    const headers = writeUpstreamHead(exchange, response, answer, latency);
    const receiving = performance.now();
    const kept: Buffer[] = [];
    if (exchange.onUpstreamAnswer !== undefined) answer.on('data', (chunk: Buffer) => kept.push(chunk));
    answer.on('error', () => response.destroy());
    answer.pipe(response);
    await ended(response);
    if (!response.writableFinished) answer.destroy();
    const status = answer.statusCode ?? 502;
    const { connection: _, 'transfer-encoding': __, ...cacheable } = headers;
    if (answer.complete)
      exchange.onUpstreamAnswer?.({ status, headers: cacheable, body: Buffer.concat(kept).toString('latin1') });
    const upstreamStatus = [...exchange.tries.flatMap((one) => one.failedWith ?? []), status].join(', ');
    this.done(call, {
      status,
      source: 'upstream',
      headers,
      upstreamStatus,
      proxyMs,
      receiveMs: performance.now() - receiving,
    });
  }

  private async answer(call: Call, answer: GatewayAnswer): Promise<void> {
    const latency = { 'x-kong-response-latency': String(Math.round(performance.now() - call.started)) };
    const headers = writeGatewayAnswer(call.exchange, call.response, answer, latency);
    await ended(call.response);
    this.done(call, { status: answer.status, source: 'kong', headers, upstreamStatus: '' });
  }

  private done(
    { exchange, request, started }: Call,
    result: Omit<Outcome, 'requestBytes' | 'responseBytes' | 'latencies'> & { proxyMs?: number; receiveMs?: number },
  ): void {
    const { socket } = request;
    const before = this.before.get(socket) ?? { read: 0, written: 0 };
    this.before.set(socket, { read: socket.bytesRead, written: socket.bytesWritten });
    this.settings.onDone(exchange, {
      ...result,
      requestBytes: exchange.uri === '' ? 0 : socket.bytesRead - before.read,
      responseBytes: result.status === 499 ? 0 : socket.bytesWritten - before.written,
      latencies: latenciesOf(performance.now() - started, result.proxyMs, result.receiveMs),
    });
  }

  /** What could not be parsed is answered and logged, with nothing known about it but the address. */
  private refuseMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
    if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
    this.totalRequests++;
    const exchange = malformedExchange(this.settings.sources, socket.remoteAddress ?? '', this.port);
    const answer = proxyError(exchange, 400, 'Bad request');
    const headers = {
      ...answer.headers,
      'content-length': String(answer.body.length),
      server: 'kong/3.9.3',
      'x-kong-request-id': exchange.id,
      'x-kong-response-latency': '0',
      connection: 'close',
    };
    const head = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}\r\n`);
    const text = `HTTP/1.1 400 Bad Request\r\n${head.join('')}\r\n${answer.body}`;
    socket.end(text);
    chooseGlobalLoggers(exchange, this.world);
    const sizes = { requestBytes: 0, responseBytes: Buffer.byteLength(text) };
    this.settings.onDone(exchange, {
      status: 400,
      source: 'kong',
      headers,
      upstreamStatus: '',
      ...sizes,
      latencies: latenciesOf(0),
    });
  }

  private get world(): { view: GatewayView; now: () => number } {
    return { view: this.settings.view, now: this.settings.sources.now };
  }
}

const needsTls = (exchange: Exchange, status: number): GatewayAnswer =>
  REDIRECTS.includes(status)
    ? gatewayError(exchange, status, 'Moved', { location: `https://${exchange.host}${exchange.uri}` })
    : gatewayError(exchange, 426, 'Please use HTTPS protocol', { upgrade: 'TLS/1.2, HTTP/1.1', connection: 'Upgrade' });

/** The body, or nothing when the request has none; Kong buffers it too, so that it can try again. */
const readWhole = async (request: IncomingMessage): Promise<Buffer | undefined> => {
  const announced =
    request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined;
  if (!announced) return undefined;
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch {
    // The client went away: the abort signal says so.
  }
  return Buffer.concat(chunks);
};

const ended = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    if (response.writableFinished || response.destroyed) return resolve();
    response.once('finish', () => resolve());
    response.once('close', () => resolve());
  });
