import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { isAlive } from '@outrider/platform/process-alive';
import { eventually } from '@outrider/testing/eventually';
import { TypescriptChild } from '@outrider/testing/process/typescript-child';
import { Engine, type EngineOptions } from './engine.ts';
import { processTree } from './process-tree.ts';

const LIMIT_MS = 20_000;

describe('an engine', () => {
  let dir: string;
  let engine: Engine | undefined;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'outrider-engine-'));
  });
  afterEach(async () => {
    await engine?.stop();
    engine = undefined;
    rmSync(dir, { recursive: true, force: true });
  });

  /** A shell script as the engine; it answers once the file `ready` is there, unless told otherwise. */
  const scripted = (script: string, options: Partial<EngineOptions> = {}): Engine =>
    (engine = new Engine({
      name: 'redis',
      url: 'redis://127.0.0.1:1',
      port: 1,
      environment: {},
      dir,
      log: () => undefined,
      logFile: join(dir, 'log'),
      command: '/bin/sh',
      args: ['-c', script],
      env: { PATH: '/usr/bin:/bin' },
      cwd: dir,
      answers: () => Promise.resolve(existsSync(join(dir, 'ready'))),
      startMs: 10_000,
      stopSignal: 'SIGTERM',
      stopMs: 5_000,
      ...options,
    }));
  const SLEEPER = 'touch ready; sleep 600 & wait';

  it('that ends while it starts is an error with the end of its log', async () => {
    const failing = scripted('echo "the port is taken" >&2; exit 3').start();
    await expect(failing).rejects.toThrow(/exit code 3/);
    await expect(failing).rejects.toThrow(/the port is taken/);
  });

  it('that does not answer within its bound is an error, and is not left running', async () => {
    const silent = scripted('echo $$ > pid; sleep 600 & wait', { startMs: 400 });
    await expect(silent.start()).rejects.toThrow(/no answer within 400 ms/);
    expect(isAlive(Number(readFileSync(join(dir, 'pid'), 'utf8')))).toBe(false);
  });

  it('that cannot be run at all is an error, not a wait', async () => {
    await expect(scripted('', { command: join(dir, 'absent') }).start()).rejects.toThrow(/exit code 127[^]*absent/);
  });

  it('is tried again when its log says that what was killed has not let go yet', async () => {
    const script = 'if [ -e tried ]; then touch ready; sleep 600; else touch tried; echo "is still in use"; fi';
    await scripted(script, { passing: /is still in use/ }).start();
    expect(engine?.pid).toBeDefined();
  });

  it('is asked to end, and leaves none of its processes behind', async () => {
    const running = scripted(`trap 'touch asked; exit 0' TERM; ${SLEEPER}`);
    await running.start();
    const tree = await eventually(() => {
      const found = processTree(running.pid ?? 0);
      return found.length > 2 ? found : undefined; // engine, guard, and the engine's child
    }, LIMIT_MS);
    await running.stop();
    expect(existsSync(join(dir, 'asked'))).toBe(true);
    await eventually(() => !tree.some(isAlive), LIMIT_MS);
  });

  it('that ignores the request is killed after its bound', async () => {
    const deaf = scripted("trap '' TERM; touch ready; while :; do sleep 0.1; done", { stopMs: 300 });
    await deaf.start();
    const tree = processTree(deaf.pid ?? 0);
    await deaf.stop();
    await eventually(() => !tree.some(isAlive), LIMIT_MS);
  });

  it('ends in order even when it is paused', async () => {
    const paused = scripted(SLEEPER);
    await paused.start();
    const tree = processTree(paused.pid ?? 0);
    paused.pause();
    await paused.stop();
    await eventually(() => !tree.some(isAlive), LIMIT_MS);
  });

  it('stands still with all of its processes while it is paused', async () => {
    const running = scripted('touch ready; (while :; do echo x >> ticks; sleep 0.02; done) & wait');
    await running.start();
    const ticks = (): number => (existsSync(join(dir, 'ticks')) ? readFileSync(join(dir, 'ticks')).length : 0);
    await eventually(() => ticks() > 2, LIMIT_MS);
    running.pause();
    // all but the guard: the engine, its loop, and the loop's `sleep`, which may have ended without its stopped parent taking note (Z)
    const states = (): string[] => processTree(running.pid ?? 0).map(stateOf);
    await eventually(() => states().filter((state) => state !== 'T' && state !== 'Z').length === 1, LIMIT_MS);
    expect(states().length).toBeGreaterThanOrEqual(3);
    const before = ticks();
    running.resume();
    await eventually(() => ticks() > before, LIMIT_MS);
  });

  it('comes back after a kill, as another process', async () => {
    const running = scripted(SLEEPER);
    await running.start();
    const first = running.pid;
    running.kill();
    await eventually(() => running.pid === undefined, LIMIT_MS);
    await running.restart();
    expect(running.pid).toBeDefined();
    expect(running.pid).not.toBe(first);
  });

  it('takes its temporary folder along when it is stopped, and not before', async () => {
    const temporary = mkdtempSync(join(tmpdir(), 'outrider-engine-'));
    const running = scripted(SLEEPER, { temporary });
    await running.start();
    running.kill();
    await running.restart();
    expect(existsSync(temporary)).toBe(true);
    await running.stop();
    expect(existsSync(temporary)).toBe(false);
  });

  it.each([
    ['is killed -9', 'runs'],
    ['is killed -9 while the engine is paused', 'paused'],
    ['comes to its end without a word', 'ends'],
  ])('ends, with its children and its temporary folder, when the process that started it %s', async (_, mode) => {
    const parent = new TypescriptChild(new URL('./testing/parent.ts', import.meta.url), [dir, mode]);
    const line = await eventually(() => parent.lines[0] ?? (parent.running ? '' : parent.errors), LIMIT_MS);
    const tree = line.split(' ').map(Number);
    expect(tree).toHaveLength(3); // engine, its child, the guard
    if (mode === 'ends') await eventually(() => !parent.running, LIMIT_MS);
    else {
      expect(tree.every(isAlive)).toBe(true);
      await parent.kill();
    }
    await eventually(() => !tree.some(isAlive), LIMIT_MS);
    await eventually(() => !existsSync(dir), LIMIT_MS);
  });
});

const stateOf = (pid: number): string => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2)[0] ?? '';
  } catch {
    return '';
  }
};
