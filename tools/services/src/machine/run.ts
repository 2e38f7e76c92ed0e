import { spawn, type SpawnOptions } from 'node:child_process';

const KEPT = 8_000;

export interface Output {
  readonly code: number;
  /** The last 8,000 characters of both streams. */
  readonly text: string;
}

/** Runs a command to its end; it is killed after `limitMs`. Rejects only when it could not be started. */
export const run = (
  command: string,
  args: readonly string[],
  limitMs: number,
  options: SpawnOptions = {},
): Promise<Output> =>
  new Promise((resolve, reject) => {
    let text = '';
    const child = spawn(command, [...args], { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
    const keep = (chunk: Buffer): void => {
      text = (text + chunk.toString('utf8')).slice(-KEPT);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code: code ?? -1, text: signal === null ? text : `${text}\n(ended by ${signal})` });
    });
  });
