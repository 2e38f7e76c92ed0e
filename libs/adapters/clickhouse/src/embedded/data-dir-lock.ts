import { readFileSync, renameSync, rmSync, writeFileSync, linkSync } from 'node:fs';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { CallerError } from '@outrider/platform/errors';

const LOCK_FILE = 'outrider.lock';
const MAX_ATTEMPTS = 5;

/**
 * One process owns a data folder at a time. The lock of a process that is gone (kill -9, power loss, its id given to somebody else)
 * is taken over; a live holder is a CallerError that names its process id. Returns the release, which never throws.
 */
export const lockDataDir = (dir: string): (() => void) => {
  const file = join(dir, LOCK_FILE);
  const mine = JSON.stringify({ pid: process.pid, startedAt: processStart(process.pid), nonce: randomUUID() });
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    try {
      writeFileSync(file, mine, { flag: 'wx', mode: 0o600 });
      return () => release(file, mine);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
    const holder = readLock(file);
    if (holder === undefined) continue;
    if (isLive(holder)) throw heldError(dir, holder.pid);
    takeAway(file, holder.text);
  }
  throw new CallerError(
    `the data folder ${dir} is being opened by several processes at once`,
    'data-folder-in-use',
    409,
  );
};

interface Holder {
  readonly pid: number;
  readonly startedAt: string;
  readonly text: string;
}

const heldError = (dir: string, pid: number): CallerError =>
  new CallerError(
    `the data folder ${dir} is in use by process ${pid}: stop it, choose another folder, or set CLICKHOUSE_URL to share a ClickHouse server`,
    'data-folder-in-use',
    409,
  );

/** A lock that cannot be read was cut short while it was written: nobody holds it. */
const readLock = (file: string): Holder | undefined => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  const match = /^\{"pid":(\d{1,10}),"startedAt":"([^"]*)"/.exec(text);
  return { pid: Number(match?.[1] ?? 0), startedAt: match?.[2] ?? '', text };
};

const isLive = (holder: Holder): boolean => {
  if (holder.pid <= 0) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return false;
  }
  // The same id with another start is another process; a zombie (start time '') holds nothing.
  const start = processStart(holder.pid);
  return start === holder.startedAt && start !== 'gone';
};

/** Start time of a process in clock ticks since boot, from /proc; `''` where there is no /proc, `gone` for a zombie or no process. */
const processStart = (pid: number): string => {
  if (process.platform !== 'linux') return '';
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? 'gone' : (fields[19] ?? '');
  } catch {
    return 'gone';
  }
};

/** Removes a stale lock, unless somebody else took it over between our reading and now: then theirs is put back. */
const takeAway = (file: string, stale: string): void => {
  const aside = `${file}.${process.pid}.${randomUUID()}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  try {
    if (readFileSync(aside, 'utf8') !== stale) linkSync(aside, file);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
};

const release = (file: string, mine: string): void => {
  try {
    if (readFileSync(file, 'utf8') === mine) rmSync(file, { force: true });
  } catch {
    // Already gone: nothing to release.
  }
};

const codeOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
