import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { drainStream } from '@clickhouse/client';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { anApiEvent } from '@outrider/domain/traffic/testing';
import { ClickHouseEventStore } from './clickhouse.event-store.ts';
import { migrate } from './migrate.ts';
import { openClickHouse, type ClickHouse } from './open-clickhouse.ts';
import { applyRetention, type Retention } from './retention.ts';
import { readMigrations } from './schema/migrations.ts';
import {
  databaseStatement,
  ledgerStatement,
  renderStatement,
  retentionStatement,
  syncStatement,
  type SchemaTarget,
} from './schema/render.ts';
import { storedRows } from './testing/event-rows.ts';
import { numberedBlock, ROWS_A_BLOCK } from './testing/numbered-block.ts';
import { onOneShard } from './testing/one-shard.ts';
import { ServerProcess } from './testing/server-process.ts';

const LONG: Retention = { eventsDays: 3_650, minutesDays: 3_650, hoursDays: 3_650, deadLettersDays: 3_650 };
const RECORDED = new URL('./sql-recorded/cluster/', import.meta.url);
const SINGLE: SchemaTarget = { database: 'outrider', cluster: undefined };
const CLUSTER: SchemaTarget = { database: 'outrider', cluster: 'security' };

const statements = (target: SchemaTarget): readonly (readonly [string, string])[] => [
  ['database', databaseStatement(target)],
  ['ledger', ledgerStatement(target)],
  ...readMigrations().map(({ name, templates }): [string, string] => [
    name.replace('.sql', ''),
    templates.flatMap((template) => renderStatement(template, target)).join(';\n\n'),
  ]),
  ['retention', retentionStatement(target, 'events_v1', 'toDateTime(received_at) + toIntervalDay(180)')],
  ['keep-all', retentionStatement(target, 'events_v1', '')],
  ...(target.cluster === undefined ? [] : [['sync', syncStatement(target, 'events_v1')] as const]),
];

let server: ServerProcess;
let clickhouse: ClickHouse;
beforeAll(async () => {
  server = await ServerProcess.start(['--cluster', 'one']);
  clickhouse = await openClickHouse({ url: server.url() });
});
afterAll(async () => {
  await clickhouse.close();
  await server.remove();
});

/** Parsed, and written back by ClickHouse as what it parses to again: nothing of it was left aside. */
const accepted = async (sql: string): Promise<void> => {
  const { stream } = await clickhouse.outside.exec({ query: `EXPLAIN AST ${sql}` });
  await drainStream(stream);
  const query = 'SELECT formatQuery({sql:String}) AS once, formatQuery(once) = once';
  const result = await clickhouse.outside.query({ query, query_params: { sql }, format: 'JSONCompactEachRow' });
  expect(await result.json()).toEqual([[expect.any(String), 1]]);
};

describe.each([SINGLE, CLUSTER])('the schema for %j', (target) => {
  it.each(statements(target))('%s is read by ClickHouse', async (_name, sql) => {
    for (const statement of sql.split(';\n\n')) await accepted(statement);
  });
});

