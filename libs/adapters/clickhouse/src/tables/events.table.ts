import * as z from 'zod';
import { decodeColumns, decodeRows, STORED_COLUMNS } from '@outrider/contracts/events/event-row';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { CallerError } from '@outrider/platform/errors';
import type {
  EventBlock,
  EventQuery,
  EventStore,
  PlacedEvent,
  RecallAfter,
  ReplayFilter,
  SeenEvent,
  TimeRange,
} from '@outrider/ports/event-store';
import type { QueryRunner } from '../query-runner.ts';
import {
  EVENTS,
  type RecallOf,
  newestByPartitionQuery,
  recallQuery,
  recallStartQuery,
  receivedCountsQuery,
  replayCountQuery,
  replayQuery,
  searchQuery,
  seenSinceQuery,
} from './events.sql.ts';

/** Rows that one insert may carry: at 1 KiB a row, 100 MB. */
const MAX_BLOCK_ROWS = 100_000;
const MAX_CHUNK = 100_000;
const MAX_SEEN = 50_000_000;
const SEEN_CHUNK = 10_000;

const SeenRow = z.tuple([z.string(), z.number()]);
const StartRow = z.tuple([z.number(), z.number()]);
/** ms; the first holds the hour that clocks may be ahead. */
const RECALL_SPANS = [2 * 3_600_000, 26 * 3_600_000];
const NewestRow = z.tuple([z.number(), z.number()]);
const CountedRow = z.tuple([z.number()]);
const CountRow = z.tuple([z.string(), z.number()]);

/** The only file, with its SQL beside it, that knows the columns of events_v1. */
export class EventsTable {
  constructor(private readonly runner: QueryRunner) {}

  async insert(block: EventBlock): Promise<void> {
    if (block.rows.length === 0) return;
    if (block.rows.length > MAX_BLOCK_ROWS)
      throw new CallerError(`a block holds at most ${MAX_BLOCK_ROWS} rows`, 'block-too-large', 413);
    await this.runner.insertText('events.insert', EVENTS, STORED_COLUMNS, block.rows, block.token);
  }

  async search(query: EventQuery): Promise<readonly ApiEvent[]> {
    if (query.eventIds?.length === 0) return [];
    return (await this.runner.rows(searchQuery(query))).map(decodeColumns);
  }

  async *replay(query: Parameters<EventStore['replay']>[0]): AsyncGenerator<readonly ApiEvent[]> {
    checkedChunk(query.chunk);
    for await (const texts of this.runner.streamText(replayQuery(query), query.chunk)) yield decodeRows(texts);
  }

  async replayCount(filter: ReplayFilter): Promise<number> {
    const [row] = await this.runner.rows(replayCountQuery(filter));
    return CountedRow.parse(row)[0];
  }

  async *seenSince(since: number, limit: number, partitions?: readonly number[]): AsyncGenerator<readonly SeenEvent[]> {
    if (limit < 1 || partitions?.length === 0) return;
    const sql = seenSinceQuery(since, Math.min(limit, MAX_SEEN), partitions);
    for await (const texts of this.runner.streamText(sql, SEEN_CHUNK)) {
      const rows = z.array(SeenRow).parse(JSON.parse(`[${texts.join(',')}]`));
      yield rows.map(([eventId, position]) => ({ eventId, position }));
    }
  }

  async newestByPartition(since: number, partitions: readonly number[]): Promise<ReadonlyMap<number, number>> {
    if (partitions.length === 0) return new Map();
    return new Map(z.array(NewestRow).parse(await this.runner.rows(newestByPartitionQuery(since, partitions))));
  }

  async *recall(query: {
    readonly partitions: readonly number[];
    readonly range: TimeRange;
    readonly chunk: number;
    readonly most: number;
    readonly after?: RecallAfter;
  }): AsyncGenerator<readonly PlacedEvent[]> {
    const { range, partitions, after } = query;
    if (partitions.length === 0) return;
    const of = { partitions, after };
    const sql = recallQuery(range, of, await this.#recallStart(range, of, query.most));
    for await (const texts of this.runner.streamText(sql, checkedChunk(query.chunk))) yield placed(texts);
  }

  /** First when, then what: only one column is held to find out; and of a long range only its end where that is enough. */
  async #recallStart(range: TimeRange, of: RecallOf, most: number): Promise<number> {
    for (const span of [...RECALL_SPANS, Number.POSITIVE_INFINITY]) {
      const from = Math.max(range.from, range.to - span);
      const [oldest] = await this.runner.rows(recallStartQuery({ from, to: range.to }, of, most));
      const [start, events] = StartRow.parse(oldest);
      if (events >= most || from === range.from) return start;
    }
    return 0;
  }

  /** Events received in the span, by gateway. */
  async receivedCounts(tenant: string, from: number, to: number): Promise<ReadonlyMap<string, number>> {
    return new Map(z.array(CountRow).parse(await this.runner.rows(receivedCountsQuery(tenant, from, to))));
  }
}

const checkedChunk = (chunk: number): number => {
  if (!Number.isInteger(chunk) || chunk < 1 || chunk > MAX_CHUNK)
    throw new CallerError(`chunk must be 1 to ${MAX_CHUNK}`, 'invalid-limit');
  return chunk;
};

/** The place on the bus is the last column, after the event's own. */
const placed = (texts: readonly string[]): PlacedEvent[] =>
  decodeRows(texts).map((event, i) => {
    const text = texts[i] ?? '';
    return { event, position: Number(text.slice(text.lastIndexOf(',') + 1, -1)) };
  });
