import { randomBytes } from 'node:crypto';
import { createConnection, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { sendHttp } from './traffic.ts';

export interface LoadOptions {
  /** Collectors to send to in turn; asked for each request, so that a list may change. */
  readonly httpPorts: () => readonly number[];
  readonly token: string;
  /** Entries a second, all lanes together. */
  readonly eventsPerSecond: number;
  readonly batch?: number;
  readonly lanes?: number;
  readonly consumers?: number;
}

/** A log entry of Kong 3.9's form with an id of its own, now: an ordinary request of one of the consumers. */
export const ordinaryEntry = (id: string, consumer: number): object => ({
  started_at: Date.now(),
  source: 'upstream',
  upstream_status: '200',
  upstream_uri: '/api/orders/1',
  client_ip: `198.51.100.${consumer % 250}`,
  consumer: { id: uuid('0', consumer), username: `load-${consumer}` },
  authenticated_entity: { id: uuid('1', consumer) },
  latencies: { request: 5, kong: 1, proxy: 4, receive: 0 },
  request: {
    id,
    method: 'GET',
    uri: '/api/orders/1',
    url: 'http://api:8000/api/orders/1',
    querystring: {},
    size: 150,
    headers: { 'user-agent': 'load/1' },
  },
  response: { status: 200, size: 400, headers: { 'content-type': 'application/json' } },
  tries: [{ ip: '10.0.0.1', port: 80, balancer_latency: 0, balancer_start: Date.now() }],
});

/** Steady http-log load as Kong sends it: a batch is sent again, to the next collector, until one has answered 2xx. */
export class Load {
  /** Ids whose batch was answered with 2xx: these must be stored, once. */
  readonly acknowledged = new Set<string>();
  /** Requests that nobody answered with 2xx. */
  refusals = 0;
  #going = true;
  #turn = 0;
  #running: Promise<void>[] = [];

  constructor(private readonly options: LoadOptions) {}

  start(): void {
    const { lanes = 4 } = this.options;
    for (let lane = 0; lane < lanes; lane++) this.#running.push(this.#lane(lane, lanes));
  }

  /** Ends after the batches that are under way have been acknowledged, at most `withinMs` later. */
  async stop(withinMs = 60_000): Promise<void> {
    this.#going = false;
    await Promise.race([Promise.all(this.#running), sleep(withinMs, undefined, { ref: false })]);
  }

  async #lane(lane: number, lanes: number): Promise<void> {
    const { batch = 50, eventsPerSecond, consumers = 50 } = this.options;
    const everyMs = (1_000 * batch * lanes) / eventsPerSecond;
    for (let next = performance.now() + (everyMs * lane) / lanes; this.#going; next += everyMs) {
      await sleep(Math.max(0, next - performance.now()));
      const ids = Array.from({ length: batch }, () => randomBytes(16).toString('hex'));
      const body = gzipSync(JSON.stringify(ids.map((id, i) => ordinaryEntry(id, (lane * 13 + i) % consumers))));
      await this.#deliver(body);
      for (const id of ids) this.acknowledged.add(id);
      if (next < performance.now() - 5 * everyMs) next = performance.now(); // it does not catch up after an outage
    }
  }

  async #deliver(body: Buffer): Promise<void> {
    for (;;) {
      const ports = this.options.httpPorts();
      const port = ports[this.#turn++ % Math.max(1, ports.length)];
      if (port !== undefined && (await sendHttp(port, this.options.token, body, 'application/json', 'gzip')) === 200)
        return;
      this.refusals++;
      await sleep(50);
    }
  }
}

/** Lines over tcp-log to one collector; Kong does not send them again, so nor does this. */
export class TcpLoad {
  /** Ids handed to the socket: they are stored at most once. */
  readonly written = new Set<string>();
  #going = true;
  #running: Promise<void> = Promise.resolve();

  constructor(
    private readonly port: () => number,
    private readonly eventsPerSecond: number,
  ) {}

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#going = false;
    await this.#running;
  }

  async #run(): Promise<void> {
    let socket: Socket | undefined;
    while (this.#going) {
      if (!socket || socket.destroyed) {
        const made = createConnection(this.port(), '127.0.0.1');
        made.on('error', () => made.destroy());
        socket = made;
      }
      const id = randomBytes(16).toString('hex');
      if (socket.write(`${JSON.stringify(ordinaryEntry(id, 49))}\n`)) this.written.add(id);
      await sleep(1_000 / this.eventsPerSecond);
    }
    socket?.end();
  }
}

const uuid = (kind: string, n: number): string => `${kind.repeat(8)}-0000-4000-8000-${String(n).padStart(12, '0')}`;
