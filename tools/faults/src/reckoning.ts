import { join } from 'node:path';
import { openClickHouse } from '@outrider/clickhouse/open-clickhouse';
import type { KongSim } from '@outrider/kong-sim/kong-sim';
import type { OutriderProcess } from '@outrider/testing/process/outrider-process';
import { setTimeout as pause } from 'node:timers/promises';

export interface Enforcement {
  readonly id: string;
  readonly state: string;
  readonly entity: { readonly id: string };
}

const SETTLE_MS = 120_000;

/** Waits until the bus is drained and no enforcement is between two states. */
export const settle = async (outrider: OutriderProcess): Promise<void> => {
  const until = Date.now() + SETTLE_MS;
  let last = '';
  let quietSince = Date.now();
  while (Date.now() < until) {
    const [metrics, { data }] = await Promise.all([
      text(outrider, '/metrics'),
      outrider.api<{ data: Enforcement[] }>('GET', '/v1/enforcements?limit=200'),
    ]);
    const state = `${metrics.match(/^outrider_detect_events_total.*$/gm)?.join() ?? ''} ${data.map((e) => e.state).join()}`;
    if (state !== last) quietSince = Date.now();
    last = state;
    if (Date.now() - quietSince > 5_000 && data.every((e) => e.state === 'lifted')) return;
    await pause(500);
  }
};

const text = async (outrider: OutriderProcess, path: string): Promise<string> => {
  const response = await fetch(outrider.apiUrl + path, { headers: { authorization: `Bearer ${outrider.adminToken}` } });
  return response.text();
};

/** Plugins in Kong that bear our tag. */
export const leftInKong = (sim: KongSim): number =>
  sim.list('plugins').filter((plugin) => Array.isArray(plugin['tags']) && plugin['tags'].includes('outrider')).length;

export interface Stored {
  /** How often each id stands in the table of events. */
  readonly rows: ReadonlyMap<string, number>;
  /** Requests counted by the per-minute aggregates of consumers. */
  readonly aggregated: number;
}

/** Reads the stopped product's own data folder. */
export const readStored = async (dataDir: string): Promise<Stored> => {
  const clickhouse = await openClickHouse({ dir: join(dataDir, 'clickhouse') });
  try {
    const ask = async <T>(query: string): Promise<T[]> =>
      (await clickhouse.client.query({ query, format: 'JSONEachRow' })).json<T>();
    const rows = await ask<{ hex: string; n: string }>(
      `SELECT replaceAll(toString(id), '-', '') AS hex, count() AS n FROM ${clickhouse.database}.events_v1 GROUP BY id`,
    );
    const [sums] = await ask<{ n: string }>(
      `SELECT sum(requests + echoes) AS n FROM ${clickhouse.database}.entity_minute_v1 WHERE entity_kind = 'consumer'`,
    );
    return { rows: new Map(rows.map((row) => [row.hex, Number(row.n)])), aggregated: Number(sums?.n ?? 0) };
  } finally {
    await clickhouse.close();
  }
};
