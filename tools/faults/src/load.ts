import { createConnection, type Socket } from 'node:net';
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';

const BATCH = 40;
const CONSUMERS = 20;

/** A log entry of Kong 3.9's form with an id of its own, now. */
const entry = (id: string, consumer: number): object => ({
  started_at: Date.now(),
  source: 'upstream',
  upstream_status: '200',
  upstream_uri: '/api/orders/1',
  client_ip: `198.51.100.${consumer}`,
  consumer: {
    id: `00000000-0000-4000-8000-0000000000${String(consumer).padStart(2, '0')}`,
    username: `load-${consumer}`,
  },
  authenticated_entity: { id: `10000000-0000-4000-8000-0000000000${String(consumer).padStart(2, '0')}` },
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

/** Steady load over http-log (acknowledged, every fourth batch sent twice as Kong does after a lost answer) and tcp-log. */
export class Load {
  /** Ids whose batch was answered with 2xx: these must be stored. */
  readonly acknowledged = new Set<string>();
  /** Ids written to a TCP socket: they may be stored, once. */
  readonly written = new Set<string>();
  #going = true;
  #running: Promise<void>[] = [];

  constructor(
    private readonly httpPort: number,
    private readonly tcpPort: number,
    private readonly token: string,
  ) {}

  start(): void {
    for (let i = 0; i < 3; i++) this.#running.push(this.#http(i));
    this.#running.push(this.#tcp());
  }

  async stop(): Promise<void> {
    this.#going = false;
    await Promise.all(this.#running);
  }

  async #http(lane: number): Promise<void> {
    for (let n = 0; this.#going; n++) {
      const ids = Array.from({ length: BATCH }, () => randomBytes(16).toString('hex'));
      const body = gzipSync(JSON.stringify(ids.map((id, i) => entry(id, (lane * 7 + i) % CONSUMERS))));
      // Kong repeats a batch until it is acknowledged
      while (this.#going && !(await this.#post(body))) await pause(50);
      if (!this.#going) break;
      for (const id of ids) this.acknowledged.add(id);
      if (n % 4 === 0) await this.#post(body);
      await pause(20);
    }
  }

  async #post(body: Buffer): Promise<boolean> {
    const response = await fetch(`http://127.0.0.1:${this.httpPort}/v1/logs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip', apikey: this.token },
      body: new Uint8Array(body),
    }).catch(() => undefined);
    await response?.arrayBuffer().catch(() => undefined);
    return response?.ok ?? false;
  }

  async #tcp(): Promise<void> {
    let socket: Socket | undefined;
    while (this.#going) {
      if (!socket || socket.destroyed) {
        socket = createConnection(this.tcpPort, '127.0.0.1');
        socket.on('error', () => socket?.destroy());
      }
      const id = randomBytes(16).toString('hex');
      if (socket.write(`${JSON.stringify(entry(id, 19))}\n`)) this.written.add(id);
      await pause(5);
    }
    socket?.end();
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
