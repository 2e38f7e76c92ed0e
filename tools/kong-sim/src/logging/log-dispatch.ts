import { objectAt, type JsonObject } from '../json.ts';
import type { Exchange } from '../proxy/exchange.ts';
import { HttpLogQueue, type HttpLogCounts } from './http-log-queue.ts';
import { logLine } from './log-entry.ts';
import type { Outcome } from './outcome.ts';
import { TcpLogShipper } from './tcp-log-shipper.ts';

/** Hands a finished request to the logging plugins that were chosen for it. */
export class LogDispatch {
  readonly tcp = new TcpLogShipper();
  readonly httpCounts: HttpLogCounts = { sent: 0, dropped: 0, retried: 0 };
  private readonly queues = new Map<string, HttpLogQueue>();

  constructor(private readonly workspaceId: string) {}

  dispatch(exchange: Exchange, outcome: Outcome): void {
    // Both loggers share one entry: what the first one's custom fields changed, the second one sees.
    let custom: JsonObject = {};
    for (const name of ['http-log', 'tcp-log'] as const) {
      const config = objectAt(exchange.plugins.get(name), 'config');
      if (config === undefined) continue;
      custom = { ...custom, ...objectAt(config, 'custom_fields_by_lua') };
      const line = logLine(exchange, outcome, this.workspaceId, custom);
      if (name === 'tcp-log') this.tcp.ship(config, line);
      else this.queueFor(config).push(line);
    }
  }

  async flushed(): Promise<void> {
    await Promise.all([this.tcp.flushed(), ...[...this.queues.values()].map((queue) => queue.flushed())]);
  }

  close(): void {
    this.tcp.close();
    for (const queue of this.queues.values()) queue.close();
  }

  private queueFor(config: JsonObject): HttpLogQueue {
    const { custom_fields_by_lua: _, ...identity } = config;
    const key = JSON.stringify(identity);
    const queue = this.queues.get(key) ?? new HttpLogQueue(config, this.httpCounts);
    this.queues.set(key, queue);
    return queue;
  }
}
