import { Agent, request as httpRequest } from 'node:http';
import { Agent as TlsAgent, request as httpsRequest } from 'node:https';
import { numberAt, objectAt, stringAt, type JsonObject } from '../json.ts';

export interface HttpLogCounts {
  /** Entries that the collector accepted. */
  sent: number;
  /** Entries given up, or pushed out of a full queue. */
  dropped: number;
  /** Requests that failed and were repeated. */
  retried: number;
}

/** The queue of one http-log endpoint: batches, retries the same batch, gives up in the end. */
export class HttpLogQueue {
  private readonly entries: Buffer[] = [];
  private readonly agent: Agent;
  private working: Promise<void> | undefined;
  private wake: (() => void) | undefined;
  private isClosed = false;

  constructor(
    private readonly config: JsonObject,
    private readonly counts: HttpLogCounts,
  ) {
    const isTls = (stringAt(config, 'http_endpoint') ?? '').startsWith('https:');
    // One request is in flight at a time, over one connection. The collector's certificate is not verified.
    this.agent = isTls
      ? new TlsAgent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false })
      : new Agent({ keepAlive: true, maxSockets: 1 });
  }

  push(line: Buffer): void {
    if (this.entries.length >= this.setting('max_entries', 10_000)) {
      this.entries.shift();
      this.counts.dropped++;
    }
    this.entries.push(line);
    if (this.entries.length >= this.batchSize) this.wake?.();
    this.working ??= this.work().finally(() => (this.working = undefined));
  }

  /** Resolves once the queue is empty; what waits for company goes at once. */
  async flushed(): Promise<void> {
    this.wake?.();
    await this.working;
  }

  close(): void {
    this.isClosed = true;
    this.wake?.();
    this.agent.destroy();
  }

  private async work(): Promise<void> {
    while (this.entries.length > 0 && !this.isClosed) {
      if (this.entries.length < this.batchSize) await this.pause(this.setting('max_coalescing_delay', 1));
      const batch = this.entries.splice(0, this.batchSize);
      if (batch.length > 0) await this.deliver(batch);
    }
  }

  private async deliver(batch: readonly Buffer[]): Promise<void> {
    const body = this.batchSize === 1 ? (batch[0] ?? Buffer.alloc(0)) : asArray(batch);
    const giveUpAt = performance.now() + this.setting('max_retry_time', 60) * 1000;
    for (let delay = this.setting('initial_retry_delay', 0.01); ; delay *= 2) {
      if (await this.post(body)) {
        this.counts.sent += batch.length;
        return;
      }
      if (this.isClosed || performance.now() >= giveUpAt) break;
      this.counts.retried++;
      await this.pause(Math.min(delay, this.setting('max_retry_delay', 60)), false);
    }
    this.counts.dropped += batch.length;
  }

  private post(body: Buffer): Promise<boolean> {
    // The query of the endpoint is not sent, and user information becomes basic authentication, as in Kong.
    const { protocol, hostname, port, pathname, username, password } = new URL(
      stringAt(this.config, 'http_endpoint') ?? '',
    );
    const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    const options = {
      agent: this.agent,
      host: hostname.replace(/^\[|\]$/g, ''),
      port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
      path: pathname,
      method: stringAt(this.config, 'method') ?? 'POST',
      timeout: numberAt(this.config, 'timeout') ?? 10_000,
      headers: {
        'Content-Type': stringAt(this.config, 'content_type') ?? 'application/json',
        'User-Agent': 'lua-resty-http/0.17.2 (Lua) ngx_lua/10026',
        'Content-Length': body.length,
        ...(username === '' ? {} : { Authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }),
        ...Object.fromEntries(
          Object.entries(objectAt(this.config, 'headers') ?? {}).map(([name, value]) => [name, String(value)]),
        ),
      },
    };
    return new Promise((resolve) => {
      const request = protocol === 'https:' ? httpsRequest(options) : httpRequest(options);
      request.on('response', (answer) => {
        answer.resume();
        answer.on('end', () => resolve((answer.statusCode ?? 500) < 300));
        answer.on('error', () => resolve(false));
      });
      request.on('timeout', () => request.destroy());
      request.on('error', () => resolve(false));
      request.on('close', () => resolve(false));
      request.end(body);
    });
  }

  private pause(seconds: number, canBeWoken = true): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, seconds * 1000);
      const wake = (): void => {
        clearTimeout(timer);
        resolve();
      };
      this.wake = canBeWoken ? wake : () => this.isClosed && wake();
    });
  }

  private get batchSize(): number {
    return this.setting('max_batch_size', 1);
  }

  private setting(name: string, fallback: number): number {
    return numberAt(objectAt(this.config, 'queue'), name) ?? fallback;
  }
}

const asArray = (lines: readonly Buffer[]): Buffer =>
  Buffer.concat([
    Buffer.from('['),
    ...lines.flatMap((line, at) => (at === 0 ? [line] : [Buffer.from(','), line])),
    Buffer.from(']'),
  ]);
