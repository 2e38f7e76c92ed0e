import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ClickHouseException, exceptionOf } from './engine/clickhouse-exception.ts';
import { Engine } from './engine/engine.ts';
import { NamedSessions } from './engine/named-sessions.ts';
import { Places } from './engine/places.ts';
import { authenticate, type Credentials } from './http/authenticate.ts';
import { HeldBytes, readBody } from './http/body.ts';
import { headOf, statementOf, type RequestHead } from './http/request-statement.ts';
import { sendAnswer, sendException, sendText } from './http/respond.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';

export interface ServerOptions {
  readonly dir: string;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Default: user `default` without a password. */
  readonly credentials?: Credentials;
  readonly limits?: Partial<Limits>;
  /** Name of a cluster with one shard, which is this process. */
  readonly cluster?: string;
}

export interface ClickHouseHttp {
  readonly port: number;
  /** Without credentials and database. */
  readonly url: string;
  /** Waits for running statements, a bounded time. */
  stop(): Promise<void>;
}

/** ClickHouse's HTTP interface in front of the engine in this process. One at a time in a process, and on a folder. */
export const startClickHouseHttp = async (options: ServerOptions): Promise<ClickHouseHttp> => {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const engine = await Engine.open(options.dir, options.cluster);
  const handler = new Handler(engine, options.credentials ?? { user: 'default', password: '' }, limits);
  const server = createServer({ requestTimeout: limits.requestMs, keepAliveTimeout: limits.keepAliveMs });
  server.maxConnections = limits.connections;
  server.on('request', (request, response) => void handler.handle(request, response));
  try {
    await listen(server, options.port, options.host);
  } catch (error) {
    await engine.close();
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  const stop = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeIdleConnections();
    await Promise.race([handler.close(), afterMs(limits.stopMs)]);
    server.closeAllConnections();
    await closed;
    await engine.close();
  };
  let stopped: Promise<void> | undefined;
  return { port, url: `http://${host}:${port}`, stop: () => (stopped ??= stop()) };
};

/** What happens to one request. */
class Handler {
  readonly #places: Places;
  readonly #held: HeldBytes;
  readonly #sessions: NamedSessions;
  readonly #running = new Set<string>();

  constructor(
    private readonly engine: Engine,
    private readonly credentials: Credentials,
    private readonly limits: Limits,
  ) {
    this.#places = new Places(limits.running, limits.waiting);
    this.#held = new HeldBytes(limits.heldBytes);
    this.#sessions = new NamedSessions(() => engine.connect(), limits.sessions);
  }

  /** Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => undefined);
    let queryId = '';
    try {
      const url = new URL(request.url ?? '/', 'http://server');
      const { pathname, searchParams } = url;
      if (request.method === 'GET' && (pathname === '/ping' || pathname === '/replicas_status' || isBare(url)))
        return sendText(response, 200, 'Ok.\n');
      if (pathname !== '/') return sendText(response, 404, `There is no handle ${pathname}\n\nUse / or /ping.\n`);
      if (!['GET', 'HEAD', 'POST'].includes(request.method ?? ''))
        return sendText(response, 405, 'Only GET and POST.\n');
      authenticate(request, searchParams, this.credentials);
      const head = headOf(searchParams);
      queryId = head.queryId;
      await this.#statement(request, response, searchParams, head);
    } catch (error) {
      sendException(response, exceptionOf(error), { queryId, version: this.engine.version });
    }
  }

  async close(): Promise<void> {
    await this.#places.close();
    this.#sessions.close();
  }

  async #statement(
    request: IncomingMessage,
    response: ServerResponse,
    url: URLSearchParams,
    head: RequestHead,
  ): Promise<void> {
    const body = await readBody(request, this.limits.bodyBytes, this.#held);
    try {
      const statement = statementOf(request, url, body.bytes);
      if (statement.sql.trim() === '') throw new ClickHouseException(62, 'SYNTAX_ERROR', 'Empty query.');
      const leave = await this.#places.enter();
      try {
        await this.#withSession(head, async (session) => {
          const answer = await this.engine.run(session, statement);
          body.release();
          const told = { queryId: head.queryId, version: this.engine.version };
          await sendAnswer(request, response, answer, told, head.compressed);
        });
      } finally {
        leave();
      }
    } finally {
      body.release();
    }
  }

  async #withSession(head: RequestHead, use: (session: ReturnType<Engine['connect']>) => Promise<void>): Promise<void> {
    if (this.#running.has(head.queryId))
      throw new ClickHouseException(
        216,
        'QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING',
        `Query with id = ${head.queryId} is already running.`,
      );
    const named = head.session ? this.#sessions.take(head.session) : undefined;
    const session = named?.session ?? this.engine.connect();
    this.#running.add(head.queryId);
    try {
      await use(session);
    } finally {
      this.#running.delete(head.queryId);
      if (named) named.release();
      else session.close();
    }
  }
}

/** A server greets who asks nothing. */
const isBare = (url: URL): boolean => url.pathname === '/' && !url.searchParams.has('query');

const listen = (server: Server, port: number, host: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });

const afterMs = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref());
