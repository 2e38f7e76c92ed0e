import { parseError } from '@clickhouse/client';
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { ChdbConnection, Connection } from 'chdb/connection';
import { TransientError } from '@outrider/platform/errors';
import { rawInsert, rawTarget } from './raw-insert.ts';
import { missingParameter, sessionStatement } from './session-statement.ts';
import { Turnstile } from './turnstile.ts';

type QueryParams = Parameters<Connection<Readable>['query']>[0];
type ExecParams = Parameters<Connection<Readable>['exec']>[0];
type InsertParams = Parameters<Connection<Readable>['insert']>[0];
type Answer = Awaited<ReturnType<ChdbConnection['query']>>;

/** A query id that asks for rows as they are made instead of the whole result at once; a server streams always. */
const STREAM_PREFIX = 'stream-';
export const streamingQueryId = (): string => `${STREAM_PREFIX}${randomUUID()}`;

interface Lane {
  readonly connection: ChdbConnection;
  /** Settings that the query before left in the session. */
  left: ReadonlySet<string>;
}

/** Calls waiting for a lane; beyond it the caller is told to come back. */
const MAX_WAITING = 512;
const READERS = 2;
const PIECE_BYTES = 65_536;

/**
 * chdb behind the connection interface of `@clickhouse/client`, made to behave as a server does. A chdb session runs one query at a
 * time on a thread of libuv's pool (4 threads for the whole process, file system included) and keeps every setting it was given.
 * So: one session (lane) for writing and two for reading, at most three threads; a lane is held by one query, which finds its own
 * settings and parameters and nothing of the one before. Results are streamed when asked (`streamingQueryId`).
 */
export class ChdbLanesConnection implements Connection<Readable> {
  readonly #writers: Turnstile<Lane>;
  readonly #readers: Turnstile<Lane>;
  /** Entered before a reading lane by those who hold one for long, so that short queries always find a lane: a stream's reader may ask some. */
  readonly #streams = new Turnstile(['stream'], MAX_WAITING);
  readonly #lanes: readonly ChdbConnection[];

  /** `connect` opens one more session on the same folder; `closed` is called when all of them are closed. */
  static async open(
    connect: () => ChdbConnection,
    database: string,
    closed: () => Promise<void>,
  ): Promise<ChdbLanesConnection> {
    const connections = Array.from({ length: 1 + READERS }, connect);
    for (const connection of connections) await connection.command({ query: `USE ${database}` });
    return new ChdbLanesConnection(connections, closed);
  }

  private constructor(
    connections: readonly ChdbConnection[],
    private readonly closed: () => Promise<void>,
  ) {
    const lanes = connections.map((connection): Lane => ({ connection, left: new Set() }));
    this.#lanes = connections;
    this.#writers = new Turnstile(lanes.slice(0, 1), MAX_WAITING);
    this.#readers = new Turnstile(lanes.slice(1), MAX_WAITING);
  }

  async query(params: QueryParams): Promise<Answer> {
    if (params.query_id?.startsWith(STREAM_PREFIX)) return this.#stream(params);
    return this.#readers.with((lane) => this.#run(lane, params, () => lane.connection.query({ query: params.query })));
  }

