import { createConnection, type Socket } from 'node:net';
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { LOAD_CONSUMERS, refusedEntry, servedEntry } from './kong-entry.ts';

/** A collector's two doors; they may change while it is down. */
export interface Target {
  readonly httpPort: number;
  readonly tcpPort: number;
}

export interface LoadOptions {
  /** Asked at each turn, so that a collector that came back elsewhere is found. Never empty. */
  readonly targets: () => readonly Target[];
  readonly token: string;
  /** Aim over http-log, all senders together; tcp-log adds at most 200 lines a second. */
  readonly eventsPerSecond: number;
}

const BATCH = 50;
const SENDERS = 4;
const REPEAT_EVERY = 8;
const POST_TIMEOUT_MS = 20_000;
const RETRY_MS = 50;
const TCP_PAUSE_MS = 5;

const newId = (): string => randomBytes(16).toString('hex');

/**
 * Steady load over http-log (a batch is repeated until it is acknowledged, as Kong does; every eighth acknowledged batch is sent a second
 * time, as after a lost answer) and tcp-log (never repeated).
 */
export class Load {
  /** Ids whose batch was answered with 2xx: these must be stored. */
  readonly acknowledged = new Set<string>();
  /** Ids written to a TCP socket: they may be stored, once. */
  readonly written = new Set<string>();
  /** Requests that nobody answered with 2xx. */
  refusals = 0;
  #going = true;
  #running: Promise<void>[] = [];

  constructor(private readonly options: LoadOptions) {}

  start(): void {
    for (let sender = 0; sender < SENDERS; sender++) this.#running.push(this.#http(sender));
    this.#running.push(this.#tcp());
  }

  /** Resolves when nothing is on its way any more; a batch that nobody took yet is not acknowledged. */
  async stop(): Promise<void> {
    this.#going = false;
    await Promise.all(this.#running);
    this.#running = [];
  }

  /** Key guessing from one address: `tries` refused requests, spread over `durationMs`, each acknowledged. */
  async attack(address: string, tries: number, durationMs: number): Promise<void> {
    for (let i = 0; i < tries && this.#going; i++) {
      const id = newId();
      await this.#deliver(0, [id], [refusedEntry(id, address, newId())]);
      await pause(durationMs / tries);
    }
  }

  async #http(sender: number): Promise<void> {
    const everyMs = (BATCH * SENDERS * 1_000) / this.options.eventsPerSecond;
    let due = performance.now();
    for (let n = 0; this.#going; n++) {
      const ids = Array.from({ length: BATCH }, newId);
      const entries = ids.map((id, i) => servedEntry(id, (sender * 7 + n * 3 + i) % (LOAD_CONSUMERS - 1)));
      const body = await this.#deliver(sender, ids, entries);
      if (body && n % REPEAT_EVERY === 0) await this.#post(sender, body);
      // What could not be sent in time is not made up for: the load stays steady
      due = Math.max(due + everyMs, performance.now() - everyMs);
      await pause(Math.max(0, due - performance.now()));
    }
  }

  /** Undefined when the load ended first. */
  async #deliver(sender: number, ids: readonly string[], entries: readonly object[]): Promise<Buffer | undefined> {
    const body = gzipSync(JSON.stringify(entries), { level: 1 });
    for (let attempt = 0; this.#going; attempt++) {
      if (await this.#post(sender + attempt, body)) {
        for (const id of ids) this.acknowledged.add(id);
        return body;
      }
      await pause(RETRY_MS);
    }
    return undefined;
  }

  async #post(turn: number, body: Buffer): Promise<boolean> {
    const target = this.#target(turn);
    const response = await fetch(`http://127.0.0.1:${target.httpPort}/v1/logs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip', apikey: this.options.token },
      body: new Uint8Array(body),
      signal: AbortSignal.timeout(POST_TIMEOUT_MS),
    }).catch(() => undefined);
    await response?.arrayBuffer().catch(() => undefined);
    const taken = response?.ok ?? false;
    if (!taken) this.refusals++;
    return taken;
  }

  #target(turn: number): Target {
    const targets = this.options.targets();
    const target = targets[turn % targets.length];
    if (!target) throw new Error('the load has nowhere to go');
    return target;
  }

  async #tcp(): Promise<void> {
    let socket: Socket | undefined;
    for (let turn = 0; this.#going; turn++) {
      if (!socket || socket.destroyed) {
        const fresh = createConnection(this.#target(turn).tcpPort, '127.0.0.1');
        fresh.on('error', () => fresh.destroy());
        socket = fresh;
      }
      const id = newId();
      if (socket.write(`${JSON.stringify(servedEntry(id, LOAD_CONSUMERS - 1))}\n`)) this.written.add(id);
      await pause(TCP_PAUSE_MS);
    }
    socket?.end();
  }
}
