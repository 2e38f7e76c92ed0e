import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import * as z from 'zod';
import { PermanentError } from '@outrider/platform/errors';
import type { ClickHouse } from './open-clickhouse.ts';
import { storeError } from './clickhouse-errors.ts';

/** Found the same from src and from dist: the SQL lies beside both. */
const MIGRATIONS = new URL('../migrations/', import.meta.url);
const LEDGER = 'schema_migrations';
const FILE = /^(\d{4})_[a-z0-9_]+\.sql$/;

/** The one place that knows the engines; a cluster's variants (Replicated…) would be chosen here. */
const CLAUSES: Readonly<Record<string, string>> = {
  MergeTree: 'MergeTree',
  AggregatingMergeTree: 'AggregatingMergeTree',
  // A block's token is remembered for this many blocks of a partition's table; expired parts go whole.
  common: 'non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1',
};

interface Migration {
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
  readonly statements: readonly string[];
}

/**
 * Brings the schema up to date; what the ledger holds is not run again. Each statement is idempotent, so a run that was cut short is
 * simply repeated. PermanentError: a file that was applied has changed since, or the ledger is of a newer version than this program.
 */
export const migrate = async (clickhouse: ClickHouse): Promise<readonly string[]> => {
  try {
    await clickhouse.createDatabase();
    await clickhouse.client.command({ query: LEDGER_TABLE });
    const applied = await readLedger(clickhouse);
    const migrations = readMigrations();
    const newest = migrations.at(-1)?.version ?? 0;
    if (applied.some((row) => row.version > newest))
      throw new PermanentError('the event store was made by a newer version', 'newer-schema');
    const done: string[] = [];
    for (const migration of migrations) {
      const row = applied.find((r) => r.version === migration.version);
      if (row && row.checksum !== migration.checksum) {
        throw new PermanentError(`migration ${migration.name} was applied with another content`, 'changed-migration');
      }
      if (row) continue;
      for (const query of migration.statements) await clickhouse.client.command({ query });
      await record(clickhouse, migration);
      done.push(migration.name);
    }
    return done;
  } catch (error) {
    throw storeError(error, 'read', 'migrate');
  }
};

const readMigrations = (): readonly Migration[] =>
  readdirSync(MIGRATIONS)
    .filter((file) => FILE.test(file))
    .sort()
    .map((name) => {
      const text = readFileSync(new URL(name, MIGRATIONS), 'utf8');
      return {
        version: Number(name.slice(0, 4)),
        name,
        checksum: createHash('sha256').update(text).digest('hex'),
        statements: statementsOf(text),
      };
    });

/** Statements end with `;` at the end of a line; comments stand on lines of their own. */
const statementsOf = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('--'))
    .join('\n')
    .split(/;\s*(?:\n|$)/)
    .map((statement) => statement.trim().replace(/\{([A-Za-z]+)\}/g, (_, clause: string) => clauseOf(clause)))
    .filter((statement) => statement !== '');

const clauseOf = (name: string): string => {
  const clause = CLAUSES[name];
  if (clause === undefined) throw new PermanentError(`unknown clause ${name} in a migration`, 'invalid-migration');
  return clause;
};

const LEDGER_TABLE = `
  CREATE TABLE IF NOT EXISTS ${LEDGER}
  (
      version     UInt32,
      name        String,
      checksum    String,
      applied_at  DateTime DEFAULT now()
  )
  ENGINE = MergeTree
  ORDER BY version`;

const LedgerRow = z.object({ version: z.number(), checksum: z.string() });

const readLedger = async (clickhouse: ClickHouse): Promise<z.infer<typeof LedgerRow>[]> => {
  const result = await clickhouse.client.query({
    query: `SELECT version, any(checksum) AS checksum FROM ${LEDGER} GROUP BY version ORDER BY version`,
    format: 'JSONEachRow',
    clickhouse_settings: { log_comment: 'migrations.ledger', max_execution_time: 10 },
  });
  return z.array(LedgerRow).parse(await result.json());
};

const record = async (clickhouse: ClickHouse, migration: Migration): Promise<void> => {
  await clickhouse.client.insert({
    table: LEDGER,
    columns: ['version', 'name', 'checksum'],
    values: [[migration.version, migration.name, migration.checksum]],
    format: 'JSONCompactEachRow',
    clickhouse_settings: { log_comment: 'migrations.record', async_insert: 0 },
  });
};
