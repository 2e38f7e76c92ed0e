import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClickHouseEventStore } from '../clickhouse.event-store.ts';
import { openClickHouse, type ClickHouse } from '../open-clickhouse.ts';
import { KEEP_ALL } from '../retention.ts';

export interface TemporaryStore {
  readonly dir: string;
  readonly clickhouse: ClickHouse;
  readonly store: ClickHouseEventStore;
  /** Rows of a query written in a test. */
  rows(sql: string): Promise<unknown[][]>;
  remove(): Promise<void>;
}

/** The real embedded engine on a folder of its own. One at a time in a process. For specs. */
export const openTemporaryStore = async (): Promise<TemporaryStore> => {
  const dir = mkdtempSync(join(tmpdir(), 'outrider-clickhouse-'));
  const clickhouse = await openClickHouse({ dir });
  const store = new ClickHouseEventStore(clickhouse, KEEP_ALL);
  await store.prepare();
  return {
    dir,
    clickhouse,
    store,
    rows: async (sql) =>
      (await clickhouse.client.query({ query: sql, format: 'JSONCompactEachRow' })).json<unknown[]>(),
    remove: async () => {
      await clickhouse.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
};
