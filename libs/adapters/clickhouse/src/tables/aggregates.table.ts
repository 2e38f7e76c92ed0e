import * as z from 'zod';
import type { EntityKind } from '@outrider/domain/traffic/entity';
import { CallerError } from '@outrider/platform/errors';
import type { EntitySummary, MinuteCount, TimeRange } from '@outrider/ports/event-store';
import { checkedLimit, type QueryRunner } from '../query-runner.ts';
import { lastSeenQuery, minuteCountsQuery, summaryQuery, type SummaryQuery } from './aggregates.sql.ts';

export const MAX_ENTITIES = 1_000;
const MAX_SUMMARIES = 1_000;
const MAX_OFFSET = 100_000;

const CountRow = z.tuple([z.string(), z.number(), z.number(), z.number(), z.number(), z.number()]);
const SummaryRow = z.tuple([z.string(), z.string(), z.number(), z.number(), z.number(), z.number(), z.number(), z.number()]);
const LastSeenRow = z.tuple([z.string(), z.number(), z.number()]);

/**
 * The aggregates that the views keep: entity_minute_v1, entity_hour_v1, endpoint_minute_v1 and endpoint_hour_v1, which differ in what
 * they group by and answer the same questions. With the SQL beside it the only file that knows their columns.
 */
export class AggregateTables {
  constructor(private readonly runner: QueryRunner) {}

  async minuteCounts(kind: EntityKind, query: { tenant: string; entities: readonly string[]; range: TimeRange }): Promise<readonly MinuteCount[]> {
    if (query.entities.length === 0) return [];
    if (query.entities.length > MAX_ENTITIES) throw new CallerError(`at most ${MAX_ENTITIES} entities at once`, 'too-many-entities');
    const rows = z.array(CountRow).parse(await this.runner.rows(minuteCountsQuery(kind, query)));
    return rows.map(([entity, minute, requests, serverErrors, clientErrors, refused]) => ({
      entity,
      minute,
      requests,
      serverErrors,
      clientErrors,
      refused,
    }));
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
