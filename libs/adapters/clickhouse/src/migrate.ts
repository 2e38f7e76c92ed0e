import * as z from 'zod';
import { PermanentError } from '@outrider/platform/errors';
import { startError } from './clickhouse-errors.ts';
import type { ClickHouse } from './open-clickhouse.ts';
import { Definer } from './schema/definer.ts';
import { readMigrations, type Migration } from './schema/migrations.ts';
import { databaseStatement, LEDGER, ledgerStatement, renderStatement } from './schema/render.ts';

/**
 * Brings the schema up to date; what the ledger holds is not run again. Each statement may be repeated, so a run that was cut short, or
 * that several processes begin at once, is simply completed. CallerError: who CLICKHOUSE_URL names is refused. PermanentError: a file
 * that was applied has changed since, or the ledger is of a newer version than this program.
 */
export const migrate = async (clickhouse: ClickHouse): Promise<readonly string[]> => {
  const definer = new Definer(clickhouse);
  try {
    await prepareLedger(clickhouse, definer);
    const applied = await readLedger(definer);
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
      for (const template of migration.templates) {
        for (const sql of renderStatement(template, clickhouse)) await definer.run(sql, 'migrations.apply');
      }
      await record(clickhouse, migration);
      done.push(migration.name);
    }
    return done;
  } catch (error) {
    throw startError(error, 'migrate');
  }
};

/** What is there is not made again: a user without the right to create needs it the first time only, and a server that is down is not waited for. */
const prepareLedger = async (clickhouse: ClickHouse, definer: Definer): Promise<void> => {
  const { database } = clickhouse;
  const query_params = { database, ledger: LEDGER };
  const there = async (query: string): Promise<boolean> =>
    (await definer.read({ name: 'migrations.look', query, query_params, outside: true })).length > 0;
  if (!(await there('SELECT name FROM system.databases WHERE name = {database:String}')))
    await definer.run(databaseStatement(clickhouse), 'migrations.database', true);
  if (!(await there('SELECT name FROM system.tables WHERE database = {database:String} AND name = {ledger:String}')))
    await definer.run(ledgerStatement(clickhouse), 'migrations.ledger');
};

const LedgerRow = z.object({ version: z.number(), checksum: z.string() });

const readLedger = async (definer: Definer): Promise<z.infer<typeof LedgerRow>[]> => {
  const query = `SELECT version, any(checksum) AS checksum FROM ${LEDGER} GROUP BY version ORDER BY version`;
  return z.array(LedgerRow).parse(await definer.read({ name: 'migrations.ledger', query }));
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
