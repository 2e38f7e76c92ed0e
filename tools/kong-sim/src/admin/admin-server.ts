import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KongError } from '../kong-error.ts';
import { AdminFaults, type AdminFault } from './admin-faults.ts';
import { parseAdminBody, readBody, unsupportedType, type AdminAnswer } from './admin-request.ts';
import { answerAdmin, type AdminContext } from './admin-router.ts';

/** One call as it was received, for assertions. */
export interface AdminCall {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** What the caller saw; 0 when it got no answer. */
  readonly status: number;
  /** The request's body as text; empty when there was none. */
  readonly body: string;
  readonly at: number;
}

const HTTP_REASONS: Readonly<Record<number, string>> = { 405: 'Not Allowed' };

export class AdminServer {
  readonly log: AdminCall[] = [];
  private readonly faults = new AdminFaults();
  private readonly server: Server;
  private port = 0;

  constructor(
    private readonly context: AdminContext,
    private readonly host: string,
  ) {
    this.server = createServer((request, response) => {
      this.serve(request, response).catch(() => response.destroy());
    });
  }

  async listen(port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, this.host, () => {
        this.server.off('error', reject);
        resolve();
      });
    });
    this.port = (this.server.address() as AddressInfo).port;
    return this.port;
  }

  async fault(fault: AdminFault | undefined): Promise<void> {
    this.faults.set(fault?.kind === 'refuse' ? undefined : fault);
    if (fault?.kind === 'refuse') await this.close();
    else if (!this.server.listening) await this.listen(this.port);
  }

  async close(): Promise<void> {
    if (!this.server.listening) return;
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const started = performance.now();
    const raw = await readBody(request);
    const call = { method: request.method ?? 'GET', path: request.url ?? '/' };
    const record = (status: number): void => {
      this.log.push({ ...call, status, body: raw.toString(), at: this.context.sources.now() });
    };
    const fault = this.faults.take(call);
    if (fault !== undefined && fault.applies !== true) return misbehave(fault, response, record);
    const answer = this.answer(call, request.headers['content-type'], raw);
    if (fault !== undefined) return misbehave(fault, response, record);
    record(answer.status);
    send(response, call.method, answer, performance.now() - started);
  }

  private answer(call: { method: string; path: string }, contentType: string | undefined, raw: Buffer): AdminAnswer {
    try {
      const parsed = parseAdminBody(contentType, raw);
      if (parsed === undefined) return unsupportedType;
      const url = new URL(call.path, 'http://admin');
      const segments = url.pathname
        .split('/')
        .filter((segment) => segment !== '')
        .map(decodeSegment);
      return answerAdmin(this.context, { method: call.method, segments, query: url.searchParams, ...parsed });
    } catch (error) {
      if (error instanceof KongError) return { status: error.status, body: error.body };
      return { status: 500, body: { message: 'An unexpected error occurred' } };
    }
  }
}

const decodeSegment = (segment: string): string => {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
};

const misbehave = (fault: AdminFault, response: ServerResponse, record: (status: number) => void): void => {
  if (fault.kind === 'status') {
    record(fault.status);
    send(response, 'GET', { status: fault.status, body: { message: 'An unexpected error occurred' } }, 0);
    return;
  }
  record(0);
  if (fault.kind === 'reset') response.destroy();
};

const send = (response: ServerResponse, method: string, answer: AdminAnswer, tookMs: number): void => {
  const text = answer.html ?? (answer.body === undefined ? undefined : JSON.stringify(answer.body));
  response.writeHead(answer.status, HTTP_REASONS[answer.status], {
    ...answer.headers,
    ...(text === undefined
      ? {}
      : {
          'Content-Type': answer.html === undefined ? 'application/json; charset=utf-8' : 'text/html; charset=UTF-8',
          'Content-Length': Buffer.byteLength(text),
        }),
    'X-Kong-Admin-Latency': Math.round(tookMs),
    Server: 'kong/3.9.3',
  });
  response.end(method === 'HEAD' ? undefined : text);
};
