import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { TransientError } from '@outrider/platform/errors';
import type { Account } from './account.ts';
import type { Binaries } from './binaries.ts';
import { CHILD_ENV, ids } from './cluster.ts';

export interface Endpoint {
  readonly pid: number;
  readonly port: number;
}

export interface LaunchOptions {
  readonly binaries: Binaries;
  readonly data: string;
  readonly account: Account | undefined;
  readonly port: number | undefined;
  readonly log: (line: string) => void;
  readonly urlAt: (port: number) => string;
}

const SETTINGS = [
  'shared_buffers=64MB',
  'max_connections=80',
  'io_method=sync',
  'max_wal_senders=0',
  'wal_level=minimal',
  'jit=off',
  'unix_socket_directories=',
  'listen_addresses=127.0.0.1',
];
const ATTEMPTS = 10;
const BETWEEN_ATTEMPTS_MS = 500;
const START_MS = 60_000; // WAL recovery of a large database included
const STOP_MS = 30_000;
const LINES_KEPT = 50;

/**
 * The server that runs on `data` already, left over from an earlier process of ours, once it answers (it may be in recovery).
 * Undefined when there is none, or it is only just dying.
 */
export const adopt = async (data: string, urlAt: (port: number) => string): Promise<Endpoint | undefined> => {
  const running = runningPostmaster(data);
  if (!running) return undefined;
  if (await answers(urlAt(running.port), () => !isAlive(running.pid))) return running;
  if (!isAlive(running.pid)) return undefined;
  throw new TransientError(`PostgreSQL ${running.pid} holds ${data} but does not let us in`, 'postgres-unreachable');
};

const runningPostmaster = (data: string): Endpoint | undefined => {
  try {
    const lines = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n');
    const [pid, port] = [Number(lines[0]), Number(lines[3])];
    if (!(pid > 0 && port > 0) || !isAlive(pid)) return undefined;
    // after a reboot the number may be another program's
    if (process.platform === 'linux' && !readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(data)) return undefined;
    return { pid, port };
  } catch {
    return undefined; // no such file, or being written: then nothing is ready
  }
};

/** Starts PostgreSQL on `data` and resolves once it answers. */
export const launch = async (options: LaunchOptions): Promise<Endpoint> => {
  let lines: readonly string[] = [];
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = options.port ?? (await freePort());
    const tried = await launchOnce(options, port);
    if ('pid' in tried) return { pid: tried.pid, port };
    lines = tried.lines;
    // A killed server that nobody has reaped yet still holds its lock for a moment; and a free port may be taken meanwhile.
    const mayPass = lines.some((line) => line.includes('postmaster.pid') || line.includes('could not bind'));
    if (!mayPass) break;
    await pause(BETWEEN_ATTEMPTS_MS);
  }
  throw new TransientError(`embedded PostgreSQL did not start:\n${lines.join('\n')}`, 'postgres-start');
};

const launchOnce = async (options: LaunchOptions, port: number): Promise<{ pid: number } | { lines: string[] }> => {
  const lines: string[] = [];
  const args = ['-D', options.data, '-p', String(port), ...SETTINGS.flatMap((setting) => ['-c', setting])];
  // detached: Ctrl-C in a terminal is for us; we stop PostgreSQL last
  const child = spawn(options.binaries.postgres, args, {
    ...ids(options.account),
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe'],
    env: CHILD_ENV,
    detached: true,
  });
  let over = false;
  child.once('exit', () => (over = true));
  child.once('error', (error) => {
    over = true;
    lines.push(error.message);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    for (const line of text.split('\n')) {
      if (line === '') continue;
      lines.push(line);
      if (lines.length > LINES_KEPT) lines.shift();
      options.log(line);
    }
  });
  const answered = await answers(options.urlAt(port), () => over);
  if (answered && child.pid !== undefined) {
    child.unref();
    return { pid: child.pid };
  }
  if (!over && child.pid !== undefined) await stopPostmaster(child.pid);
  return { lines };
};

const answers = async (url: string, isOver: () => boolean): Promise<boolean> => {
  const deadline = Date.now() + START_MS;
  while (!isOver() && Date.now() < deadline) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.end();
      return true;
    } catch (error) {
      await client.end().catch(() => undefined);
      if (isWrongPassword(error)) return false;
      await pause(15);
    }
  }
  return false;
};

const isWrongPassword = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === '28P01';

/** Fast shutdown: open transactions are rolled back, and everything is written. */
export const stopPostmaster = async (pid: number): Promise<void> => {
  try {
    process.kill(pid, 'SIGINT');
  } catch {
    return; // gone already
  }
  const deadline = Date.now() + STOP_MS;
  while (isAlive(pid)) {
    if (Date.now() > deadline) throw new TransientError(`PostgreSQL ${pid} did not stop`, 'postgres-stop');
    await pause(20);
  }
};

/** A zombie is not alive: it only waits for its parent. */
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  if (process.platform !== 'linux') return true;
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};

const freePort = (): Promise<number> =>
  new Promise((found, failed) => {
    const server = createServer().once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === 'object' ? found(address.port) : failed(new Error('no port')),
      );
    });
  });
