import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CallerError } from '@outrider/platform/errors';
import type { Logger } from '@outrider/platform/logger';
import type { Metrics } from '@outrider/platform/metrics';
import type { HealthReport } from './health-report.ts';

export interface HealthListenerParts {
  readonly report: HealthReport;
  readonly metrics: Metrics;
  readonly log: Logger;
}

const MAX_CONNECTIONS = 64;
const REQUEST_TIMEOUT_MS = 10_000;
const MAX_HEADER_BYTES = 8 * 1024;

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/**
 * `/livez` (the event loop turns), `/readyz` (503 with the names of what is missing) and `/metrics`, without a token: for a private
 * address. It listens before the engines are there, so that a start that waits for them is seen to live.
 */
export class HealthListener {
  readonly #server: Server;

  constructor(private readonly parts: HealthListenerParts) {
    this.#server = createServer(
      { maxHeaderSize: MAX_HEADER_BYTES, requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS },
      (request, response) => void this.#serve(request, response),
    );
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  /** Resolves with the port. CallerError when it is taken or may not be bound. */
  async listen(port: number, host: string): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) =>
        reject(
          new CallerError(
            `HEALTH_PORT ${port} on ${host} cannot be bound (${error.code ?? error.message})`,
            'port-taken',
          ),
        ),
      );
      this.#server.listen(port, host, resolve);
    });
    this.#server.on('error', (error) => this.parts.log.warn({ err: error }, 'health listener'));
    return (this.#server.address() as AddressInfo).port; // a TCP server has no other kind of address
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume();
    const answer = await this.#answer(request).catch((error: unknown): Answer => {
      this.parts.log.warn({ err: error }, 'health listener');
      return text(500, 'failed');
    });
    response.writeHead(answer.status, {
      'content-type': answer.type,
      'content-length': Buffer.byteLength(answer.body),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    response.end(request.method === 'HEAD' ? undefined : answer.body);
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    if (request.method !== 'GET' && request.method !== 'HEAD') return text(405, 'GET or HEAD');
    switch (request.url?.split('?', 1)[0]) {
      case '/livez':
        return text(200, 'ok');
      case '/readyz': {
        const readiness = await this.parts.report.read();
        return {
          status: readiness.status === 'ready' ? 200 : 503,
          type: 'application/json; charset=utf-8',
          body: `${JSON.stringify(readiness)}\n`,
        };
      }
      case '/metrics':
        return { status: 200, type: this.parts.metrics.contentType, body: await this.parts.metrics.text() };
      default:
        return text(404, 'there are /livez, /readyz and /metrics');
    }
  }
}

const text = (status: number, body: string): Answer => ({
  status,
  type: 'text/plain; charset=utf-8',
  body: `${body}\n`,
});
