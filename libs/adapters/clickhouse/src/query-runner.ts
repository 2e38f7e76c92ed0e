import { drainStream, type ClickHouseSettings } from '@clickhouse/client';
import { Readable } from 'node:stream';
import { CallerError } from '@outrider/platform/errors';
import type { TimeRange } from '@outrider/ports/event-store';
import { storeError, wasCut } from './clickhouse-errors.ts';
import { streamingQueryId } from './embedded/chdb-lanes.connection.ts';
import type { ClickHouse } from './open-clickhouse.ts';
import { unlessSilent, within } from './server/bounded.ts';

/** One read: its name (the log comment), its SQL with placeholders, and their values. */
export interface Query {
  readonly name: string;
  readonly sql: string;
  readonly params: Readonly<Record<string, string | number | readonly (string | number)[]>>;
  /** Seconds; default 10. */
  readonly maxSeconds?: number;
  readonly settings?: ClickHouseSettings;
}

const DEFAULT_MAX_SECONDS = 10;
const STREAM_MAX_SECONDS = 300;
/** A statement's time includes what its reader takes, who may detect abuse in a hundred million rows meanwhile: only its beginning is bounded. */
const READER_MAX_SECONDS = 7 * 86_400;
const INSERT_MAX_SECONDS = 60;

/** Insert settings: one insert is one block, known by its token in every table it reaches. */
const INSERT_SETTINGS: ClickHouseSettings = {
  async_insert: 0,
  insert_deduplicate: 1,
  deduplicate_blocks_in_dependent_materialized_views: 1,
  // A lone surrogate in a path is hostile, not a reason to refuse the block it is in.
  input_format_json_throw_on_bad_escape_sequence: 0,
  // A backfill of months touches many weekly partitions at once.
  max_partitions_per_insert_block: '1000',
  max_execution_time: INSERT_MAX_SECONDS,
};

/** In a cluster the block goes through the Distributed table: split by its sharding key, handed on with its token, and acknowledged when all shards have it. */
const CLUSTER_INSERT_SETTINGS: ClickHouseSettings = { distributed_foreground_insert: 1 };

/** What a server may take beyond the time that the statement itself is given; ms. */
const SLACK_MS = 15_000;
/** Silence in the middle of a result; ms. */
const MAX_SILENCE_MS = 60_000;

/** How tables talk to the engine: bounded time, named in its log, errors in the platform's words. */
export class QueryRunner {
  constructor(readonly clickhouse: ClickHouse) {}

