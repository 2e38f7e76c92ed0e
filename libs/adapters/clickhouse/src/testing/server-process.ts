import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const LOADER = fileURLToPath(new URL('../../testing/ts-loader.mjs', import.meta.url));
/** By path: a package that stands on this one cannot be imported by it. */
const SERVER = fileURLToPath(new URL('../../../../../tools/clickhouse-http/src/main.ts', import.meta.url));

export const USER = 'outrider';
export const PASSWORD = 'p@ss:word/1';

/** tools/clickhouse-http as a process of its own, on a folder of its own. For specs. */
export class ServerProcess {
  #child: ChildProcess | undefined;
  #errors = '';
  #port = 0;

  static async start(more: readonly string[] = []): Promise<ServerProcess> {
    const server = new ServerProcess(mkdtempSync(join(tmpdir(), 'outrider-clickhouse-http-')), more);
    await server.start();
    return server;
  }

  private constructor(
    readonly dir: string,
    private readonly more: readonly string[],
  ) {}

  get port(): number {
    return this.#port;
  }

  /** As CLICKHOUSE_URL has it. */
  url(database = 'outrider'): string {
    return `http://${USER}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${this.#port}/${database}`;
  }

  /** On the folder and, after the first time, the port that it had. */
  async start(): Promise<void> {
    const options = ['--dir', this.dir, '--port', String(this.#port), '--user', USER, '--password', PASSWORD];
    const child = spawn(
      process.execPath,
      ['--import', LOADER, '--conditions=@outrider/source', SERVER, ...options, '--with-parent', ...this.more],
      { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, NODE_OPTIONS: '' } },
    );
    this.#child = child;
    child.stderr.on('data', (data: Buffer) => (this.#errors = `${this.#errors}${data.toString()}`.slice(-4_000)));
    this.#port = await new Promise<number>((resolve, reject) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        const [, port] = /ready at http:\/\/[^:]+:(\d+)/.exec(line) ?? [];
        if (port !== undefined) resolve(Number(port));
      });
      child.once('exit', (code) => reject(new Error(`clickhouse-http ended with ${code}: ${this.#errors}`)));
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'close');
    child.kill(signal);
    await ended;
  }

  async remove(): Promise<void> {
    await this.end('SIGKILL');
    rmSync(this.dir, { recursive: true, force: true });
  }
}
