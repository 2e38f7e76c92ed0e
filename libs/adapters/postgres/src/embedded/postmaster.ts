import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { TransientError } from '@outrider/platform/errors';
import { isAlive } from '@outrider/platform/process-alive';
import type { Account } from './account.ts';
import type { Binaries } from './binaries.ts';
import { CHILD_ENV, ids } from './cluster.ts';
import { answers, freePort } from './probes.ts';

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
/**
 * Refusals that pass by themselves: a killed server that nobody has reaped yet holds its lock, its orphaned helpers hold the shared
 * memory until they notice, and a free port may be taken meanwhile. PostgreSQL's log has no codes; LC_MESSAGES keeps it English.
 */
const PASSING = ['postmaster.pid', 'is still in use', 'could not bind', 'could not create any TCP/IP sockets'];
const ATTEMPTS = 20;
const BETWEEN_ATTEMPTS_MS = 500;
const STOP_MS = 30_000;
const LINES_KEPT = 50;

/**
 * The server that runs on `data` already, left over from an earlier process of ours, once it answers (it may be in recovery).
 * Undefined when there is none, or it is only just dying.
 */
const adopt = async (data: string, urlAt: (port: number) => string): Promise<Endpoint | undefined> => {
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

/** Takes over the server that runs on `data`, or starts one, and resolves once it answers. */
export const adoptOrLaunch = async (options: LaunchOptions): Promise<Endpoint & { readonly adopted: boolean }> => {
  let lines: readonly string[] = [];
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const running = await adopt(options.data, options.urlAt);
    if (running) return { ...running, adopted: true };
    const port = options.port ?? (await freePort());
    const tried = await launchOnce(options, port);
    if ('pid' in tried) return { pid: tried.pid, port, adopted: false };
    lines = tried.lines;
    if (!lines.some((line) => PASSING.some((text) => line.includes(text)))) break;
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
