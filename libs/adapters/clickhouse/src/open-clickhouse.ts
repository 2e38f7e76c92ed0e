import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { ClickHouseLogLevel, createClient, type ClickHouseClient, type ClickHouseSettings } from '@clickhouse/client';
import type { Connection } from 'chdb/connection';
import type { Readable } from 'node:stream';
import { CallerError } from '@outrider/platform/errors';
import { ChdbLanesConnection } from './embedded/chdb-lanes.connection.ts';
import { healDeduplication } from './embedded/heal-deduplication.ts';
import { lockDataDir } from './embedded/data-dir-lock.ts';
import { emptyStandardInput } from './embedded/standard-input.ts';

/** Where our tables live on a fresh engine; a URL may name another one by its path. */
const DATABASE = 'outrider';

export type ClickHouseAddress =
  /** A server: `http(s)://user:password@host:8123/database`. */
  | { readonly url: string }
  /** A folder of this machine: ClickHouse in this process. One process at a time. */
  | { readonly dir: string };

/** The engine, opened: its client, the database that the tables are in, and how to let go of it. */
export interface ClickHouse {
  readonly client: ClickHouseClient;
  readonly database: string;
  /** Makes the database if it is not there: on a server that is a right which only `migrate` needs. */
  createDatabase(): Promise<void>;
  close(): Promise<void>;
}

/** What our results look like wherever they come from: 64-bit numbers of ours are below 2^53. */
const COMMON_SETTINGS: ClickHouseSettings = {
  output_format_json_quote_64bit_integers: 0,
  max_memory_usage: '1000000000',
};
/** Connections to a server; each carries one query. */
const MAX_CONNECTIONS = 16;
/** Above the longest `max_execution_time` of ours; ms. */
const REQUEST_TIMEOUT_MS = 330_000;

/**
 * Opens ClickHouse by its address alone; the client is the same in both cases. CallerError: a malformed URL, a data folder in use,
 * a platform without the embedded engine. Nothing is created on a server here (see `migrate`).
 */
export const openClickHouse = async (address: ClickHouseAddress): Promise<ClickHouse> =>
  'url' in address ? openServer(address.url) : openEmbedded(resolve(address.dir));

const openServer = (address: string): ClickHouse => {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new CallerError(
      'the ClickHouse URL must look like http(s)://user:password@host:8123/database',
      'invalid-url',
    );
  }
  const database = decodeURIComponent(url.pathname.slice(1)) || DATABASE;
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(database))
    throw new CallerError('the ClickHouse URL names no valid database', 'invalid-url');
  const options = {
    url: url.origin,
    ...(url.username ? { username: decodeURIComponent(url.username) } : {}),
    ...(url.password ? { password: decodeURIComponent(url.password) } : {}),
    request_timeout: REQUEST_TIMEOUT_MS,
    max_open_connections: MAX_CONNECTIONS,
    use_multipart_params_auto: true,
    application: 'outrider',
    clickhouse_settings: COMMON_SETTINGS,
    // Errors reach the caller; the client would print them, settings and all, beside our own log.
    log: { level: ClickHouseLogLevel.OFF },
  } as const;
  const client = createClient({ ...options, database });
  // A connection that names a database which is not there yet is refused, so this one names none.
  const createDatabase = async (): Promise<void> => {
    const outside = createClient(options);
    try {
      await outside.command({ query: `CREATE DATABASE IF NOT EXISTS ${database}` });
    } finally {
      await outside.close();
    }
  };
  return { client, database, createDatabase, close: () => client.close() };
};

/**
 * Engine arguments for a process that shares two cores and a few gigabytes with everything else. Names are a server's own:
 * its defaults are made for a machine of its own (16 merging threads, 5 GiB caches).
 */
const ENGINE_ARGUMENTS = [
  '--background_pool_size=2',
  '--background_merges_mutations_concurrency_ratio=1',
  '--mark_cache_size=134217728',
  '--index_mark_cache_size=67108864',
  '--primary_index_cache_size=134217728',
  '--query_condition_cache_size=16777216',
  '--max_server_memory_usage=1500000000',
];

const openEmbedded = async (dir: string): Promise<ClickHouse> => {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const release = lockDataDir(dir);
  try {
    healDeduplication(dir);
    emptyStandardInput();
    const { Session, drainPending } = await import('chdb');
    const { createChdbConnection } = await import('chdb/connection');
    // The first session of a process decides the engine's arguments; it lives as long as the lanes, so that the engine does.
    const engine = new Session(dir, { connectionArgs: ENGINE_ARGUMENTS });
    await engine.queryAsync(`CREATE DATABASE IF NOT EXISTS ${DATABASE}`);
    const lanes = await ChdbLanesConnection.open(
      () => createChdbConnection({ path: dir }),
      DATABASE,
      async () => {
        await drainPending();
        engine.close();
        await drainPending();
        release();
      },
    );
    const client = clientOver(lanes);
    return { client, database: DATABASE, createDatabase: () => Promise.resolve(), close: () => client.close() };
  } catch (error) {
    release();
    throw isUnsupported(error) ? unsupported(error) : error;
  }
};

/** The client's option `connection` is not in its types yet; that it takes any Connection is what chdb/connection is built on. */
const clientOver = (connection: Connection<Readable>): ClickHouseClient =>
  createClient({
    connection,
    clickhouse_settings: { ...COMMON_SETTINGS, max_threads: 2 },
    log: { level: ClickHouseLogLevel.OFF },
  } as never);

const isUnsupported = (error: unknown): boolean =>
  typeof error === 'object' &&
  error !== null &&
  'code' in error &&
  ['CHDB_PLATFORM', 'CHDB_ABI', 'MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'].includes(String(error.code));

const unsupported = (cause: unknown): CallerError =>
  new CallerError(
    `the embedded ClickHouse is not available here (${process.platform}-${process.arch}): set CLICKHOUSE_URL to a ClickHouse server`,
    'no-embedded-clickhouse',
    400,
    { cause },
  );
