import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { CallerError, TransientError } from '@outrider/platform/errors';
import type { Logger } from '@outrider/platform/logger';
import type { GatewayContext } from '../entry/gateway-context.ts';
import { EntrySplitter } from '../framing/entry-splitter.ts';
import type { PartialBudget } from '../framing/partial-entry.ts';
import { Intake, type IntakeParts } from '../intake.ts';
import { listenOn } from '../listen-on.ts';
import type { CollectMetrics } from '../publish/collect-metrics.ts';
import type { EventPublisher } from '../publish/event-publisher.ts';
import { bodyOf, type BodyBounds, type ContentEncoding } from './entry-body.ts';
import type { IngestTokens } from './ingest-tokens.ts';
import { sendJson, sendProblem, type Problem } from './problem.ts';
import { refusalOfRequest } from './request-check.ts';

export interface HttpSettings extends BodyBounds {
  readonly entryBytes: number;
  readonly requestEntries: number;
  readonly requestsPerGateway: number;
  readonly httpConnections: number;
  readonly headersMs: number;
  readonly requestMs: number;
  readonly keepAliveMs: number;
  readonly drainMs: number;
}

export interface HttpParts extends IntakeParts {
  readonly publisher: EventPublisher;
  readonly budget: PartialBudget;
  readonly tokens: IngestTokens;
  readonly metrics: CollectMetrics;
  readonly log: Logger;
}

/** Retry-After, in seconds: under Kong's own longest retry delay, so that nothing is given up. */
const RETRY_AFTER = '2';
const MAX_HEADER_BYTES = 16_384;

/** `POST /v1/logs` for http-log. Answers 2xx only when every event of the request is durable on the bus. */
export class LogHttpServer {
  readonly #server: Server;
  readonly #inFlight = new Map<string, number>();

  constructor(
    private readonly parts: HttpParts,
    private readonly settings: HttpSettings,
  ) {
    this.#server = createServer(
      {
        maxHeaderSize: MAX_HEADER_BYTES,
        headersTimeout: settings.headersMs,
        requestTimeout: settings.requestMs,
        keepAliveTimeout: settings.keepAliveMs,
        connectionsCheckingInterval: Math.max(100, Math.min(5_000, Math.floor(settings.headersMs / 2))),
      },
      (request, response) => void this.#answer(request, response, false),
    );
    this.#server.maxConnections = settings.httpConnections;
    this.#server.on('drop', () => parts.metrics.connectionsRefused({ transport: 'http', reason: 'too-many' }));
    // Refused before the body is sent.
    this.#server.on(
      'checkContinue',
      (request: IncomingMessage, response: ServerResponse) => void this.#answer(request, response, true),
    );
  }

  /** Resolves with the port; throws CallerError when it cannot be had. */
  listen(host: string, port: number): Promise<number> {
    return listenOn(this.#server, host, port, () =>
      this.parts.metrics.connectionsRefused({ transport: 'http', reason: 'accept' }),
    );
  }

  /** Requests that are under way are answered, within `drainMs`. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const deadline = setTimeout(() => this.#server.closeAllConnections(), this.settings.drainMs);
    await closed;
    clearTimeout(deadline);
  }

  async #answer(request: IncomingMessage, response: ServerResponse, wantsContinue: boolean): Promise<void> {
    response.once('finish', () => this.parts.metrics.requests({ status: String(response.statusCode) }));
    response.on('error', () => undefined);
    try {
      const checked = refusalOfRequest(request, this.parts.tokens, this.settings.bodyBytes);
      if (checked.kind === 'health') sendJson(response, 200, { status: 'ok' });
      else if (checked.kind === 'refused') this.#refuse(request, response, checked.problem);
      else await this.#take(request, response, checked, wantsContinue);
    } catch (error) {
      this.#fail(request, response, error);
    }
  }

  async #take(
    request: IncomingMessage,
    response: ServerResponse,
    checked: { readonly from: GatewayContext; readonly encoding: ContentEncoding; readonly lines: boolean },
    wantsContinue: boolean,
  ): Promise<void> {
    const { key } = checked.from;
    const running = this.#inFlight.get(key) ?? 0;
    if (this.parts.publisher.isFull) {
      this.#refuse(request, response, {
        status: 503,
        detail: 'the bus is behind; try again',
        headers: { 'retry-after': RETRY_AFTER },
      });
      return;
    }
    if (running >= this.settings.requestsPerGateway) {
      this.#refuse(request, response, {
        status: 429,
        detail: 'too many requests of this gateway at once',
        headers: { 'retry-after': '1' },
      });
      return;
    }
    this.#inFlight.set(key, running + 1);
    try {
      if (wantsContinue) response.writeContinue();
      await this.#collect(request, response, checked);
    } finally {
      this.#inFlight.set(key, (this.#inFlight.get(key) ?? 1) - 1);
    }
  }

  async #collect(
    request: IncomingMessage,
    response: ServerResponse,
    checked: { readonly from: GatewayContext; readonly encoding: ContentEncoding; readonly lines: boolean },
  ): Promise<void> {
    const intake = new Intake(this.parts, checked.from, 'http', true);
    const splitter = new EntrySplitter(intake, this.settings.entryBytes, this.parts.budget, checked.lines);
    let bytes = 0;
    try {
      for await (const chunk of bodyOf(request, checked.encoding, this.settings)) {
        bytes += chunk.length;
        splitter.push(chunk);
        if (intake.count > this.settings.requestEntries)
          throw new CallerError('too many entries in one request', 'too-large', 413);
      }
    } catch (error) {
      splitter.dispose();
      throw error;
    }
    splitter.end();
    const events = intake.finish(bytes);
    await this.parts.publisher.acceptDurably(events);
    if (intake.refused === 0) sendJson(response, 200, { accepted: events.length, refused: 0 });
    else
      sendProblem(response, {
        status: 400,
        detail: `${intake.refused} of ${events.length + intake.refused} entries could not be read; the others are kept`,
        accepted: events.length,
        refused: intake.refused,
        errors: intake.errors,
      });
  }

  /** Answers before the body was read; what still comes of it is thrown away, within the bound. */
  #refuse(request: IncomingMessage, response: ServerResponse, problem: Problem): void {
    sendProblem(response, { ...problem, headers: { ...problem.headers, connection: 'close' } });
    let left = this.settings.bodyBytes;
    request.on('error', () => undefined);
    request.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) request.destroy();
    });
  }

  #fail(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    if (error instanceof CallerError) this.#refuse(request, response, { status: error.status, detail: error.message });
    else if (error instanceof TransientError)
      this.#refuse(request, response, { status: 503, detail: error.message, headers: { 'retry-after': RETRY_AFTER } });
    else if (request.destroyed && !request.complete) response.destroy();
    else {
      this.parts.log.error({ err: error }, 'a request of log entries failed');
      this.#refuse(request, response, {
        status: 503,
        detail: 'not taken; try again',
        headers: { 'retry-after': RETRY_AFTER },
      });
    }
  }
}
