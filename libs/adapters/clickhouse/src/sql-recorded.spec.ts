import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { anApiEvent } from '@outrider/domain/traffic/testing';
import type { EventQuery } from '@outrider/ports/event-store';
import type { Query } from './query-runner.ts';
import { lastSeenQuery, minuteCountsQuery, serviceMinutesQuery, summaryQuery } from './tables/aggregates.sql.ts';
import { baselineSumsQuery, observedQuery, type BaselineSource } from './tables/baselines.sql.ts';
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
} from './tables/caller-terms.sql.ts';
import { deadLetterCountsQuery, deadLettersQuery } from './tables/dead-letters.table.ts';
import {
  learnableCallsQuery,
  queryShapesQuery,
  rollUpStatement,
  statisticsQuery,
  typedTemplatesQuery,
} from './tables/endpoints.sql.ts';
import {
  newestByPartitionQuery,
  recallQuery,
  recallStartQuery,
  receivedCountsQuery,
  replayCountQuery,
  replayQuery,
  searchQuery,
  seenSinceQuery,
} from './tables/events.sql.ts';
import { storedRows } from './testing/event-rows.ts';
import { BACK_ENDS, openTemporaryStore, type TemporaryStore } from './testing/temporary-store.ts';

const RECORDED = new URL('./sql-recorded/', import.meta.url);
const tenant = 'default';
const range = { from: Date.UTC(2026, 0, 1), to: Date.UTC(2026, 1, 1) };
const page: EventQuery = { tenant, range, limit: 50, order: 'newest' };
const after = { startedAt: range.from, id: 'a'.repeat(32) };
const read = { positions: new Map([[5, 7]]), startedSince: range.from };
const list = { tenant, range, limit: 20, offset: 0 };
const source: BaselineSource = { tenant, kind: 'consumer', ids: ['a', 'b'], metric: 'requests', step: '5m', range };
const untaught = { spans: [{ id: 'a', from: 1, to: 2 }], starts: [{ id: 'b', block: 3 }] };
const callers = { tenant, kind: 'consumer', ids: ['a'], since: range.from } as const;
const scope = { tenant, gateway: 'g', service: 's', host: 'h', range };
const peer = { tenant, caller: { kind: 'consumer', id: 'a' } as const, since: range.from, limit: 50 };

const QUERIES: Readonly<Record<string, Query>> = {
  'events.search': searchQuery(page),
  'events.search-consumer': searchQuery({ ...page, entity: { kind: 'consumer', id: 'c' }, after: { ...after } }),
  'events.search-credential': searchQuery({ ...page, entity: { kind: 'credential', id: 'k' } }),
  'events.search-ip': searchQuery({ ...page, entity: { kind: 'ip', id: '192.0.2.1' }, order: 'oldest', after }),
  'events.search-endpoint': searchQuery({ ...page, entity: { kind: 'endpoint', id: 's GET /x' } }),
  'events.search-ids': searchQuery({ ...page, eventIds: [`g:${after.id}`] }),
  'events.search-filters': searchQuery({
    ...page,
    gateway: 'g',
    method: 'GET',
    pathPrefix: '/x',
    statusFrom: 400,
    statusTo: 499,
    answeredBy: 'kong',
    service: 's',
    route: 'r',
  }),
  'events.replay': replayQuery({ range, tenant }),
  'events.replay-all-tenants': replayQuery({ range }),
  'events.replay_count': replayCountQuery({
    range,
    tenant,
    where: { sql: '(status IN {w0: Array(Int64)})', params: { w0: [401, 403] } },
  }),
  'events.replay-sampled': replayQuery({ range, tenant, oneCallerIn: 4 }),
  'events.replay-crowd': replayQuery({
    range,
    tenant,
    where: { sql: '(status IN {w0: Array(Int64)})', params: { w0: [401, 403] } },
    crowd: { by: ['toString(client_ip)', 'toString(method)'], atLeast: 9, spanMs: 300_000 },
  }),
  'events.seen_since-partitions': seenSinceQuery(range.from, 1_000_000, [0, 5]),
  'events.recall': recallQuery(range, { partitions: [0, 5] }, range.from),
  'events.recall-after': recallQuery(range, { partitions: [0, 5], after: read }, range.from),
  'events.recall_start': recallStartQuery(range, { partitions: [0, 5] }, 1_000_000),
  'events.newest_by_partition': newestByPartitionQuery(range.from, [0, 5]),
  'service.minutes': serviceMinutesQuery({ from: range.from, to: range.from + 3_600_000 }, 100_000),
  'events.seen_since': seenSinceQuery(range.from, 1_000_000),
  'events.received_counts': receivedCountsQuery(tenant, range.from, range.to),
  'consumer.minute_counts': minuteCountsQuery('consumer', { tenant, entities: ['a', 'b'], range }),
  'endpoint.minute_counts': minuteCountsQuery('endpoint', { tenant, entities: ['s GET /x'], range }),
  'ip.summaries': summaryQuery('ip', list),
  'consumer.summaries-one': summaryQuery('consumer', {
    ...list,
    id: 'c',
    range: { from: range.from, to: range.from + 3_600_000 },
  }),
  'service.summaries-by-name': summaryQuery('service', { ...list, nameContains: 'pay' }),
  'gateway.last_seen': lastSeenQuery(tenant, range),
  'baseline.sums-5m': baselineSumsQuery(source, untaught, 5),
  'baseline.sums-errors': baselineSumsQuery(
    { ...source, kind: 'endpoint', ids: ['s GET /x'], metric: 'errors', step: '1h' },
    { spans: [], starts: [] },
    5,
  ),
  'baseline.sums-caller-endpoint': baselineSumsQuery(
    { ...source, kind: 'caller-endpoint', ids: ['consumer:c s GET /x'], metric: 'latency', step: '1h' },
    untaught,
    5,
  ),
  'baseline.observed': observedQuery({ ...source, ids: ['a'] }),
  'terms.endpoints': endpointTermsQuery(callers),
  'terms.origins': originTermsQuery(callers, ['prefix', 'country', 'asn', 'agent']),
  'terms.hours': hourTermsQuery(callers),
  'terms.last_used': lastUsedQuery(callers),
  'peers.by_tags': tagPeersQuery(peer),
  'peers.by_endpoints': endpointPeersQuery(peer),
  'endpoint_day.use': endpointUseQuery(tenant, range, 100),
  'endpoint_day.consumers': allConsumersQuery(tenant, range),
  'endpoint_day.roll_up': rollUpUseStatement(range),
  'events.learnable_calls-received': learnableCallsQuery(range, 'received', 100),
  'events.learnable_calls-started': learnableCallsQuery(range, 'started', 100),
  'events.query_shapes': queryShapesQuery(scope, 100),
  'endpoint_inventory.roll_up': rollUpStatement(range),
  'endpoint_inventory.typed_templates': typedTemplatesQuery(scope, 100),
  'endpoint_inventory.statistics': statisticsQuery(
    { ...scope, renamed: new Map([['/users/ann', '/users/{name}']]) },
    100,
  ),
  'dead_letters.list': deadLettersQuery({
    tenant,
    range,
    reason: 'not-json',
    limit: 20,
    after: { receivedAt: range.to, id: after.id },
  }),
  'dead_letters.counts': deadLetterCountsQuery(tenant, range),
};

