import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type * as z from 'zod';
import type { Logger } from '@outrider/platform/logger';
import { startEmbeddedPostgres } from '@outrider/postgres/embedded/embedded-postgres';
import type { LeadershipEvent } from '@outrider/postgres/leadership/postgres-leadership';
import { migrateDeploy } from '@outrider/postgres/migrate-deploy';
import { openPostgres, type Postgres } from '@outrider/postgres/open-postgres';
import type { postgresSettings } from '../settings/engine-settings.ts';
import type { Ground } from './ground.ts';
import { hostOf } from './start-up.ts';

export type PostgresSettings = z.output<z.ZodObject<typeof postgresSettings>>;

/** Connections of the stores to PostgreSQL. */
const STORE_CONNECTIONS = 12;
const KEY_BYTES = 32;

export interface OpenedPostgres {
  readonly stores: Postgres;
  readonly url: string;
  /** Whether webhook secrets can be opened: not in a process that was given no key. */
  readonly opensSecrets: boolean;
}

/** PostgreSQL, started by us or given, with its schema up to date. */
export const openControlStore = async (
  settings: PostgresSettings,
  sealingKey: Buffer | undefined,
  ground: Ground,
): Promise<OpenedPostgres> => {
  const { log, lifecycle, startUp } = ground;
  const url = settings.DATABASE_URL ?? (await embeddedPostgres(ground));
  if (settings.DATABASE_URL === undefined) await migrateDeploy(url);
  else await startUp.engine({ name: 'PostgreSQL', setting: 'DATABASE_URL', at: hostOf(url) }, () => migrateDeploy(url));
  const stores = openPostgres({
    url,
    max: STORE_CONNECTIONS,
    // Without a key the part that needs it is not provided (EnginesModule); this one opens nothing.
    sealingKeys: [sealingKey ?? randomBytes(KEY_BYTES)],
    onConnectionLost: (error) => log.warn({ err: error }, 'lost a connection to PostgreSQL'),
    onLeadership: (event) => sayLeadership(log, event),
  });
  lifecycle.adopt({ name: 'control store', stop: () => stores.close() });
  return { stores, url, opensSecrets: sealingKey !== undefined };
};

const embeddedPostgres = async ({ dataDir, log, lifecycle }: Ground): Promise<string> => {
  const embedded = await startEmbeddedPostgres({
    dir: join(dataDir, 'postgres'),
    log: (line) => log.debug({ postgres: line }, 'postgresql'),
  });
  lifecycle.adopt({ name: 'postgresql', stop: () => embedded.stop() });
  return embedded.url;
};

const sayLeadership = (log: Logger, event: LeadershipEvent): void => {
  switch (event.kind) {
    case 'leads':
    case 'resigned':
      return log.info({ role: event.role, term: event.term }, `leadership: ${event.kind}`);
    case 'away':
      return log.warn({ err: event.error }, 'leadership: PostgreSQL cannot be asked, what is held is resigned in time');
    case 'lead-failed':
    case 'resign-failed':
      return log.error({ err: event.error, role: event.role }, `leadership: ${event.kind}`);
    default:
      return event satisfies never;
  }
};
