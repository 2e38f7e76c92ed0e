import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClickHouseEventStore } from '../clickhouse.event-store.ts';
import { openClickHouse, type ClickHouse } from '../open-clickhouse.ts';
import { KEEP_ALL } from '../retention.ts';
import { ServerProcess } from './server-process.ts';

export interface TemporaryStore {
  readonly dir: string;
  readonly clickhouse: ClickHouse;
  readonly store: ClickHouseEventStore;
  /** Rows of a query written in a test. */
  rows(sql: string): Promise<unknown[][]>;
  remove(): Promise<void>;
}

/** The engine in this process, and the same engine behind HTTP in another: one suite for both. */
export const BACK_ENDS = ['embedded', 'http'] as const;
export type BackEnd = (typeof BACK_ENDS)[number];

/** The real engine on a folder of its own. Embedded: one at a time in a process. For specs. */
export const openTemporaryStore = async (backEnd: BackEnd = 'embedded'): Promise<TemporaryStore> => {
  if (backEnd === 'embedded') {
    const dir = mkdtempSync(join(tmpdir(), 'outrider-clickhouse-'));
    return opened(dir, await openClickHouse({ dir }), async () => rmSync(dir, { recursive: true, force: true }));
  }
  const server = await ServerProcess.start();
  return opened(server.dir, await openClickHouse({ url: server.url() }), () => server.remove());
};

const opened = async (dir: string, clickhouse: ClickHouse, remove: () => Promise<void>): Promise<TemporaryStore> => {
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
      await remove();
    },
  };
};