  async exec(params: ExecParams): ReturnType<ChdbConnection['exec']> {
    const { values } = params;
    const target = values === undefined ? undefined : rawTarget(params.query);
    return this.#writers.with((lane) =>
      this.#run(lane, params, async () => {
        if (target && values) return rawInsert(lane.connection, target, await bytesOf(values));
        return lane.connection.exec({ query: params.query, ...(values ? { values } : {}) });
      }),
    );
  }

  async command(params: QueryParams): ReturnType<ChdbConnection['command']> {
    return this.#writers.with((lane) =>
      this.#run(lane, params, () => lane.connection.command({ query: params.query })),
    );
  }

  async insert(params: InsertParams): ReturnType<ChdbConnection['insert']> {
    return this.#writers.with((lane) =>
      this.#run(lane, params, () => lane.connection.insert({ query: params.query, values: params.values })),
    );
  }

  async ping(params: Parameters<Connection<Readable>['ping']>[0]): ReturnType<ChdbConnection['ping']> {
    return this.#readers.with((lane) => lane.connection.ping(params));
  }

  /** Waits for what is running, refuses what comes after. */
  async close(): Promise<void> {
    await Promise.all([this.#streams.close(), this.#writers.close(), this.#readers.close()]);
    for (const lane of this.#lanes) await lane.close();
    await this.closed();
  }

  async #run<T>(lane: Lane, params: QueryParams, execute: () => Promise<T>): Promise<T> {
    params.abort_signal?.throwIfAborted();
    await this.#prepare(lane, params);
    return execute();
  }

  async #prepare(lane: Lane, params: QueryParams): Promise<void> {
    const given = params.query_params ?? {};
    const missing = missingParameter(params.query, given);
    if (missing !== undefined) throw new TypeError(`query parameter ${missing} is not given`);
    const { sql, set } = sessionStatement(lane.left, params.clickhouse_settings ?? {}, given);
    lane.left = new Set([...lane.left, ...set]);
    if (sql !== undefined) await lane.connection.command({ query: sql });
    lane.left = set;
  }

  /** The lane is held until the last row is read or the stream is destroyed. The first rows are awaited, so that errors surface here. */
  async #stream(params: QueryParams): Promise<Answer> {
    const turn = await this.#streams.enter();
    const place = await this.#readers.enter().catch((error: unknown) => {
      turn.release();
      throw error;
    });
    const { lane } = place;
    const release = (): void => {
      place.release();
      turn.release();
    };
    try {
      params.abort_signal?.throwIfAborted();
      await this.#prepare(lane, params);
      const { sql, format } = splitFormat(params.query);
      const chunks = lane.connection.chdb.queryStream(sql, { format })[Symbol.asyncIterator]();
      const first = await chunks.next();
      const bytes = async function* (): AsyncGenerator<Uint8Array> {
        try {
          for (let step = first; !step.done; step = await chunks.next()) yield* pieces(step.value.raw());
        } catch (error) {
          throw clickHouseError(error);
        } finally {
          await chunks.return?.();
          release();
        }
      };
      const stream = Readable.from(bytes(), { objectMode: false, highWaterMark: 1 });
      // A generator that was never begun runs no `finally`: destroying an unread stream must free the lane as well (release is idempotent).
      stream.once('close', () => void Promise.resolve(chunks.return?.()).finally(release));
      return { stream, query_id: params.query_id ?? '', response_headers: {}, http_status_code: 200 };
    } catch (error) {
      release();
      throw clickHouseError(error);
    }
  }
}

/** The client's own error, as chdb's connection gives it for all but streams: the stream's has ClickHouse's code in its text alone. */
const clickHouseError = (error: unknown): unknown => {
  if (!(error instanceof Error) || error.name !== 'ChdbStreamError') return error;
  return Object.assign(parseError(error.message), { cause: error });
};

/** A block is some MB, and whoever takes it apart into rows does so in one turn of the event loop. */
function* pieces(block: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < block.length; at += PIECE_BYTES) yield block.subarray(at, at + PIECE_BYTES);
}

const bytesOf = async (values: Iterable<unknown> | AsyncIterable<unknown>): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  if (typeof values === 'string') return Buffer.from(values);
  for await (const chunk of values) chunks.push(Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk)));
  const [only] = chunks;
  return chunks.length === 1 && only ? only : Buffer.concat(chunks);
};

/** The client ends a query with its format; chdb's stream takes it apart from the query. */
const splitFormat = (query: string): { sql: string; format: string } => {
  const match = /\s+FORMAT\s+([A-Za-z]+)\s*$/.exec(query);
  if (!match?.[1]) throw new TransientError('a streamed query needs a format', 'no-format');
  return { sql: query.slice(0, match.index), format: match[1] };
};