  /** All rows at once, each as the array of its columns. */
  async rows(query: Query): Promise<unknown[][]> {
    try {
      return await this.#bounded(query.maxSeconds ?? DEFAULT_MAX_SECONDS, query.name, async (signal) => {
        const result = await this.#ask(query, DEFAULT_MAX_SECONDS, signal);
        signal.addEventListener('abort', () => result.close(), { once: true });
        return result.json<unknown[]>();
      });
    } catch (error) {
      throw storeError(error, 'read', query.name);
    }
  }

  /** The rows as text (JSON arrays), in runs of at most `chunk`, without holding the result. */
  streamText(query: Query, chunk: number): AsyncGenerator<string[]> {
    return this.#texts(query, chunk, streamingQueryId());
  }

  /** As `streamText`, of a result that may be held as bytes: it is only taken apart run by run. One that reads a stream may ask for it. */
  rowTexts(query: Query, chunk: number): AsyncGenerator<string[]> {
    return this.#texts(query, chunk, undefined);
  }

  async *#texts(query: Query, chunk: number, queryId: string | undefined): AsyncGenerator<string[]> {
    const maxSeconds = queryId === undefined ? DEFAULT_MAX_SECONDS : STREAM_MAX_SECONDS;
    try {
      const result = await this.#bounded(query.maxSeconds ?? maxSeconds, query.name, (signal) =>
        this.#ask(
          queryId === undefined ? query : { ...query, maxSeconds: READER_MAX_SECONDS },
          maxSeconds,
          signal,
          queryId,
        ),
      );
      const stream = result.stream();
      const parts: AsyncIterable<readonly { readonly text: string }[]> = this.clickhouse.remote
        ? unlessSilent(stream, MAX_SILENCE_MS, query.name)
        : stream;
      let run: string[] = [];
      for await (const rows of parts) {
        for (const row of rows) {
          run.push(row.text);
          if (run.length < chunk) continue;
          yield run;
          run = [];
        }
      }
      if (run.length > 0) yield run;
    } catch (error) {
      throw storeError(error, 'read', query.name);
    }
  }

  /** An INSERT that selects what it inserts, as one block under a token. */
  async insertSelect(statement: Query, token: string): Promise<void> {
    const { name, sql, params, maxSeconds = INSERT_MAX_SECONDS } = statement;
    const clickhouse_settings = {
      ...INSERT_SETTINGS,
      ...(this.clickhouse.cluster === undefined ? {} : CLUSTER_INSERT_SETTINGS),
      // The select's blocks become one: a token with a number behind it would name another part each time.
      min_insert_block_size_rows: '10000000',
      max_block_size: '1000000',
      max_threads: 2,
      insert_deduplication_token: token,
      log_comment: name,
      max_execution_time: maxSeconds,
    };
    try {
      await this.#bounded(maxSeconds, name, (abort_signal) =>
        this.clickhouse.client.command({ query: sql, query_params: { ...params }, clickhouse_settings, abort_signal }),
      );
    } catch (error) {
      throw storeError(error, 'write', name);
    }
  }

  /** `rows` are JSON arrays as text, handed over as they are. Resolves when the block is stored, in this table and its views. */
  async insertText(
    name: string,
    table: string,
    columns: readonly string[],
    rows: readonly string[],
    token: string,
  ): Promise<void> {
    if (!/^[\x21-\x7e]{1,256}$/.test(token))
      throw new CallerError('a block token is 1 to 256 visible characters', 'invalid-token');
    const clickhouse_settings = {
      ...INSERT_SETTINGS,
      ...(this.clickhouse.cluster === undefined ? {} : CLUSTER_INSERT_SETTINGS),
      insert_deduplication_token: token,
      log_comment: name,
    };
    try {
      await this.#bounded(INSERT_MAX_SECONDS, name, async (abort_signal) => {
        const { stream } = await this.clickhouse.client.exec({
          query: `INSERT INTO ${table} (${columns.join(', ')}) FORMAT JSONCompactEachRow`,
          // One chunk of bytes: the embedded engine takes it as it is, HTTP streams it.
          values: Readable.from([Buffer.from(rows.join('\n'))]),
          clickhouse_settings,
          abort_signal,
        });
        abort_signal.addEventListener('abort', () => stream.destroy(), { once: true });
        await drainStream(stream);
      });
    } catch (error) {
      throw storeError(error, 'write', name);
    }
  }

  /** A server that hangs is given up; the engine in this process keeps its own time (`max_execution_time`). */
  #bounded<T>(seconds: number, what: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.clickhouse.remote ? within(seconds * 1000 + SLACK_MS, what, work) : work(new AbortController().signal);
  }

  /** A kept connection may have been closed by the other side in the same moment: asking changes nothing, so it is asked once more. */
  async #ask(query: Query, maxSeconds: number, abort_signal: AbortSignal, queryId?: string) {
    const ask = () =>
      this.clickhouse.client.query({
        ...request(query, maxSeconds),
        format: 'JSONCompactEachRow',
        abort_signal,
        ...(queryId === undefined ? {} : { query_id: queryId }),
      });
    try {
      return await ask();
    } catch (error) {
      if (!this.clickhouse.remote || !wasCut(error) || abort_signal.aborted) throw error;
      return ask();
    }
  }
}

const request = (query: Query, maxSeconds: number) => ({
  query: query.sql,
  query_params: { ...query.params },
  clickhouse_settings: {
    log_comment: query.name,
    max_execution_time: query.maxSeconds ?? maxSeconds,
    ...query.settings,
  },
});

/** Years 2000 to 2100: outside them a time is a mistake, and DateTime could not hold it. */
const MIN_TIME = 946_684_800_000;
const MAX_TIME = 4_102_444_800_000;

/** A range's bounds as parameters; CallerError when it is none. Open ends are cut at what a time can be. */
export const rangeParams = (range: TimeRange): { readonly from: number; readonly to: number } => {
  if (!(range.from <= range.to)) throw new CallerError('the range must begin before it ends', 'invalid-range');
  const within = (ms: number): number => Math.trunc(Math.min(MAX_TIME, Math.max(MIN_TIME, ms)));
  return { from: within(range.from), to: within(range.to) };
};

export const checkedLimit = (limit: number, max: number): number => {
  if (!Number.isInteger(limit) || limit < 1 || limit > max)
    throw new CallerError(`limit must be 1 to ${max}`, 'invalid-limit');
  return limit;
};

/** 32 hex digits, as events and dead letters carry them. */
export const checkedId = (id: string): string => {
  if (!/^[0-9a-f]{32}$/i.test(id)) throw new CallerError('an event id is 32 hex digits', 'invalid-id');
  return id;
};

export const textOfId = (column: string): string => `replaceAll(toString(${column}), '-', '')`;
export const since = (param: string): string => `fromUnixTimestamp64Milli({${param}:Int64})`;
