import { openClickHouse } from '@outrider/clickhouse/open-clickhouse';
import pg from 'pg';

export interface StoredCounts {
  /** Rows and different events of the table of events. */
  readonly rows: number;
  readonly distinct: number;
  /** What the per-minute aggregates of addresses count. */
  readonly aggregated: number;
}

/** Reads the engines themselves, past the product. */
export class StoredTruth {
  constructor(
    private readonly clickhouseUrl: string,
    private readonly databaseUrl: string,
  ) {}

  async counts(): Promise<StoredCounts> {
    const [events, sums] = await Promise.all([
      this.clickhouse<{ rows: number; distinct: number }>(
        'SELECT count() AS rows, uniqExact(tenant, gateway, id) AS distinct FROM events_v1',
      ),
      this.clickhouse<{ n: number }>(
        `SELECT sum(requests + echoes) AS n FROM entity_minute_v1 WHERE entity_kind = 'ip'`,
      ),
    ]);
    const { rows = 0, distinct = 0 } = events[0] ?? {};
    return { rows: Number(rows), distinct: Number(distinct), aggregated: Number(sums[0]?.n ?? 0) };
  }

  /** Ids of all stored events, 32 hex digits, with how often each stands in the table. */
  async ids(): Promise<ReadonlyMap<string, number>> {
    const rows = await this.clickhouse<{ hex: string; n: number }>(
      `SELECT replaceAll(toString(id), '-', '') AS hex, count() AS n FROM events_v1 GROUP BY id`,
    );
    return new Map(rows.map(({ hex, n }) => [hex, Number(n)]));
  }

  async clickhouse<T>(query: string): Promise<T[]> {
    const { client, close } = await openClickHouse({ url: this.clickhouseUrl });
    try {
      return await (await client.query({ query, format: 'JSONEachRow' })).json<T>();
    } finally {
      await close();
    }
  }

  async postgres<T extends pg.QueryResultRow>(query: string, values: readonly unknown[] = []): Promise<T[]> {
    const client = new pg.Client({ connectionString: this.databaseUrl });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query<T>(query, [...values])).rows;
    } finally {
      await client.end();
    }
  }
}
