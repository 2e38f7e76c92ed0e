import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { drainPending, Session } from 'chdb';
import { lockDataDir } from '@outrider/clickhouse/embedded/data-dir-lock';
import { healDeduplication } from '@outrider/clickhouse/embedded/heal-deduplication';
import { ClickHouseException, exceptionOf } from './clickhouse-exception.ts';
import { answerOf, preparation, rawInsertOf, type Statement } from './statement.ts';

/** As a server counts them. */
export interface Progress {
  readonly readRows: number;
  readonly readBytes: number;
  readonly writtenRows: number;
  readonly writtenBytes: number;
  readonly resultBytes: number;
  readonly elapsedNs: number;
}

export interface Answer {
  readonly format: string;
  readonly progress: Progress;
  /** Rejects with ClickHouseException when the statement fails after its first bytes. Read to the end or returned early. */
  readonly body: AsyncGenerator<Uint8Array>;
}

const NOTHING: Progress = {
  readRows: 0,
  readBytes: 0,
  writtenRows: 0,
  writtenBytes: 0,
  resultBytes: 0,
  elapsedNs: 0,
};

/** For a machine of two cores that also runs everything else; a server's own names. */
const ENGINE_ARGUMENTS = [
  '--background_pool_size=2',
  '--background_merges_mutations_concurrency_ratio=1',
  '--mark_cache_size=134217728',
  '--index_mark_cache_size=67108864',
  '--primary_index_cache_size=134217728',
  '--max_server_memory_usage=3000000000',
];

/**
 * ClickHouse in this process. Each statement has a connection of its own (a tenth of a millisecond to make), so that settings,
 * parameters and the database of one request are never seen by another, as over HTTP.
 */
export class Engine {
  readonly version: string;
  readonly #keeper: Session;

  /** The folder is this process's alone until `close`. */
  static async open(folder: string, cluster?: string): Promise<Engine> {
    const dir = resolve(folder);
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const release = lockDataDir(dir);
    try {
      healDeduplication(dir);
      const clustered = cluster === undefined ? [] : [`--config-file=${oneShardCluster(dir, cluster)}`];
      const keeper = new Session(dir, { connectionArgs: [...ENGINE_ARGUMENTS, ...clustered] });
      const version = (await keeper.queryAsync('SELECT version()', { format: 'TabSeparatedRaw' })).text().trim();
      return new Engine(dir, keeper, version, release);
    } catch (error) {
      release();
      throw error;
    }
  }

  private constructor(
    private readonly dir: string,
    keeper: Session,
    version: string,
    private readonly release: () => void,
  ) {
    this.#keeper = keeper;
    this.version = version;
  }

  connect(): Session {
    return new Session(this.dir);
  }

  /** Runs one statement. The connection is in use until the answer's body has ended; closing it is the caller's. */
  async run(session: Session, statement: Statement): Promise<Answer> {
    try {
      const prepared = preparation(statement);
      if (prepared !== undefined) await session.queryAsync(prepared);
      const raw = rawInsertOf(statement.sql);
      if (raw) {
        const { table, columns, format } = raw;
        const target = columns ? { table, format, columns } : { table, format };
        return inserted(await session.insert({ ...target, values: statement.data }));
      }
      const { format, streamed } = answerOf(statement);
      if (streamed !== undefined && statement.data.length === 0) return await stream(session, streamed, format);
      const started = process.hrtime.bigint();
      const result = await session.queryAsync(textOf(statement), { format: statement.format });
      const bytes = result.bytes();
      const progress: Progress = {
        ...NOTHING,
        readRows: result.rowsRead,
        readBytes: result.bytesRead,
        resultBytes: bytes.length,
        elapsedNs: Number(process.hrtime.bigint() - started),
      };
      return { format, progress, body: once(bytes) };
    } catch (error) {
      throw exceptionOf(error);
    }
  }

  /** Waits for what runs in the engine; nothing may be started after. */
  async close(): Promise<void> {
    await drainPending();
    this.#keeper.close();
    await drainPending();
    this.release();
  }
}

/** The engine takes this address for itself; nothing listens there. */
const oneShardCluster = (dir: string, name: string): string => {
  const file = join(dir, 'one-shard-cluster.xml');
  const replica = '<replica><host>127.0.0.1</host><port>9000</port></replica>';
  const shard = `<shard><internal_replication>true</internal_replication>${replica}</shard>`;
  writeFileSync(
    file,
    `<clickhouse><tcp_port>9000</tcp_port><remote_servers><${name}>${shard}</${name}></remote_servers></clickhouse>\n`,
  );
  return file;
};

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Statement and rows as one text: the engine's only other door, which takes no bytes. */
const textOf = (statement: Statement): string => {
  if (statement.data.length === 0) return statement.sql;
  try {
    return `${statement.sql}\n${utf8.decode(statement.data)}`;
  } catch (error) {
    throw new ClickHouseException(
      48,
      'NOT_IMPLEMENTED',
      'Only text can be inserted this way: the stand-in hands statement and rows to the engine as one text.',
      { cause: error },
    );
  }
};

const inserted = (summary: { rowsWritten: number; bytesWritten: number; elapsed: number }): Answer => ({
  format: 'TabSeparated',
  progress: {
    ...NOTHING,
    readRows: summary.rowsWritten,
    readBytes: summary.bytesWritten,
    writtenRows: summary.rowsWritten,
    writtenBytes: summary.bytesWritten,
    elapsedNs: Math.round(summary.elapsed * 1e9),
  },
  body: once(new Uint8Array(0)),
});

/** The first rows are awaited, so that what is wrong from the beginning is an error with a status. */
const stream = async (session: Session, sql: string, format: string): Promise<Answer> => {
  const chunks = session.queryStream(sql, { format })[Symbol.asyncIterator]();
  const first = await chunks.next();
  const body = async function* (): AsyncGenerator<Uint8Array> {
    try {
      for (let step = first; !step.done; step = await chunks.next()) yield step.value.raw();
    } catch (error) {
      throw exceptionOf(error);
    } finally {
      await chunks.return?.();
    }
  };
  return { format, progress: NOTHING, body: body() };
};

const once = async function* (bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes;
};
