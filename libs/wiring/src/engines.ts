import { join } from 'node:path';
import type * as z from 'zod';
import { BullJobQueue } from '@outrider/bullmq/bull-job-queue';
import type { JobEngineOptions } from '@outrider/bullmq/queue-engine';
import { ClickHouseEventStore } from '@outrider/clickhouse/clickhouse.event-store';
import { openClickHouse, type ClickHouse } from '@outrider/clickhouse/open-clickhouse';
import { JOBS, type Jobs } from '@outrider/contracts/jobs/job-catalogue';
import { CHANGES_TOPIC, DEAD_LETTERS_TOPIC, EVENTS_TOPIC } from '@outrider/contracts/topics/topic-catalogue';
import { LocalBus } from '@outrider/local-bus/local-bus';
import type { Lifecycle } from '@outrider/platform/lifecycle';
import type { Logger } from '@outrider/platform/logger';
import type { Metrics } from '@outrider/platform/metrics';
import { systemClock } from '@outrider/ports/clock';
import { startEmbeddedPostgres } from '@outrider/postgres/embedded/embedded-postgres';
import { migrateDeploy } from '@outrider/postgres/migrate-deploy';
import { openPostgres, type Postgres } from '@outrider/postgres/open-postgres';
import type { busSettings, clickhouseSettings, jobSettings, postgresSettings } from './settings/engine-settings.ts';

type Of<T extends z.ZodRawShape> = z.output<z.ZodObject<T>>;
export type BusSettings = Of<typeof busSettings>;
export type ClickHouseSettings = Of<typeof clickhouseSettings>;
export type PostgresSettings = Of<typeof postgresSettings>;
export type JobSettings = Of<typeof jobSettings>;

/** What every engine of a process shares. */
export interface Ground {
  readonly dataDir: string;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly lifecycle: Lifecycle;
}

/** Connections to PostgreSQL: the stores' and, per queue and worker, the jobs'. */
const STORE_CONNECTIONS = 12;
const JOB_CONNECTIONS = 3;

/** The durable log on local disk; locked, recovered and known to its durable groups before anything is published. */
export const openBus = async (settings: BusSettings, ground: Ground): Promise<LocalBus> => {
  const maxBytes = settings.BUS_MAX_BYTES;
  const bus = new LocalBus(
    {
      dir: settings.BUS_URL === undefined ? join(ground.dataDir, 'bus') : new URL(settings.BUS_URL).pathname,
      fsync: settings.BUS_FSYNC ? 'always' : 'interval',
      topics: {
        [EVENTS_TOPIC.name]: { maxBytes, groups: ['analyzer'] },
        [DEAD_LETTERS_TOPIC.name]: { maxBytes, groups: ['analyzer'] },
        [CHANGES_TOPIC.name]: { maxBytes, groups: ['responder'] },
      },
    },
    { log: ground.log, metrics: ground.metrics, clock: systemClock },
  );
  await bus.start();
  ground.lifecycle.adopt({ name: 'event bus', stop: () => bus.stop() });
  return bus;
};

export interface OpenedEventStore {
  readonly store: ClickHouseEventStore;
  readonly clickhouse: ClickHouse;
}

/** ClickHouse, in this process or on a server, with its schema up to date. */
export const openEventStore = async (settings: ClickHouseSettings, ground: Ground): Promise<OpenedEventStore> => {
  const clickhouse = await openClickHouse(
    settings.CLICKHOUSE_URL === undefined
      ? { dir: join(ground.dataDir, 'clickhouse') }
      : { url: settings.CLICKHOUSE_URL },
  );
  ground.lifecycle.adopt({ name: 'event store', stop: () => clickhouse.close() });
  const store = new ClickHouseEventStore(clickhouse, {
    eventsDays: settings.RETENTION_EVENTS_DAYS,
    minutesDays: settings.RETENTION_MINUTES_DAYS,
    hoursDays: settings.RETENTION_HOURS_DAYS,
    deadLettersDays: settings.RETENTION_DEAD_LETTERS_DAYS,
  });
  await store.prepare();
  return { store, clickhouse };
};

export interface OpenedPostgres {
  readonly stores: Postgres;
  readonly url: string;
}

/** PostgreSQL, started by us or given, with its schema up to date. */
export const openControlStore = async (
  settings: PostgresSettings,
  sealingKey: Buffer,
  ground: Ground,
): Promise<OpenedPostgres> => {
  const { log, lifecycle } = ground;
  let url = settings.DATABASE_URL;
  if (url === undefined) {
    const embedded = await startEmbeddedPostgres({
      dir: join(ground.dataDir, 'postgres'),
      log: (line) => log.debug({ postgres: line }, 'postgresql'),
    });
    lifecycle.adopt({ name: 'postgresql', stop: () => embedded.stop() });
    url = embedded.url;
  }
  await migrateDeploy(url);
  const stores = openPostgres({
    url,
    max: STORE_CONNECTIONS,
    sealingKeys: [sealingKey],
    onConnectionLost: (error) => log.warn({ err: error }, 'lost a connection to PostgreSQL'),
  });
  lifecycle.adopt({ name: 'control store', stop: () => stores.close() });
  return { stores, url };
};

/** BullMQ, on Redis where one is given, else on the control store's PostgreSQL. */
export const openJobs = (settings: JobSettings, databaseUrl: string, ground: Ground): BullJobQueue<Jobs> => {
  const engine: JobEngineOptions =
    settings.REDIS_URL === undefined
      ? { kind: 'postgres', url: databaseUrl, schema: 'bullmq', poolSize: JOB_CONNECTIONS }
      : { kind: 'redis', url: settings.REDIS_URL };
  return new BullJobQueue<Jobs>(JOBS, engine, { log: ground.log, metrics: ground.metrics });
};
