import { Readable } from 'node:stream';
import { parseError } from '@clickhouse/client';
import type { ChdbConnection } from 'chdb/connection';

/** Where an insert of raw rows goes. */
export interface RawTarget {
  readonly table: string;
  readonly columns: readonly string[];
}

const RAW_INSERT = /^\s*INSERT INTO ([\w.]+) \(([\w, ]+)\) FORMAT JSONCompactEachRow\s*$/;

/** The target of an insert whose rows can be handed over as bytes; undefined for any other statement. */
export const rawTarget = (query: string): RawTarget | undefined => {
  const match = RAW_INSERT.exec(query);
  const [, table, columns] = match ?? [];
  return table === undefined || columns === undefined ? undefined : { table, columns: columns.split(/, */) };
};

type Answer = Awaited<ReturnType<ChdbConnection['exec']>>;

/**
 * As `exec` with values, but the engine reads the rows where they lie: as part of the statement's text they would be copied and measured
 * several times on the event loop. Errors are the client's own, as with `exec`.
 */
export const rawInsert = async (connection: ChdbConnection, target: RawTarget, rows: Buffer): Promise<Answer> => {
  try {
    await connection.chdb.rawInsert({ ...target, values: rows, format: 'JSONCompactEachRow' });
  } catch (error) {
    throw clientError(error);
  }
  return { stream: Readable.from([]), query_id: '', response_headers: {}, http_status_code: 200 };
};

/** The engine tells its code in the message, as a server does. */
const clientError = (error: unknown): unknown => {
  if (!(error instanceof Error)) return error;
  const parsed = parseError(error.message);
  parsed.cause = error;
  return parsed;
};
