import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { PermanentError } from '@outrider/platform/errors';
import { translateError } from './database-errors.ts';

/** The same from `src` and from `dist`. */
export const MIGRATIONS_DIR = fileURLToPath(new URL('../prisma/migrations', import.meta.url));

const CONNECT_MS = 10_000;
/** Another process may be migrating; longer than any of our migrations takes. */
const TURN_MS = 300_000;

/** Any number, the same in every process. */
const LOCK = 7_270_736_901;

const LEDGER = `create table if not exists _prisma_migrations (
  id varchar(36) primary key not null, checksum varchar(64) not null, finished_at timestamptz, migration_name varchar(255) not null,
  logs text, rolled_back_at timestamptz, started_at timestamptz not null default now(), applied_steps_count integer not null default 0)`;

interface LedgerRow {
  readonly migration_name: string;
  readonly checksum: string;
  readonly finished_at: Date | null;
}

/**
 * Applies the migrations that are missing, each in its transaction, one process at a time, and returns their names. The ledger is
 * Prisma's own, so that `prisma migrate status` agrees. PermanentError when a migration was edited after it was applied, or fails.
 */
export const migrateDeploy = async (url: string, dir: string = MIGRATIONS_DIR): Promise<string[]> => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_MS, keepAlive: true });
  client.on('error', () => undefined);
  await client.connect().catch((error: unknown) => {
    throw translateError(error);
  });
  try {
    await takeTurn(client);
    await client.query(LEDGER);
    const done = await client.query<LedgerRow>(
      'select migration_name, checksum, finished_at from _prisma_migrations where rolled_back_at is null',
    );
    const ledger = new Map(done.rows.map((row) => [row.migration_name, row]));
    const applied: string[] = [];
    for (const name of migrationNames(dir)) {
      const sql = readFileSync(join(dir, name, 'migration.sql'), 'utf8');
      if (await applyOne(client, name, sql, ledger.get(name))) applied.push(name);
    }
    return applied;
  } finally {
    await client.end(); // ends the lock too
  }
};

/** Held by the session: through a pooler in transaction mode it would be somebody else's. */
const takeTurn = async (client: pg.Client): Promise<void> => {
  try {
    await client.query(`select set_config('lock_timeout', $1, false)`, [`${TURN_MS}ms`]);
    await client.query('select pg_advisory_lock($1)', [LOCK]);
    await client.query(`select set_config('lock_timeout', '0', false)`);
  } catch (error) {
    throw translateError(error);
  }
};

const migrationNames = (dir: string): string[] =>
  readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();

const applyOne = async (
  client: pg.Client,
  name: string,
  sql: string,
  before: LedgerRow | undefined,
): Promise<boolean> => {
  const checksum = createHash('sha256').update(sql).digest('hex');
  if (before) {
    if (!before.finished_at)
      throw new PermanentError(`migration ${name} failed before: resolve it with "prisma migrate resolve"`);
    if (before.checksum !== checksum) throw new PermanentError(`migration ${name} was edited after it was applied`);
    return false;
  }
  await client.query('begin');
  try {
    await client.query(sql);
    await client.query(
      `insert into _prisma_migrations (id, checksum, finished_at, migration_name, applied_steps_count) values ($1, $2, now(), $3, 1)`,
      [randomUUID(), checksum, name],
    );
    await client.query('commit');
    return true;
  } catch (error) {
    await client.query('rollback');
    throw new PermanentError(
      `migration ${name}: ${error instanceof Error ? error.message : String(error)}`,
      'migration',
      { cause: error },
    );
  }
};
