import * as z from 'zod';
import { CallerError } from '@outrider/platform/errors';
import type { DeadLetter, TimeRange } from '@outrider/ports/event-store';
import {
  checkedId,
  checkedLimit,
  rangeParams,
  since,
  textOfId,
  type Query,
  type QueryRunner,
} from '../query-runner.ts';

const DEAD_LETTERS = 'dead_letters_v1';
const COLUMNS = [
  'tenant',
  'gateway',
  'id',
  'received_at',
  'reason',
  'detail',
  'excerpt',
  'bytes',
  'transport',
] as const;
const MAX_LETTERS = 1_000;
const MAX_INSERT = 100_000;

const LetterRow = z.tuple([
  z.string(),
  z.string(),
  z.string(),
  z.number(),
  z.string(),
  z.string(),
  z.string(),
  z.number(),
  z.string(),
]);
const CountRow = z.tuple([z.string(), z.number()]);

export interface DeadLetterQuery {
  readonly tenant: string;
  readonly range: TimeRange;
  readonly reason?: string;
  readonly limit: number;
  readonly after?: { readonly receivedAt: number; readonly id: string };
}

/** The only file that knows the columns of dead_letters_v1. */
export class DeadLettersTable {
  constructor(private readonly runner: QueryRunner) {}

  async insert(letters: readonly DeadLetter[], token: string): Promise<void> {
    if (letters.length === 0) return;
    if (letters.length > MAX_INSERT)
      throw new CallerError(`at most ${MAX_INSERT} dead letters at once`, 'block-too-large', 413);
    await this.runner.insertText('dead_letters.insert', DEAD_LETTERS, COLUMNS, letters.map(toRow), token);
  }

  async list(query: DeadLetterQuery): Promise<readonly DeadLetter[]> {
    const rows = z.array(LetterRow).parse(await this.runner.rows(deadLettersQuery(query)));
    return rows.map(([tenant, gateway, id, receivedAt, reason, detail, excerpt, bytes, transport]) => ({
      tenant,
      gateway,
      id,
      receivedAt,
      reason,
      detail,
      excerpt,
      bytes,
      transport,
    }));
  }

  async counts(tenant: string, range: TimeRange): Promise<readonly { reason: string; count: number }[]> {
    const rows = z.array(CountRow).parse(await this.runner.rows(deadLetterCountsQuery(tenant, range)));
    return rows.map(([reason, count]) => ({ reason, count }));
  }
}

const toRow = (l: DeadLetter): string =>
  JSON.stringify([l.tenant, l.gateway, l.id, l.receivedAt, l.reason, l.detail, l.excerpt, l.bytes, l.transport]);

/** Newest first; the same line sent twice is listed once, at its latest receipt. */
export const deadLettersQuery = (query: DeadLetterQuery): Query => {
  const params: Record<string, string | number> = {
    tenant: query.tenant,
    ...rangeParams(query.range),
    limit: checkedLimit(query.limit, MAX_LETTERS),
  };
  const conditions = ['tenant = {tenant:String}', RANGE];
  if (query.reason !== undefined) {
    params['reason'] = query.reason;
    conditions.push('reason = {reason:String}');
  }
  if (query.after) {
    params['after_at'] = query.after.receivedAt;
    params['after_id'] = checkedId(query.after.id);
    conditions.push(
      `received_at <= ${since('after_at')}`,
      `(received_at, id) < (${since('after_at')}, {after_id:UUID})`,
    );
  }
  return {
    name: 'dead_letters.list',
    sql: `SELECT tenant, gateway, ${textOfId('id')}, toUnixTimestamp64Milli(received_at), reason, detail, excerpt, bytes, transport
FROM ${DEAD_LETTERS}
WHERE ${conditions.join('\n  AND ')}
ORDER BY received_at DESC, id DESC
LIMIT 1 BY id
LIMIT {limit:UInt32}`,
    params,
  };
};

export const deadLetterCountsQuery = (tenant: string, range: TimeRange): Query => ({
  name: 'dead_letters.counts',
  sql: `SELECT reason, uniqExact(id) AS letters
FROM ${DEAD_LETTERS}
WHERE tenant = {tenant:String} AND ${RANGE}
GROUP BY reason
ORDER BY letters DESC, reason`,
  params: { tenant, ...rangeParams(range) },
});

const RANGE = `received_at >= ${since('from')} AND received_at < ${since('to')}`;
