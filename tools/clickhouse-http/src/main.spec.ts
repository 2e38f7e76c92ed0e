import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const LOADER = fileURLToPath(new URL('../../../libs/adapters/clickhouse/testing/ts-loader.mjs', import.meta.url));
const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

let dir: string;
const started = new Set<ChildProcess>();
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'clickhouse-http-'));
});
afterEach(() => {
  for (const child of started) child.kill('SIGKILL');
  started.clear();
  rmSync(dir, { recursive: true, force: true });
});

const run = (...args: string[]): ChildProcess => {
  const child = spawn(process.execPath, ['--import', LOADER, '--conditions=@outrider/source', MAIN, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  started.add(child);
  return child;
};

const ready = async (child: ChildProcess): Promise<string> => {
  if (!child.stdout) throw new Error('no output');
  for await (const line of createInterface({ input: child.stdout })) {
    const [, url] = /^clickhouse-http ready at (http:\S+)$/.exec(line) ?? [];
    if (url !== undefined) return url;
  }
  throw new Error('it ended before it was ready');
};

const ask = async (url: string, body: string): Promise<string> => {
  const reply = await fetch(url, { method: 'POST', body });
  return reply.text();
};

it('keeps what was stored over a kill and a clean end, and gives up its folder', async () => {
  const first = run('--dir', dir, '--port', '0');
  const url = await ready(first);
  await ask(url, 'CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a');
  await ask(url, 'INSERT INTO t VALUES (1), (2)');
  first.kill('SIGKILL');
  await once(first, 'close');
  const second = run('--dir', dir, '--port', '0');
  expect(await ask(await ready(second), 'SELECT count() FROM t')).toBe('2\n');

  const other = run('--dir', dir, '--port', '0');
  let said = '';
  other.stderr?.on('data', (data: Buffer) => (said += data.toString()));
  expect((await once(other, 'close'))[0]).toBe(1);
  expect(said).toContain(`in use by process ${second.pid}`);

  second.kill('SIGTERM');
  expect(await once(second, 'close')).toEqual([0, null]);
  const third = run('--dir', dir, '--port', '0');
  expect(await ask(await ready(third), 'SELECT count() FROM t')).toBe('2\n');
}, 60_000);

it('ends when its parent is gone, if it was told to; else nothing piped into it matters', async () => {
  const child = run('--dir', dir, '--port', '0', '--with-parent');
  await ready(child);
  child.stdin?.end();
  expect(await once(child, 'close')).toEqual([0, null]);

  const alone = run('--dir', dir, '--port', '0');
  alone.stdin?.end('[1]\n[2]\n');
  const url = await ready(alone);
  await ask(url, 'CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a');
  await ask(`${url}/?query=${encodeURIComponent('INSERT INTO t (a) FORMAT JSONCompactEachRow')}`, '[3]');
  expect(await ask(url, 'SELECT groupArray(a) FROM t')).toBe('[3]\n');
}, 60_000);

it.each([
  [['--help'], 0, 'usage:'],
  [[], 2, '--dir'],
  [['--dir', 'x', '--port', '70000'], 2, '--port'],
  [['--nonsense'], 2, '--nonsense'],
])('%j ends with %i and says why', async (args, code, text) => {
  const child = run(...args);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data: Buffer) => (said += data.toString()));
  expect((await once(child, 'close'))[0]).toBe(code);
  expect(said).toContain(text);
});
