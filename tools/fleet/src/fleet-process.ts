import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';

/** `outrider` is the one process that does everything. */
export const KINDS = ['collector', 'analyzer', 'responder', 'api', 'outrider'] as const;
export type Kind = (typeof KINDS)[number];

const APPS = fileURLToPath(new URL('../../../apps/', import.meta.url));
const READY_WITHIN_MS = 120_000;
const STOP_WITHIN_MS = 40_000;
const BETWEEN_PROBES_MS = 100;
const TAIL_LINES = 40;

const Addresses = z.object({
  tcp: z.number().optional(),
  http: z.number().optional(),
  api: z.number().optional(),
  health: z.number(),
});
export type Ports = z.infer<typeof Addresses>;

/** The settings that keep a restarted process where it was. */
const portSettings = (ports: Ports | undefined): Record<string, string> => ({
  HEALTH_PORT: String(ports?.health ?? 0),
  API_PORT: String(ports?.api ?? 0),
  COLLECT_TCP_PORT: String(ports?.tcp ?? 0),
  COLLECT_HTTP_PORT: String(ports?.http ?? 0),
});

/** Whatever ends the one who started them ends them too, a `kill -9` of it apart. */
const running = new Set<ChildProcess>();
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** One process of Outrider as it is deployed: `node apps/<kind>/dist/main.js` with its settings, its log in a file. */
export class FleetProcess {
  readonly logFile: string;
  #child: ChildProcess | undefined;
  #ports: Ports | undefined;
  #readFrom = 0;

  /** `name` is unique within a fleet, e.g. `analyzer-2`; `dir` is where the log goes. */
  constructor(
    readonly kind: Kind,
    readonly name: string,
    dir: string,
    private readonly settings: Readonly<Record<string, string>>,
  ) {
    this.logFile = join(dir, `${name}.log`);
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Where it listens; the same after a restart. */
  get ports(): Ports {
    if (!this.#ports) throw new Error(`${this.name} has not been started yet`);
    return this.#ports;
  }

  /** Starts it and resolves with the milliseconds until it was ready; rejects with the tail of its log. */
  async start(extra: Readonly<Record<string, string>> = {}): Promise<number> {
    const began = performance.now();
    this.launch(extra);
    await this.ready();
    return performance.now() - began;
  }

  /** Starts it and waits for nothing. */
  launch(extra: Readonly<Record<string, string>> = {}): void {
    if (this.isRunning) throw new Error(`${this.name} runs already`);
    this.#readFrom = existsSync(this.logFile) ? statSync(this.logFile).size : 0;
    const log = openSync(this.logFile, 'a');
    const [entry, ...args] =
      this.kind === 'outrider' ? ['outrider/bin/outrider.mjs', 'start'] : [`${this.kind}/dist/main.js`];
    const child = spawn(process.execPath, [join(APPS, entry ?? ''), ...args], {
      stdio: ['ignore', log, log],
      env: {
        ...process.env,
        LOG_FORMAT: 'json',
        LOG_LEVEL: 'info',
        ...portSettings(this.#ports),
        ...this.settings,
        ...extra,
      },
    });
    closeSync(log);
    running.add(child);
    child.once('exit', () => running.delete(child));
    this.#child = child;
  }

  /** Resolves once `/readyz` says 200. */
  async ready(withinMs: number = READY_WITHIN_MS): Promise<void> {
    for (const until = Date.now() + withinMs; Date.now() < until; await sleep(BETWEEN_PROBES_MS)) {
      if (!this.isRunning) throw new Error(`${this.name} ended before it was ready\n${this.tail()}`);
      this.#ports = this.#readPorts() ?? this.#ports;
      if (this.#ports && (await this.isReady())) return;
    }
    throw new Error(`${this.name} was not ready within ${withinMs} ms\n${this.tail()}`);
  }

  async isReady(): Promise<boolean> {
    const response = await this.#health('/readyz').catch(() => undefined);
    await response?.arrayBuffer();
    return response?.ok ?? false;
  }

  /** `/metrics`, as text. */
  async metrics(): Promise<string> {
    return (await this.#health('/metrics')).text();
  }

  /** Sum over all series of one metric; 0 when it has none. */
  async metric(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
    const wanted = Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
    return (await this.metrics())
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      .filter((line) => wanted.every((label) => line.includes(label)))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  }

  /** An orderly stop; resolves with its exit code (null: it had to be killed). */
  stop(): Promise<number | null> {
    return this.#end('SIGTERM');
  }

  /** `kill -9`; resolves when it is gone. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** It keeps its connections and does nothing (SIGSTOP) until `resume`. */
  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  /** Stops it in order and starts it on the same ports. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** Waits for an end that it was not asked for; resolves with the exit code. */
  async ended(withinMs: number = READY_WITHIN_MS): Promise<number | null> {
    const child = this.#child;
    if (!child || !this.isRunning) return child?.exitCode ?? null;
    await Promise.race([
      once(child, 'exit'),
      sleep(withinMs, undefined, { ref: false }).then(() => {
        throw new Error(`${this.name} did not end within ${withinMs} ms\n${this.tail()}`);
      }),
    ]);
    return child.exitCode;
  }

  /** The last lines of its log since the last start. */
  tail(lines: number = TAIL_LINES): string {
    const text = this.log();
    return `--- ${this.name}\n${text.trimEnd().split('\n').slice(-lines).join('\n')}`;
  }

  /** What it has logged since the last start. */
  log(): string {
    return existsSync(this.logFile) ? readFileSync(this.logFile).subarray(this.#readFrom).toString('utf8') : '';
  }

  #health(path: string): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.ports.health}${path}`, { signal: AbortSignal.timeout(10_000) });
  }

  /** The process says where it listens in one line of its log, once everything runs. */
  #readPorts(): Ports | undefined {
    for (const line of this.log().split('\n')) {
      if (!line.startsWith('{') || !line.includes('"addresses"')) continue;
      const parsed = z.object({ addresses: Addresses }).safeParse(JSON.parse(line));
      if (parsed.success) return parsed.data.addresses;
    }
    return undefined;
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (!child || !this.isRunning) return child?.exitCode ?? null;
    const gone = once(child, 'exit');
    child.kill(signal);
    child.kill('SIGCONT'); // a paused one would hear nothing
    const hard = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
    await gone;
    clearTimeout(hard);
    return child.exitCode;
  }
}
