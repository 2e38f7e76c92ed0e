import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client';
import { refusalOf } from '../clickhouse-errors.ts';
import type { ClickHouse } from '../open-clickhouse.ts';
import { within } from '../server/bounded.ts';

/** A statement that defines something, on every server of a cluster, may take this long; ms. */
const STATEMENT_MS = 150_000;
const CLUSTER_SECONDS = 120;
/** Several processes define the same things as they start: who comes second may be told so. */
const RACES = new Set(['57', '82', '253', '342', '473', '517', '999']);
const ATTEMPTS = 6;
const PAUSE_MS = 250;

/** A server that is down learns of it when it is back: the task waits for it in Keeper. */
const ACROSS_SERVERS = {
  distributed_ddl_task_timeout: CLUSTER_SECONDS,
  distributed_ddl_output_mode: 'throw_only_active',
  // the client's types lack this mode, which servers have since 23.10
} as unknown as ClickHouseSettings;

/** Runs what defines the schema. All of it may be repeated, so that what failed for another process doing the same is tried again. */
export class Definer {
  constructor(private readonly clickhouse: ClickHouse) {}

  /** `outside` the database, which may not be there yet. */
  async run(sql: string, what: string, outside = false): Promise<void> {
    const client = outside ? this.clickhouse.outside : this.clickhouse.client;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#command(client, sql, what);
      } catch (error) {
        if (attempt === ATTEMPTS || !RACES.has(refusalOf(error)?.code ?? '')) throw error;
        await sleep(PAUSE_MS * attempt);
      }
    }
  }

  /** All rows, as objects. */
  async read(request: {
    readonly query: string;
    readonly query_params?: Record<string, unknown>;
    readonly name: string;
    readonly outside?: boolean;
  }): Promise<unknown[]> {
    const { name, query, query_params = {}, outside = false } = request;
    const client = outside ? this.clickhouse.outside : this.clickhouse.client;
    const clickhouse_settings = { log_comment: name, max_execution_time: 10 };
    const ask = async (abort_signal?: AbortSignal): Promise<unknown[]> => {
      const signal = abort_signal ? { abort_signal } : {};
      const result = await client.query({
        ...{ query, query_params, clickhouse_settings, format: 'JSONEachRow' as const },
        ...signal,
      });
      abort_signal?.addEventListener('abort', () => result.close(), { once: true });
      return result.json();
    };
    return this.clickhouse.remote ? within(20_000, name, ask) : ask();
  }

  async #command(client: ClickHouseClient, query: string, what: string): Promise<void> {
    const clickhouse_settings = {
      log_comment: what,
      ...(this.clickhouse.cluster === undefined ? {} : ACROSS_SERVERS),
    };
    if (!this.clickhouse.remote) await client.command({ query, clickhouse_settings });
    else
      await within(STATEMENT_MS, what, (abort_signal) => client.command({ query, clickhouse_settings, abort_signal }));
  }
}
