import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from '@outrider/platform/process-alive';
import type { Service, ServiceName } from '../service.ts';
import { GuardedChild, type ChildOptions } from './guarded-child.ts';
import { logTail } from './log-tail.ts';
import { processTree } from './process-tree.ts';

export interface EngineOptions extends ChildOptions {
  readonly name: ServiceName;
  readonly url: string;
  readonly port: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly dir: string;
  readonly log: (line: string) => void;
  /** Speaks the engine's protocol once; rejects or gives false when it does not answer yet. */
  readonly answers: () => Promise<boolean>;
  readonly startMs: number;
  /** The signal that asks it to end in order, and how long it may take before SIGKILL. */
  readonly stopSignal: NodeJS.Signals;
  readonly stopMs: number;
  /** A line in the log's tail which says that another try will do: what was killed has not let go of everything yet. */
  readonly passing?: RegExp;
}

const BETWEEN_PROBES_MS = 60;
const ATTEMPTS = 20;
const BETWEEN_ATTEMPTS_MS = 500;
const DEAD_MS = 15_000;

/** The start, stop and faults of one engine; what is particular to it is in the options. */
export class Engine implements Service {
  readonly name: ServiceName;
  readonly url: string;
  readonly port: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly dir: string;
  readonly logFile: string;
  #child: GuardedChild | undefined;
  #paused = false;
  #stopping: Promise<void> | undefined;

  constructor(private readonly options: EngineOptions) {
    this.name = options.name;
    this.url = options.url;
    this.port = options.port;
    this.environment = options.environment;
    this.dir = options.dir;
    this.logFile = options.logFile;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts it and resolves once it answers; rejects with the tail of its log. */
  async start(): Promise<void> {
    if (this.#stopping) throw new Error(`${this.name} was stopped for good`);
    for (let attempt = 1; ; attempt++) {
      const started = Date.now();
      const child = new GuardedChild(this.options);
      this.#child = child;
      this.#paused = false;
      const why = await this.#awaitAnswer(child);
      if (why === undefined) {
        this.options.log(`${this.name}: answers on port ${this.port} after ${Date.now() - started} ms`);
        return;
      }
      const tail = logTail(this.logFile);
      await this.#end();
      if (attempt < ATTEMPTS && this.options.passing?.test(tail)) await sleep(BETWEEN_ATTEMPTS_MS);
      else throw new Error(`${this.name} did not start (${why}); its log ${this.logFile} ends with:\n${tail}`);
    }
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#end().then(() => {
      if (this.options.temporary !== undefined) rmSync(this.options.temporary, { recursive: true, force: true });
    });
    return this.#stopping;
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    // a stopped child of the engine would be left behind, and keep its hold on data and port
    if (this.#paused && signal === 'SIGKILL') this.#child?.signalTree('SIGKILL');
    else this.#child?.signal(signal);
  }

  pause(): void {
    this.#paused = true;
    this.#child?.signalTree('SIGSTOP');
  }

  resume(): void {
    this.#child?.signalTree('SIGCONT');
    this.#paused = false;
  }

  async restart(): Promise<void> {
    await this.#end();
    await this.start();
  }

  /** Undefined when it answers, else why waiting was given up. */
  async #awaitAnswer(child: GuardedChild): Promise<string | undefined> {
    const deadline = Date.now() + this.options.startMs;
    while (Date.now() < deadline) {
      if (child.end !== undefined) return `it ended: ${child.end}`;
      // somebody else may answer on the port of an engine that could not bind it
      if ((await this.options.answers().catch(() => false)) && child.end === undefined) return undefined;
      await sleep(BETWEEN_PROBES_MS);
    }
    return `no answer within ${this.options.startMs} ms`;
  }

  async #end(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    const tree = child.pid === undefined ? [] : processTree(child.pid);
    if (this.#paused) this.resume();
    child.signal(this.options.stopSignal);
    if (!(await within(child.exited, this.options.stopMs))) {
      this.options.log(`${this.name}: did not end within ${this.options.stopMs} ms; killed`);
      child.signalTree('SIGKILL');
      if (!(await within(child.exited, DEAD_MS))) throw new Error(`${this.name} does not end, even by SIGKILL`);
    }
    for (const until = Date.now() + DEAD_MS; tree.some(isAlive) && Date.now() < until;) await sleep(20);
  }
}

/** Whether `promise` came before the bound; the timer holds the event loop, which the child does not. */
const within = async (promise: Promise<void>, ms: number): Promise<boolean> => {
  const bound = new AbortController();
  try {
    return await Promise.race([
      promise.then(() => true),
      sleep(ms, false, { signal: bound.signal }).catch(() => false),
    ]);
  } finally {
    bound.abort();
  }
};