describe.each(BACK_ENDS)('%s:', (backEnd) => {
  let engine: TemporaryStore;
  beforeAll(async () => {
    engine = await openTemporaryStore(backEnd);
    await engine.store.insertEvents({ rows: storedRows([anApiEvent({ consumerId: 'c' })]), token: 'one' });
  });
  afterAll(() => engine.remove());

  /** Of what is stored by a statement, what is read for it. */
  const explain = async (query: Query, options = ''): Promise<string> => {
    const result = await engine.clickhouse.client.query({
      query: `EXPLAIN ${options} ${query.sql.replace(/^INSERT INTO \w+ \([^)]*\)/, '')}`,
      query_params: { ...query.params },
      format: 'TabSeparatedRaw',
      clickhouse_settings: { ...query.settings },
    });
    return result.text();
  };

  it.each(Object.keys(QUERIES))(
    '%s is what is recorded (delete the file to record it anew), and the engine accepts it',
    async (name) => {
      const query = QUERIES[name];
      if (!query) throw new Error(name);
      const file = new URL(`${name}.sql`, RECORDED);
      const text = `-- ${query.name}\n${query.sql}\n`;
      const known = existsSync(file);
      if (!known) {
        mkdirSync(RECORDED, { recursive: true });
        writeFileSync(file, text);
      }
      expect(readFileSync(file, 'utf8')).toBe(text);
      expect(await explain(query)).toMatch(/Read(From|Nothing)/);
    },
  );

  it('every read is bound to its tenant, but for those that serve the process itself', () => {
    const ofTheProcess = [
      'events.replay-all-tenants',
      'events.recall',
      'events.recall-after',
      'events.recall_start',
      'events.newest_by_partition',
      'events.seen_since',
      'events.seen_since-partitions',
      'service.minutes',
      'events.learnable_calls-received',
      'events.learnable_calls-started',
      'endpoint_inventory.roll_up',
      'endpoint_day.roll_up',
    ];
    for (const [name, query] of Object.entries(QUERIES)) {
      if (ofTheProcess.includes(name)) continue;
      const reads = query.sql.split(/\bFROM \w+_v1\b/).length - 1;
      expect([name, query.sql.split('tenant = {tenant:String}').length - 1]).toEqual([name, reads]);
      expect(query.sql).not.toContain('*\n');
      expect(query.params['tenant']).toBe(tenant);
    }
  });

  it('reads a caller’s timeline in key order, so that its cost does not grow with the table', async () => {
    const plan = await explain(searchQuery({ ...page, entity: { kind: 'consumer', id: 'c' } }), 'indexes = 1');
    expect(plan).toContain('Read type: InReverseOrder');
    expect(plan.replace(/[│├└─]/g, ' ')).toMatch(/PrimaryKey\s+Keys:\s+tenant\s+caller_kind\s+caller_id\s+started_at/);
  });
});
