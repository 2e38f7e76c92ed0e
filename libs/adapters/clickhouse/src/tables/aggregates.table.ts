import * as z from 'zod';
import type { EntityKind } from '@outrider/domain/traffic/entity';
import { CallerError } from '@outrider/platform/errors';
import type { EntitySummary, MinuteCount, ServiceMinute, TimeRange } from '@outrider/ports/event-store';
import { checkedLimit, type QueryRunner } from '../query-runner.ts';
import {
  lastSeenQuery,
  minuteCountsQuery,
  serviceMinutesQuery,
  summaryQuery,
  type SummaryQuery,
} from './aggregates.sql.ts';

const MAX_ENTITIES = 1_000;
const MAX_SUMMARIES = 1_000;
const MAX_OFFSET = 100_000;
const COUNTS_CHUNK = 2_000;
const MAX_SERVICE_SPAN_MS = 6 * 3_600_000;
const MAX_SERVICE_MINUTES = 100_000;

const SummaryRow = z.tuple([
  z.string(),
  z.string(),
  z.number(),
  z.number(),
  z.number(),
  z.number(),
  z.number(),
  z.number(),
]);
const LastSeenRow = z.tuple([z.string(), z.number(), z.number()]);

/**
 * The aggregates that the views keep: entity_minute_v1, entity_hour_v1, endpoint_minute_v1 and endpoint_hour_v1, which differ in what
 * they group by and answer the same questions. With the SQL beside it the only file that knows their columns.
 */
export class AggregateTables {
  constructor(private readonly runner: QueryRunner) {}

  async minuteCounts(
    kind: EntityKind,
    query: { tenant: string; entities: readonly string[]; range: TimeRange },
  ): Promise<readonly MinuteCount[]> {
    if (query.entities.length === 0) return [];
    if (query.entities.length > MAX_ENTITIES)
      throw new CallerError(`at most ${MAX_ENTITIES} entities at once`, 'too-many-entities');
    // A thousand entities over weeks are hundreds of thousands of rows: read in runs, so that the event loop is never held for long.
    const counts: MinuteCount[] = [];
    for await (const texts of this.runner.rowTexts(minuteCountsQuery(kind, query), COUNTS_CHUNK)) {
      for (const row of JSON.parse(`[${texts.join(',')}]`) as unknown[][]) counts.push(minuteCountOf(row));
    }
    return counts;
  }

  async serviceMinutes(range: TimeRange): Promise<readonly ServiceMinute[]> {
    if (range.to - range.from > MAX_SERVICE_SPAN_MS)
      throw new CallerError('service minutes are read for at most six hours at once', 'invalid-range');
    const minutes: ServiceMinute[] = [];
    const query = serviceMinutesQuery(range, MAX_SERVICE_MINUTES);
    for await (const texts of this.runner.rowTexts(query, COUNTS_CHUNK)) {
      for (const row of JSON.parse(`[${texts.join(',')}]`) as unknown[][]) minutes.push(serviceMinuteOf(row));
    }
    return minutes;
  }

  async summaries(kind: EntityKind, query: SummaryQuery): Promise<readonly EntitySummary[]> {
    checkedLimit(query.limit, MAX_SUMMARIES);
    if (!Number.isInteger(query.offset) || query.offset < 0 || query.offset > MAX_OFFSET) {
      throw new CallerError(`offset must be 0 to ${MAX_OFFSET}`, 'invalid-limit');
    }
    const rows = z.array(SummaryRow).parse(await this.runner.rows(summaryQuery(kind, query)));
    return rows.map(([id, name, requests, errors, refused, responseBytes, firstSeenAt, lastSeenAt]) => ({
      entity: { kind, id, name },
      requests,
      errors,
      refused,
      responseBytes,
      firstSeenAt,
      lastSeenAt,
    }));
  }

  async gatewaysLastSeen(
    tenant: string,
    range: TimeRange,
  ): Promise<readonly { readonly gateway: string; readonly lastEventAt: number; readonly lastReceivedAt: number }[]> {
    const rows = z.array(LastSeenRow).parse(await this.runner.rows(lastSeenQuery(tenant, range)));
    return rows.map(([gateway, lastEventAt, lastReceivedAt]) => ({ gateway, lastEventAt, lastReceivedAt }));
  }
}

/** The columns of minuteCountsQuery, in its order: our own query's answer, so it is taken apart without a schema a row. */
const minuteCountOf = (row: readonly unknown[]): MinuteCount => ({
  entity: String(row[0]),
  minute: Number(row[1]),
  requests: Number(row[2]),
  serverErrors: Number(row[3]),
  clientErrors: Number(row[4]),
  refused: Number(row[5]),
});

/** As minuteCountOf, of serviceMinutesQuery. */
const serviceMinuteOf = (row: readonly unknown[]): ServiceMinute => ({
  tenant: String(row[0]),
  gateway: String(row[1]),
  service: String(row[2]),
  serviceName: String(row[3]),
  minute: Number(row[4]),
  requests: Number(row[5]),
  serverErrors: Number(row[6]),
  clientErrors: Number(row[7]),
});
