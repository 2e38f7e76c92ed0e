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
import { DEFAULT_DATABASE, openServer, type ServerAddress } from './server/open-server.ts';

export type ClickHouseAddress =
  | ServerAddress
  /** A folder of this machine: ClickHouse in this process. One process at a time. */
  | { readonly dir: string };

/** The engine, opened: its client, the database that the tables are in, and how to let go of it. */
export interface ClickHouse {
  readonly client: ClickHouseClient;
  /** The same without a database, for what must be done before there is one. */
  readonly outside: ClickHouseClient;
  readonly database: string;
  /** ON CLUSTER, Replicated engines and Distributed tables; undefined = one server, or this process. */
  readonly cluster: string | undefined;
  /** Over a network: requests are bounded in time, and may be cut. */
  readonly remote: boolean;
  close(): Promise<void>;
}

/** What our results look like wherever they come from: 64-bit numbers of ours are below 2^53. */
const COMMON_SETTINGS: ClickHouseSettings = {
  output_format_json_quote_64bit_integers: 0,
  max_memory_usage: '1000000000',
};
/**
 * Opens ClickHouse by its address alone; the client is the same in both cases. CallerError: a malformed URL, a data folder in use,
 * a platform without the embedded engine. Nothing is created on a server here (see `migrate`).
 */
export const openClickHouse = async (address: ClickHouseAddress): Promise<ClickHouse> =>
  'url' in address ? openServer(address, COMMON_SETTINGS) : openEmbedded(resolve(address.dir));

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
    await engine.queryAsync(`CREATE DATABASE IF NOT EXISTS ${DEFAULT_DATABASE}`);
    const lanes = await ChdbLanesConnection.open(
      () => createChdbConnection({ path: dir }),
      DEFAULT_DATABASE,
      async () => {
        await drainPending();
        engine.close();
        await drainPending();
        release();
      },
    );
    const client = clientOver(lanes);
    return {
      client,
      outside: client,
      database: DEFAULT_DATABASE,
      cluster: undefined,
      remote: false,
      close: () => client.close(),
    };
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
