import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../../../../apps/outrider/bin/outrider.mjs', import.meta.url));
const READY_WITHIN_MS = 120_000;
const STOP_WITHIN_MS = 30_000;
const KEPT_LINES = 80;

/** Outrider as its user runs it: a process of its own, on free ports and a data folder that outlives its deaths. */
export class OutriderProcess {
  readonly #lines: string[] = [];
  #child: ChildProcess | undefined;

  private constructor(
    readonly dataDir: string,
    readonly apiPort: number,
    readonly tcpPort: number,
    readonly httpPort: number,
    readonly adminToken: string,
    readonly ingestToken: string,
    private readonly settings: Readonly<Record<string, string>>,
  ) {}

  /** Prepares, does not start. `settings` are further environment variables. */
  static async prepare(settings: Readonly<Record<string, string>> = {}): Promise<OutriderProcess> {
    const dataDir = await mkdtemp(join(tmpdir(), 'outrider-run-'));
    await chmod(dataDir, 0o711); // PostgreSQL runs as another user when this is run by root
    const [api, tcp, http] = await Promise.all([freePort(), freePort(), freePort()]);
    const token = (): string => randomBytes(24).toString('base64url');
    return new OutriderProcess(dataDir, api, tcp, http, token(), token(), settings);
  }

  get apiUrl(): string {
    return `http://127.0.0.1:${this.apiPort}`;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** The last lines that it wrote to standard error. */
  get output(): string {
    return this.#lines.join('\n');
  }

  /** Resolves with the milliseconds until `/v1/health` said 200. */
  async start(): Promise<number> {
    const started = performance.now();
    const child = spawn(process.execPath, [BIN, 'start'], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        ...process.env,
        OUTRIDER_DATA: this.dataDir,
        API_PORT: String(this.apiPort),
        COLLECT_TCP_PORT: String(this.tcpPort),
        COLLECT_HTTP_PORT: String(this.httpPort),
        API_ADMIN_TOKEN: this.adminToken,
        INGEST_TOKEN: this.ingestToken,
        LOG_FORMAT: 'json',
        LOG_LEVEL: 'warn',
        ...this.settings,
      },
    });
    this.#child = child;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#lines.push(...text.split('\n').filter((line) => line !== ''));
      if (this.#lines.length > KEPT_LINES) this.#lines.splice(0, this.#lines.length - KEPT_LINES);
    });
    if (!(await this.#ready(child))) {
      await this.stop();
      throw new Error(`Outrider did not start:\n${this.output}`);
    }
    return performance.now() - started;
  }

  /** `kill -9`, and waits until it is gone. PostgreSQL, a process of its own, lives on, as it would. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** An orderly stop. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(this.dataDir, { recursive: true, force: true });
  }

  /** A call of the API with the admin token; rejects on anything but 2xx. */
  async api<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(this.apiUrl + path, {
      method,
      headers: {
        authorization: `Bearer ${this.adminToken}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T; // the caller names what the API documents
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    const hard = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
    await gone;
    clearTimeout(hard);
  }

  async #ready(child: ChildProcess): Promise<boolean> {
    const until = Date.now() + READY_WITHIN_MS;
    while (Date.now() < until && child.exitCode === null && child.signalCode === null) {
      const response = await fetch(`${this.apiUrl}/v1/health`).catch(() => undefined);
      if (response?.status === 200) return true;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return false;
  }
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
      .once('error', reject)
      .listen(0, '127.0.0.1', () => {
        const { port } = server.address() as AddressInfo;
        server.close(() => resolve(port));
      });
  });
