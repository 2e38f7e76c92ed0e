import * as z from 'zod';
import { CallerError } from '@outrider/platform/errors';
import {
  TERM_KINDS,
  type BaselineStore,
  type CallerId,
  type CallerTerm,
  type EndpointUse,
  type LastUse,
  type PeerGroup,
  type TermKind,
} from '@outrider/ports/baseline-store';
import type { TimeRange } from '@outrider/ports/event-store';
import { checkedLimit, type QueryRunner } from '../query-runner.ts';
import {
  allConsumersQuery,
  endpointPeersQuery,
  endpointTermsQuery,
  endpointUseQuery,
  hourTermsQuery,
  lastUsedQuery,
  originTermsQuery,
  rollUpUseStatement,
  tagPeersQuery,
  type CallersQuery,
  type PeerQuery,
} from './caller-terms.sql.ts';

const MAX_CALLERS = 1_000;
const MAX_PEERS = 200;
const MAX_ENDPOINTS = 100_000;
const CHUNK = 5_000;
const ORIGIN_TERMS: readonly TermKind[] = ['prefix', 'country', 'asn', 'agent', 'credential', 'tag'];

const CallerKind = z.enum(['consumer', 'credential', 'ip']);
const TermRow = z.tuple([
  CallerKind,
  z.string(),
  z.enum(TERM_KINDS),
  z.string(),
  z.number(),
  z.number(),
  z.number(),
  z.number(),
  z.number(),
]);
const UseRow = z.tuple([
  CallerKind,
  z.string(),
  z.number(),
  z.number(),
  z.number(),
  z.number(),
  z.number(),
  z.number(),
  z.number(),
  z.number(),
  z.number(),
]);
const PeerRow = z.tuple([z.string(), z.number(), z.string()]);
const EndpointRow = z.tuple([z.string(), z.string(), z.string(), z.number(), z.number(), z.number(), z.number()]);
const CountRow = z.tuple([z.number()]);

type TermsQuery = Parameters<BaselineStore['terms']>[0];

/** With its SQL the only file that knows the columns of caller_endpoint_hour_v1, caller_origins_v1 and endpoint_day_v1. */
export class CallerTermsTable {
  constructor(private readonly runner: QueryRunner) {}

  async *terms(query: TermsQuery): AsyncGenerator<readonly CallerTerm[]> {
    checkCallers(query.callers);
    const kinds: readonly TermKind[] = query.kinds ?? TERM_KINDS;
    const origins = kinds.filter((kind) => ORIGIN_TERMS.includes(kind));
    for (const callers of byKind(query)) {
      const reads = [
        ...(kinds.includes('endpoint') ? [endpointTermsQuery(callers)] : []),
        ...(origins.length > 0 ? [originTermsQuery(callers, origins)] : []),
        ...(kinds.includes('hour') ? [hourTermsQuery(callers)] : []),
      ];
      for (const read of reads)
        for await (const texts of this.runner.rowTexts(read, CHUNK))
          yield z
            .array(TermRow)
            .parse(JSON.parse(`[${texts.join(',')}]`))
            .map(toTerm);
    }
  }

  /** What was received in the range is added to the use of endpoints; the same range twice counts once. */
  async rollUpUse(range: TimeRange): Promise<void> {
    await this.runner.insertSelect(rollUpUseStatement(range), `endpoint-day:${range.from}-${range.to}`);
  }

  async lastUsed(query: Parameters<BaselineStore['lastUsed']>[0]): Promise<readonly LastUse[]> {
    checkCallers(query.callers);
    const answers = await Promise.all(byKind(query).map((callers) => this.runner.rows(lastUsedQuery(callers))));
    const rows = z.array(UseRow).parse(answers.flat());
    return rows.map(toLastUse);
  }

  /** By tags where it has some that others have too, else by what it calls. */
  async peersOf(query: PeerQuery): Promise<PeerGroup> {
    checkedLimit(query.limit, MAX_PEERS);
    for (const by of ['tags', 'endpoints'] as const) {
      const read = by === 'tags' ? tagPeersQuery(query) : endpointPeersQuery(query);
      const rows = z.array(PeerRow).parse(await this.runner.rows(read));
      const name = rows[0]?.[2];
      if (name !== undefined) return { by, name, peers: rows.map(([id, similarity]) => ({ id, similarity })) };
    }
    return { by: 'none', name: '', peers: [] };
  }

  async endpointUse(query: {
    readonly tenant: string;
    readonly range: TimeRange;
    readonly limit: number;
  }): Promise<{ readonly endpoints: readonly EndpointUse[]; readonly consumers: number }> {
    const { tenant, range } = query;
    const limit = checkedLimit(query.limit, MAX_ENDPOINTS);
    const [rows, all] = await Promise.all([
      this.runner.rows(endpointUseQuery(tenant, range, limit)),
      this.runner.rows(allConsumersQuery(tenant, range)),
    ]);
    return { endpoints: z.array(EndpointRow).parse(rows).map(toUse), consumers: CountRow.parse(all[0])[0] };
  }
}

const checkCallers = (callers: readonly CallerId[]): void => {
  if (callers.length > MAX_CALLERS)
    throw new CallerError(`at most ${MAX_CALLERS} callers at once`, 'too-many-entities');
};

const byKind = ({
  tenant,
  callers,
  since,
}: Pick<TermsQuery, 'tenant' | 'callers' | 'since'>): readonly CallersQuery[] =>
  CallerKind.options
    .map((kind) => ({ tenant, kind, since, ids: callers.filter((caller) => caller.kind === kind).map(({ id }) => id) }))
    .filter(({ ids }) => ids.length > 0);

const toTerm = (row: z.infer<typeof TermRow>): CallerTerm => {
  const [callerKind, id, kind, term, firstSeenAt, lastSeenAt, requests, successes, days] = row;
  return { caller: { kind: callerKind, id }, kind, term, firstSeenAt, lastSeenAt, requests, successes, days };
};

const toLastUse = (row: z.infer<typeof UseRow>): LastUse => {
  const [kind, id, firstSeenAt, lastSeenAt, requests, days, activeSince, gapMs, pauses, requestsBefore, daysBefore] =
    row;
  return {
    caller: { kind, id },
    ...{ firstSeenAt, lastSeenAt, requests, days, activeSince, gapMs, pauses, requestsBefore, daysBefore },
  };
};

const toUse = (row: z.infer<typeof EndpointRow>): EndpointUse => {
  const [endpoint, serviceId, routeId, requests, successes, authenticated, consumers] = row;
  return { endpoint, serviceId, routeId, requests, successes, authenticated, consumers };
};
