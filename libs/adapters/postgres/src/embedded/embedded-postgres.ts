import { join, resolve } from 'node:path';
import pg from 'pg';
import { chooseAccount } from './account.ts';
import { initialise } from './cluster.ts';
import { locateCluster, makeEnterable } from './cluster-folder.ts';
import { findBinaries } from './binaries.ts';
import { keepPassword } from './password-file.ts';
import { adoptOrLaunch } from './postmaster.ts';
import { Supervisor } from './supervisor.ts';

export interface EmbeddedPostgresOptions {
  /** Folder that is PostgreSQL's own, e.g. `<OUTRIDER_DATA>/postgres`; made when it is missing. */
  readonly dir: string;
  readonly database?: string;
  /** TCP port on 127.0.0.1; a free one by default. */
  readonly port?: number;
  /** As root: the user that PostgreSQL runs as; `postgres`, else `nobody`, by default. */
  readonly user?: string;
  /** As root, when `dir` lies below a folder that PostgreSQL's user cannot enter: where the database is kept instead. */
  readonly fallbackDir?: string;
  /** Start it again, on the same port, when it dies; on by default. */
  readonly supervise?: boolean;
  /** PostgreSQL's own log, line by line. */
  readonly log?: (line: string) => void;
}

export interface EmbeddedPostgres {
  /** `postgresql://…` with the password: never to be logged. */
  readonly url: string;
  /** Of the server that runs now. */
  readonly pid: number;
  /** A server that had outlived an earlier process of ours was taken over. */
  readonly adopted: boolean;
  /** Where the database's files are: `dir`, or the place that `dir/location` names. */
  readonly folder: string;
  stop(): Promise<void>;
}

const SUPERUSER = 'outrider';

/**
 * Real PostgreSQL as a child process, from the binaries in node_modules. It is durable (fsync stays on), listens on 127.0.0.1 alone and
 * asks for a password that only the owner of `dir` can read. It outlives a `kill -9` of this process and is then taken over; when it is
 * killed itself it is started again.
 * CallerError: the set-up cannot work, and the message says what to do. TransientError: it did not start this time.
 */
export const startEmbeddedPostgres = async (options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> => {
  const home = resolve(options.dir);
  const database = options.database ?? 'outrider';
  makeEnterable(home);
  const account = chooseAccount(home, options.user);
  const folder = locateCluster(home, account, options.fallbackDir);
  const binaries = await findBinaries(folder, account);
  const password = keepPassword(folder);
  await initialise({ folder, binaries, account, password, superuser: SUPERUSER });

  const data = join(folder.path, 'data');
  const urlAt = (port: number, name: string): string =>
    `postgresql://${SUPERUSER}:${encodeURIComponent(password)}@127.0.0.1:${port}/${name}`;
  const urlOfPostgres = (port: number): string => urlAt(port, 'postgres');
  const log = options.log ?? (() => undefined);
  const launching = { binaries, data, account, log, urlAt: urlOfPostgres };
  const { adopted, ...endpoint } = await adoptOrLaunch({ ...launching, port: options.port });
  await ensureDatabase(urlOfPostgres(endpoint.port), database);
  const supervisor = new Supervisor(endpoint, () => adoptOrLaunch({ ...launching, port: endpoint.port }), log);
  if (options.supervise !== false) supervisor.start();
  return {
    url: urlAt(endpoint.port, database),
    get pid() {
      return supervisor.pid;
    },
    adopted,
    folder: folder.path,
    stop: () => supervisor.stop(),
  };
};

const ensureDatabase = async (url: string, database: string): Promise<void> => {
  const client = new pg.Client(url);
  client.on('error', () => undefined);
  await client.connect();
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [database]);
    if (found.rowCount === 0) await client.query(`create database ${client.escapeIdentifier(database)}`);
  } finally {
    await client.end();
  }
};
