import { join } from 'node:path';
import type * as z from 'zod';
import { ClickHouseBaselineStore } from '@outrider/clickhouse/clickhouse.baseline-store';
import { ClickHouseEventStore } from '@outrider/clickhouse/clickhouse.event-store';
import { openClickHouse, type ClickHouse, type ClickHouseAddress } from '@outrider/clickhouse/open-clickhouse';
import { pemFile } from '../pem-file.ts';
import type { clickhouseSettings } from '../settings/engine-settings.ts';
import type { Ground } from './ground.ts';
import { hostOf } from './start-up.ts';

export type ClickHouseSettings = z.output<z.ZodObject<typeof clickhouseSettings>>;

export interface OpenedEventStore {
  readonly store: ClickHouseEventStore;
  readonly baselines: ClickHouseBaselineStore;
  readonly clickhouse: ClickHouse;
}

/** ClickHouse, in this process or on a server, with its schema up to date. */
export const openEventStore = async (settings: ClickHouseSettings, ground: Ground): Promise<OpenedEventStore> => {
  const address = clickHouseAddress(settings, ground.dataDir);
  if (!('url' in address)) return prepared(address, settings, ground);
  const engine = { name: 'ClickHouse', setting: 'CLICKHOUSE_URL', at: hostOf(address.url) };
  return ground.startUp.engine(engine, () => prepared(address, settings, ground));
};

const prepared = async (
  address: ClickHouseAddress,
  settings: ClickHouseSettings,
  ground: Ground,
): Promise<OpenedEventStore> => {
  const clickhouse = await openClickHouse(address);
  try {
    const store = new ClickHouseEventStore(clickhouse, {
      eventsDays: settings.RETENTION_EVENTS_DAYS,
      minutesDays: settings.RETENTION_MINUTES_DAYS,
      hoursDays: settings.RETENTION_HOURS_DAYS,
      deadLettersDays: settings.RETENTION_DEAD_LETTERS_DAYS,
    });
    await store.prepare();
    ground.lifecycle.adopt({ name: 'event store', stop: () => clickhouse.close() });
    return { store, baselines: new ClickHouseBaselineStore(clickhouse), clickhouse };
  } catch (error) {
    await clickhouse.close();
    throw error;
  }
};

/** Where ClickHouse is, by the settings. */
export const clickHouseAddress = (settings: ClickHouseSettings, dataDir: string): ClickHouseAddress => {
  const { CLICKHOUSE_URL: url, CLICKHOUSE_CLUSTER: cluster, CLICKHOUSE_TLS_CA: ca } = settings;
  if (url === undefined) return { dir: join(dataDir, 'clickhouse') };
  return {
    url,
    ...(cluster === undefined ? {} : { cluster }),
    ...(ca === undefined ? {} : { caCert: pemFile('CLICKHOUSE_TLS_CA', ca) }),
  };
};
