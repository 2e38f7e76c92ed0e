import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { CallerError } from '@outrider/platform/errors';
import { eventually } from '@outrider/testing/eventually';
import pg from 'pg';
import { migrateDeploy } from '../migrate-deploy.ts';
import { temporaryFolder } from '../testing/test-postgres.ts';
import { startEmbeddedPostgres, type EmbeddedPostgres, type EmbeddedPostgresOptions } from './embedded-postgres.ts';

const isRoot = process.getuid?.() === 0;
/** What only root meets (dropping rights, folders that others cannot enter) is no test for anybody else. */
const asRoot = (name: string, body: () => Promise<void>, timeoutMs?: number): void => {
  if (isRoot) test(name, body, timeoutMs);
};

let folder: string;
let running: EmbeddedPostgres[] = [];
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const start = async (options: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgres> => {
  const server = await startEmbeddedPostgres({ dir: join(folder, 'postgres'), ...options });
  running.push(server);
  return server;
};

const query = async (url: string, sql: string): Promise<unknown[]> => {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
};

test('is PostgreSQL 18 on 127.0.0.1 alone, durable, and asks for a password that only we can read', async () => {
  const { url, folder: path } = await start();
  const settings = await query(
    url,
    `select name, setting from pg_settings where name in ('fsync', 'synchronous_commit', 'listen_addresses', 'unix_socket_directories', 'full_page_writes', 'server_version_num') order by name`,
  );
  expect(settings).toEqual([
    { name: 'fsync', setting: 'on' },
    { name: 'full_page_writes', setting: 'on' },
    { name: 'listen_addresses', setting: '127.0.0.1' },
    { name: 'server_version_num', setting: expect.stringMatching(/^18/) },
    { name: 'synchronous_commit', setting: 'on' },
    { name: 'unix_socket_directories', setting: '' },
  ]);
  const wrong = new URL(url);
  wrong.password = 'guess';
  await expect(query(wrong.toString(), 'select 1')).rejects.toMatchObject({ code: '28P01' });
  expect(statSync(join(path, 'password')).mode & 0o777).toBe(0o600);
  expect(statSync(join(path, 'data')).mode & 0o777).toBe(0o700);
  expect(readdirSync(path).filter((name) => name.startsWith('password'))).toEqual(['password']);
});

test('none of our settings are in the environment of PostgreSQL', async () => {
  const { pid } = await start();
  if (process.platform === 'linux') expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toContain('NODE_OPTIONS');
});

test('a server that outlived a killed process is taken over with its data', async () => {
  const first = await start();
  await query(first.url, 'create table t (n int)');
  const again = await start();
  expect(again).toMatchObject({ adopted: true, pid: first.pid, url: first.url });
  await query(again.url, 'insert into t values (1)');
});

test('a server that is killed is started again on the same port, with everything that was committed', async () => {
  const server = await start();
  await query(server.url, 'create table t (n int)');
  const { pid } = server;
  process.kill(pid, 'SIGKILL');
  await eventually(() => server.pid !== pid, 30_000);
  expect(await query(server.url, 'select n from t')).toEqual([]);
});

test('after a kill -9 of the server, and of its helpers, everything committed is there', async () => {
  const first = await start({ supervise: false });
  await query(first.url, 'create table t (n int)');
  await query(first.url, 'insert into t select generate_series(1, 1000)');
  process.kill(first.pid, 'SIGKILL');
  const again = await start();
  expect(again.adopted).toBe(false);
  expect(await query(again.url, 'select count(*)::int as n from t')).toEqual([{ n: 1000 }]);
});

test("a postmaster.pid whose number is another program's now is no server of ours", async () => {
  const first = await start();
  await first.stop();
  const stranger = spawn('sleep', ['60'], { stdio: 'ignore' });
  try {
    const pidFile = join(first.folder, 'data', 'postmaster.pid');
    writeFileSync(pidFile, `${stranger.pid}\n${first.folder}/data\n0\n5999\n\n127.0.0.1\n`);
    expect((await start()).adopted).toBe(false);
  } finally {
    stranger.kill('SIGKILL');
  }
});

test('a first start that was killed half way does not spoil the next', async () => {
  mkdirSync(join(folder, 'postgres', 'data.new'), { recursive: true });
  writeFileSync(join(folder, 'postgres', 'data.new', 'PG_VERSION'), '18\n');
  chmodSync(join(folder, 'postgres'), 0o711);
  expect(await query((await start()).url, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('a database of another version, or without its password, is refused with what to do', async () => {
  const { folder: path, stop } = await start();
  running = [];
  await stop();
  writeFileSync(join(path, 'data', 'PG_VERSION'), '17\n');
  await expect(start()).rejects.toThrow(/made by PostgreSQL 17, and this is PostgreSQL 18/);
  rmSync(join(path, 'password'));
  await expect(start()).rejects.toThrow(/"password" is gone/);
});

describe('as root', () => {
  asRoot('runs as a user without rights, who owns the data and nothing else', async () => {
    const { pid, folder: path } = await start();
    expect(statSync(`/proc/${pid}`).uid).not.toBe(0);
    expect(statSync(join(path, 'data')).uid).not.toBe(0);
    for (const name of ['.', 'password']) expect(statSync(join(path, name)).uid).toBe(0);
  });

  asRoot(
    'works below a folder that PostgreSQL cannot enter: the database is kept elsewhere, and found again',
    async () => {
      const closed = join(folder, 'closed');
      mkdirSync(closed, { mode: 0o700 });
      const options = { dir: join(closed, 'outrider', 'postgres'), fallbackDir: join(folder, 'var-lib') };
      const first = await start(options);
      expect(first.folder.startsWith(join(folder, 'var-lib', 'postgres-'))).toBe(true);
      expect(readFileSync(join(options.dir, 'location'), 'utf8').trim()).toBe(first.folder);
      expect(lstatSync(join(first.folder, 'password')).mode & 0o777).toBe(0o600);
      await query(first.url, 'create table t (n int)');
      await first.stop();
      const again = await start(options);
      expect(again.folder).toBe(first.folder);
      expect(await query(again.url, 'select n from t')).toEqual([]);
      await again.stop();
      running = [];
      rmSync(first.folder, { recursive: true });
      await expect(start(options)).rejects.toThrow(/which is gone: bring it back, or remove/);
    },
  );

  asRoot('works under a strict umask', async () => {
    const before = process.umask(0o077);
    try {
      const options = { dir: join(folder, 'made', 'postgres'), fallbackDir: join(folder, 'var', 'lib') };
      mkdirSync(join(folder, 'var'));
      chmodSync(join(folder, 'var'), 0o711);
      expect(await query((await start(options)).url, 'select 1 as one')).toEqual([{ one: 1 }]);
    } finally {
      process.umask(before);
    }
  });

  asRoot('refuses a place of last resort that others can write to, and says what to do', async () => {
    const closed = join(folder, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    const open = join(folder, 'open');
    mkdirSync(open);
    chmodSync(open, 0o777);
    const attempt = start({ dir: join(closed, 'postgres'), fallbackDir: open });
    await expect(attempt).rejects.toThrow(CallerError);
    await expect(attempt).rejects.toThrow(/Set OUTRIDER_DATA to a folder that other users may enter/);
    expect(readdirSync(open)).toEqual([]);
  });

  asRoot('never begins an empty database beside one that became unreachable', async () => {
    const server = await start();
    await server.stop();
    running = [];
    chmodSync(folder, 0o700);
    const elsewhere = { fallbackDir: join(folder, 'var-lib') };
    await expect(start(elsewhere)).rejects.toThrow(/cannot be entered: run "chmod o\+x/);
    expect(existsSync(elsewhere.fallbackDir)).toBe(false);
  });
});

describe('migrations', () => {
  test('are applied once, by one of many processes that start together', async () => {
    const { url } = await start();
    const applied = await Promise.all([1, 2, 3].map(() => migrateDeploy(url)));
    expect(applied.filter((names) => names.length > 0)).toHaveLength(1);
    expect(await migrateDeploy(url)).toEqual([]);
  });

  test('one that was edited after it was applied stops the start, one that fails leaves nothing behind', async () => {
    const { url } = await start();
    const dir = join(folder, 'migrations');
    const write = (name: string, sql: string): void => {
      mkdirSync(join(dir, name), { recursive: true });
      writeFileSync(join(dir, name, 'migration.sql'), sql);
    };
    write('1_a', 'create table a (n int)');
    expect(await migrateDeploy(url, dir)).toEqual(['1_a']);
    write('2_b', 'create table b (n int); create table a (n int)');
    await expect(migrateDeploy(url, dir)).rejects.toThrow('migration 2_b');
    expect(await query(url, `select to_regclass('b') as b`)).toEqual([{ b: null }]);
    write('2_b', 'create table b (n int)');
    expect(await migrateDeploy(url, dir)).toEqual(['2_b']);
    write('1_a', 'create table a (n bigint)');
    await expect(migrateDeploy(url, dir)).rejects.toThrow('edited after it was applied');
  });
});
