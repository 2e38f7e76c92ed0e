import * as z from 'zod';
import { PermanentError } from '@outrider/platform/errors';
import type { ClickHouse } from './open-clickhouse.ts';
import { startError } from './clickhouse-errors.ts';
import { Definer } from './schema/definer.ts';
import { retentionStatement, storedTable } from './schema/render.ts';

/**
 * Days that rows are kept; null keeps them for ever. Counted from receipt, not from event time: a backfill of old logs, or a recorded
 * scenario, would otherwise vanish with the next merge.
 */
export interface Retention {
  readonly eventsDays: number | null;
  readonly minutesDays: number | null;
  readonly hoursDays: number | null;
  readonly deadLettersDays: number | null;
}

export const DEFAULT_RETENTION: Retention = { eventsDays: 180, minutesDays: 30, hoursDays: 400, deadLettersDays: 30 };
export const KEEP_ALL: Retention = { eventsDays: null, minutesDays: null, hoursDays: null, deadLettersDays: null };

const MAX_DAYS = 3_650;

const CLASSES: readonly { readonly table: string; readonly column: string; readonly days: keyof Retention }[] = [
  { table: 'events_v1', column: 'received_at', days: 'eventsDays' },
  { table: 'entity_minute_v1', column: 'last_received', days: 'minutesDays' },
  { table: 'endpoint_minute_v1', column: 'last_received', days: 'minutesDays' },
  { table: 'entity_hour_v1', column: 'last_received', days: 'hoursDays' },
  { table: 'endpoint_hour_v1', column: 'last_received', days: 'hoursDays' },
  { table: 'endpoint_inventory_v1', column: 'last_received', days: 'hoursDays' },
  { table: 'caller_endpoint_hour_v1', column: 'last_received', days: 'minutesDays' },
  { table: 'caller_origins_v1', column: 'last_received', days: 'hoursDays' },
  { table: 'endpoint_day_v1', column: 'last_received', days: 'hoursDays' },
  { table: 'dead_letters_v1', column: 'received_at', days: 'deadLettersDays' },
];

/**
 * Gives each table the TTL that the settings ask for; a table that has it already is left alone. Rows go with their whole part, so up
 * to one partition (a week, for hours a month) later. Returns the tables that were changed.
 */
export const applyRetention = async (clickhouse: ClickHouse, retention: Retention): Promise<readonly string[]> => {
  const definer = new Definer(clickhouse);
  try {
    const present = await readTtls(clickhouse, definer);
    const changed: string[] = [];
    for (const { table, column, days } of CLASSES) {
      const wanted = ttlOf(column, retention[days]);
      const has = present.get(table);
      if (has === undefined) throw new PermanentError(`table ${table} is missing: migrate first`, 'missing-table');
      if (has === wanted) continue;
      await definer.run(retentionStatement(clickhouse, table, wanted), 'retention.apply');
      changed.push(table);
    }
    return changed;
  } catch (error) {
    throw startError(error, 'retention');
  }
};

/** As ClickHouse writes it back. */
const ttlOf = (column: string, days: number | null): string => {
  if (days === null) return '';
  if (!Number.isInteger(days) || days < 1 || days > MAX_DAYS)
    throw new RangeError(`retention must be 1 to ${MAX_DAYS} days`);
  return `toDateTime(${column}) + toIntervalDay(${days})`;
};

const TableRow = z.object({ name: z.string(), engine_full: z.string() });

const readTtls = async (clickhouse: ClickHouse, definer: Definer): Promise<Map<string, string>> => {
  const names = new Map(CLASSES.map(({ table }) => [storedTable(clickhouse, table), table]));
  const rows = await definer.read({
    name: 'retention.read',
    query:
      'SELECT name, engine_full FROM system.tables WHERE database = {database:String} AND name IN {names:Array(String)}',
    query_params: { database: clickhouse.database, names: [...names.keys()] },
  });
  return new Map(
    z
      .array(TableRow)
      .parse(rows)
      .map((row) => [names.get(row.name) ?? row.name, / TTL (.*?)(?: SETTINGS |$)/.exec(row.engine_full)?.[1] ?? '']),
  );
};
