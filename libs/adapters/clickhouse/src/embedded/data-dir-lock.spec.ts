import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CallerError } from '@outrider/platform/errors';
import { lockDataDir } from './data-dir-lock.ts';

let dir: string;
let file: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'outrider-lock-'));
  file = join(dir, 'outrider.lock');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

it('lets one holder in at a time, and the next one after its release', () => {
  const release = lockDataDir(dir);
  expect(() => lockDataDir(dir)).toThrow(CallerError);
  expect(() => lockDataDir(dir)).toThrow(`process ${process.pid}`);
  release();
  lockDataDir(dir)();
});

it('takes over the lock of a process that was killed', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8');
  const startedAt = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  writeFileSync(file, JSON.stringify({ pid: child.pid, startedAt, nonce: 'x' }));
  expect(() => lockDataDir(dir)).toThrow(`process ${child.pid}`);
  child.kill('SIGKILL');
  await once(child, 'exit');
  lockDataDir(dir)();
});

it('takes over the lock of a process whose id belongs to another one now', () => {
  writeFileSync(file, JSON.stringify({ pid: process.pid, startedAt: '1', nonce: 'x' }));
  lockDataDir(dir)();
});

it.each(['', '{"pid":', 'nonsense'])('takes over a lock that was cut short while it was written: %j', (text) => {
  writeFileSync(file, text);
  lockDataDir(dir)();
});

it('does not release what somebody else holds by now', () => {
  const release = lockDataDir(dir);
  writeFileSync(file, 'another');
  release();
  expect(readFileSync(file, 'utf8')).toBe('another');
});
