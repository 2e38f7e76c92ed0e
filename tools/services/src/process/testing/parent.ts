import { existsSync } from 'node:fs';
import { Engine } from '../engine.ts';
import { processTree } from '../process-tree.ts';

/** Starts an engine of two processes that serves nothing, and says their numbers and the guard's; the specs then kill us. */
const [dir = '', mode = ''] = process.argv.slice(2);
const engine = new Engine({
  name: 'redis',
  url: 'redis://127.0.0.1:1',
  port: 1,
  environment: {},
  dir,
  temporary: dir,
  log: () => undefined,
  logFile: `${dir}/log`,
  command: '/bin/sh',
  args: ['-c', 'sleep 600 & touch ready; wait'],
  env: { PATH: '/usr/bin:/bin' },
  cwd: dir,
  answers: () => Promise.resolve(existsSync(`${dir}/ready`)),
  startMs: 5_000,
  stopSignal: 'SIGTERM',
  stopMs: 5_000,
});
await engine.start();
if (mode === 'paused') engine.pause();
console.log(processTree(engine.pid ?? 0).join(' '));
if (mode !== 'ends') setInterval(() => undefined, 1_000);
