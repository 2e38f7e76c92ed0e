/** What a request asks of the engine. */
export interface Statement {
  readonly sql: string;
  /** Rows of an insert, as they came; they follow the statement's text. */
  readonly data: Buffer;
  readonly database: string | undefined;
  /** Where the statement names none. */
  readonly format: string;
  readonly settings: ReadonlyMap<string, string>;
  /** Values as the wire has them: escaped as in TabSeparated. */
  readonly params: ReadonlyMap<string, string>;
  readonly readonly: boolean;
  /** The whole result before the first byte of it. */
  readonly waitForEnd: boolean;
}

const literal = (text: string): string => `'${text.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`;
const identifier = (text: string): string => `\`${text.replace(/\\/g, '\\\\').replace(/`/g, '\\`')}\``;

/** What gives a fresh connection the request's database, settings and parameters; undefined when there is nothing to say. */
export const preparation = (s: Statement): string | undefined => {
  const set = [...s.settings].map(([name, value]) => `${name} = ${literal(value)}`);
  for (const [name, value] of s.params) set.push(`param_${name} = ${literal(value)}`);
  if (s.readonly) set.push('readonly = 2');
  const statements: string[] = [];
  if (s.database !== undefined) statements.push(`USE ${identifier(s.database)}`);
  if (set.length > 0) statements.push(`SET ${set.join(', ')}`);
  return statements.length === 0 ? undefined : statements.join('; ');
};

/** An insert whose rows the engine can read where they lie. */
export interface RawInsert {
  readonly table: string;
  readonly columns: string[] | undefined;
  readonly format: RawFormat;
}

const RAW_FORMATS = [
  'JSONEachRow',
  'JSONCompactEachRow',
  'CSV',
  'CSVWithNames',
  'TSV',
  'TabSeparated',
  'TSVWithNames',
  'TabSeparatedWithNames',
] as const;
export type RawFormat = (typeof RAW_FORMATS)[number];
const isRawFormat = (format: string): format is RawFormat => (RAW_FORMATS as readonly string[]).includes(format);

const RAW_INSERT = /^\s*INSERT\s+INTO\s+(?:TABLE\s+)?([\w.]+)\s*(?:\(([\w\s,]+)\))?\s*FORMAT\s+(\w+)\s*;?\s*$/i;

/** Undefined for any other statement: it is handed over as text. */
export const rawInsertOf = (sql: string): RawInsert | undefined => {
  const [, table, columns, format] = RAW_INSERT.exec(sql) ?? [];
  if (table === undefined || format === undefined || !isRawFormat(format)) return undefined;
  const names = columns?.split(',').map((name) => name.trim());
  return { table, columns: names, format };
};

/** Formats without head or foot, whose parts can be sent as they are made. */
const STREAMED = new Set([
  'JSONEachRow',
  'JSONCompactEachRow',
  'JSONStringsEachRow',
  'JSONCompactStringsEachRow',
  'TabSeparated',
  'TSV',
  'TabSeparatedRaw',
  'TSVRaw',
  'CSV',
  'RowBinary',
  'LineAsString',
]);
const ENDS_IN_FORMAT = /\sFORMAT\s+(\w+)\s*;?\s*$/i;
const READS = /^\s*(?:SELECT|WITH|\()/i;

/** The format of the answer, and what is asked without it when the rows can be sent as they are made. */
export const answerOf = (s: Statement): { readonly format: string; readonly streamed: string | undefined } => {
  const match = ENDS_IN_FORMAT.exec(s.sql);
  const format = match?.[1] ?? s.format;
  const streams = !s.waitForEnd && STREAMED.has(format) && READS.test(s.sql) && !/\bINTO\s+OUTFILE\b/i.test(s.sql);
  return { format, streamed: streams ? (match ? s.sql.slice(0, match.index) : s.sql) : undefined };
};
