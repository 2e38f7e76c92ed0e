import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, realpathSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseAccount, obstacle, type Account } from '@outrider/postgres/embedded/account';
import { findBinaries } from '@outrider/postgres/embedded/binaries';
import { initialise } from '@outrider/postgres/embedded/cluster';
import { locateCluster } from '@outrider/postgres/embedded/cluster-folder';
import pg from 'pg';
import { freePort } from './machine/free-port.ts';
import { MissingEngineError } from './machine/missing-engine.error.ts';
import { Engine } from './process/engine.ts';
import { remember } from './process/remembered.ts';
import { inServiceFolder, type ServiceFolder } from './process/service-folder.ts';
import type { Service, ServiceOptions } from './service.ts';

export interface PostgresOptions extends ServiceOptions {
  /** Of the superuser `outrider`; a random one by default. Only the first start on a folder sets it. */
  readonly password?: string;
  /** The database that `url` names; made when it is missing. `outrider` by default. */
  readonly database?: string;
}

export interface PostgresService extends Service {
  /** Makes a further database when it is missing, and gives its address. */
  createDatabase(name: string): Promise<string>;
}

const USER = 'outrider';
const START_MS = 60_000;
const STOP_MS = 20_000;
const SETTINGS = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_connections=200',
  'shared_buffers=64MB',
  'io_method=sync',
  'max_wal_senders=0',
  'wal_level=minimal',
  'jit=off',
];
/** After a kill, the orphaned helpers hold lock and shared memory until they notice. LC_MESSAGES keeps the words English. */
const PASSING = /postmaster\.pid|is still in use|could not bind|could not create any TCP\/IP sockets/;

/** PostgreSQL from the binaries in node_modules, durable (fsync stays on), with a password; as root it runs as `postgres` or `nobody`. */
export const startPostgres = (options: PostgresOptions = {}): Promise<PostgresService> =>
  inServiceFolder('postgres', options.dir, (folder) => launch(folder, options));

const launch = async (folder: ServiceFolder, options: PostgresOptions): Promise<PostgresService> => {
  const known = await remember(folder.dir, options.port, async () => ({
    ports: [await freePort()],
    password: options.password ?? randomBytes(18).toString('base64url'),
  }));
  const { password } = known;
  const [port = 0] = known.ports;
  const cluster = await makeCluster(folder.dir, password);
  const { ids } = cluster;
  // the guard removes a temporary folder as the user that it runs as
  if (ids && folder.temporary !== undefined) chownSync(folder.temporary, ids.uid, ids.gid);
  const database = options.database ?? 'outrider';
  const urlOf = (name: string): string =>
    `postgresql://${USER}:${encodeURIComponent(password)}@127.0.0.1:${port}/${encodeURIComponent(name)}`;
  const engine = new Engine({
    ...folder,
    name: 'postgres',
    url: urlOf(database),
    port,
    environment: { DATABASE_URL: urlOf(database) },
    log: options.log ?? (() => undefined),
    logFile: join(folder.dir, 'postgres.log'),
    command: cluster.postgres,
    args: ['-D', cluster.data, '-p', String(port), ...SETTINGS.flatMap((setting) => ['-c', setting])],
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_MESSAGES: 'C' },
    cwd: '/',
    ...(ids ? { ids } : {}),
    answers: () => postgresAnswers(urlOf('postgres')),
    startMs: START_MS,
    stopSignal: 'SIGINT', // "fast": transactions are rolled back, connections ended
    stopMs: STOP_MS,
    passing: PASSING,
  });
  await engine.start();
  const createDatabase = async (name: string): Promise<string> => {
    await ensureDatabase(urlOf('postgres'), name);
    return urlOf(name);
  };
  await createDatabase(database);
  return Object.assign(engine, { createDatabase });
};

interface Cluster {
  readonly postgres: string;
  readonly data: string;
  readonly ids: { readonly uid: number; readonly gid: number } | undefined;
}

const makeCluster = async (dir: string, password: string): Promise<Cluster> => {
  try {
    const account = chooseAccount(dir, undefined);
    openBelowTemporary(dir, account);
    const folder = locateCluster(dir, account);
    const binaries = await findBinaries(folder, account);
    await initialise({ folder, binaries, account, password, superuser: USER });
    const ids = account && { uid: account.uid, gid: account.gid };
    return { postgres: binaries.postgres, data: join(folder.path, 'data'), ids };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'postgres-no-binaries' && code !== 'postgres-no-account') throw error;
    throw new MissingEngineError(error instanceof Error ? error.message : String(error), { cause: error });
  }
};

/**
 * A test's folder by mkdtemp is closed to others, and the database would be kept elsewhere and outlive it. Such a folder of ours is opened for
 * passing through; it still can't be listed.
 */
const openBelowTemporary = (dir: string, account: Account | undefined): void => {
  const root = `${realpathSync(tmpdir())}/`;
  for (let closed = obstacle(join(dir, 'data'), account); closed !== undefined;) {
    const { uid, mode } = statSync(closed);
    if (!realpathSync(closed).startsWith(root) || uid !== process.getuid?.()) return;
    chmodSync(closed, (mode & 0o777) | 0o011);
    closed = obstacle(join(dir, 'data'), account);
  }
};

const postgresAnswers = async (url: string): Promise<boolean> => {
  await withClient(url, (client) => client.query('select 1'));
  return true;
};

const ensureDatabase = (url: string, name: string): Promise<void> =>
  withClient(url, async (client) => {
    const found = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (found.rowCount === 0) await client.query(`create database ${client.escapeIdentifier(name)}`);
  });

const withClient = async <T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000, query_timeout: 10_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await use(client);
  } finally {
    await client.end().catch(() => undefined);
  }
};