describe('the schema of a cluster', () => {
  const all = statements(CLUSTER);

  it.each(all)('%s is what is recorded (delete the file to record it anew)', (name, sql) => {
    const file = new URL(`${name}.sql`, RECORDED);
    if (!existsSync(file)) {
      mkdirSync(RECORDED, { recursive: true });
      writeFileSync(file, `${sql};\n`);
    }
    expect(readFileSync(file, 'utf8')).toBe(`${sql};\n`);
  });

  it('is made on every server, of replicated tables alone, each with one to read and write it through', () => {
    const single = all.flatMap(([, sql]) => sql.split(';\n\n'));
    for (const sql of single) {
      expect(sql).toMatch(/ ON CLUSTER 'security'/);
      expect(sql).not.toMatch(/(?<!Replicated(Aggregating)?)\bMergeTree|(?<!Replicated)\bAggregatingMergeTree/);
      expect(sql).not.toMatch(/non_replicated_deduplication_window/);
      expect(sql).not.toMatch(/(?<!\.)\b(events|entity_minute|entity_hour|endpoint_minute|endpoint_hour)_v1\b(?!_)/);
    }
    const names = (pattern: RegExp): string[] => single.flatMap((sql) => pattern.exec(sql)?.[1] ?? []).sort();
    const stored = names(/^CREATE TABLE IF NOT EXISTS outrider\.(\w+_v1)_local ON CLUSTER/);
    expect(stored).toHaveLength(10);
    expect(names(/^CREATE TABLE IF NOT EXISTS outrider\.(\w+_v1) ON CLUSTER .*\nENGINE = Distributed\(/)).toEqual(
      stored,
    );
    expect(names(/^CREATE MATERIALIZED VIEW .* TO outrider\.(\w+_v1)_local AS/)).toHaveLength(6);
  });
});

describe('a cluster of one shard', () => {
  let handle: ClickHouse;
  let store: ClickHouseEventStore;
  beforeAll(async () => {
    handle = onOneShard(await openClickHouse({ url: server.url('sharded'), cluster: 'one' }));
    store = new ClickHouseEventStore(handle, LONG);
    await store.prepare();
    // What is there is neither made nor changed again.
    expect(await migrate(handle)).toEqual([]);
    expect(await applyRetention(handle, LONG)).toEqual([]);
  });
  afterAll(() => handle.close());

  const totals = async (suffix: string): Promise<unknown> => {
    const query = `SELECT
      (SELECT count() FROM sharded.events_v1${suffix}), (SELECT sum(requests) FROM sharded.entity_hour_v1${suffix} WHERE entity_kind = 'ip'),
      (SELECT sum(requests) FROM sharded.endpoint_minute_v1${suffix}), (SELECT sum(requests) FROM sharded.endpoint_hour_v1${suffix})`;
    return (await (await handle.client.query({ query, format: 'JSONCompactEachRow' })).json())[0];
  };

  it('stores a block that comes again through the Distributed table once: the token is handed on, to the aggregates too', async () => {
    for (const n of [1, 2, 1, 3, 2, 1]) await store.insertEvents(numberedBlock(n));
    const n = 3 * ROWS_A_BLOCK;
    expect(await totals('_local')).toEqual([n, n, n, n]);
    expect(await totals('')).toEqual([n, n, n, n]);
  });

  it('answers every question as a single server does', async () => {
    const tenant = 'asked';
    const at = Date.UTC(2026, 3, 1);
    const range = { from: at - 60_000, to: at + 3_600_000 };
    const events = [0, 1, 2].map((i) => anApiEvent({ tenant, startedAt: at + i, receivedAt: at + i, status: 500 }));
    await store.insertEvents({ rows: storedRows(events, { position: 7 }), token: 'asked' });
    const [{ consumerId, serviceId } = { consumerId: '', serviceId: '' }] = events;
    const ids = events.map((event) => event.id);
    const found = await store.search({
      tenant,
      range,
      limit: 9,
      order: 'oldest',
      entity: { kind: 'consumer', id: consumerId },
    });
    expect(found.map((event) => event.id)).toEqual(ids);
    const collected = async <T>(chunks: AsyncIterable<readonly T[]>): Promise<T[]> => {
      const items: T[] = [];
      for await (const chunk of chunks) items.push(...chunk);
      return items;
    };
    expect((await collected(store.replay({ tenant, range, chunk: 2 }))).map((e) => e.id)).toEqual(ids);
    expect((await collected(store.seenSince(at, 10, [0]))).map((s) => s.position)).toEqual([9, 8, 7]);
    expect(await store.minuteCounts({ tenant, kind: 'consumer', entities: [consumerId], range })).toEqual([
      { entity: consumerId, minute: at, requests: 3, serverErrors: 3, clientErrors: 0, refused: 0 },
    ]);
    const minutes = (await store.serviceMinutes(range)).filter((minute) => minute.tenant === tenant);
    expect(minutes).toMatchObject([{ service: serviceId, minute: at, requests: 3, serverErrors: 3 }]);
    expect(
      (await store.entities({ tenant, kind: 'service', range, limit: 5, offset: 0 })).map((e) => e.requests),
    ).toEqual([3]);
    const letter = {
      tenant,
      gateway: 'g',
      id: ids[0] ?? '',
      receivedAt: at,
      reason: 'not-json',
      detail: '',
      excerpt: '',
      bytes: 1,
      transport: 'tcp',
    };
    await store.insertDeadLetters([letter], 'letters');
    await store.insertDeadLetters([letter], 'letters');
    expect(await store.deadLetters({ tenant, range, limit: 5 })).toEqual([letter]);
    expect(await store.sources({ tenant, now: at + 1_000 })).toMatchObject([{ gateway: 'default', events5m: 3 }]);
  });
});
