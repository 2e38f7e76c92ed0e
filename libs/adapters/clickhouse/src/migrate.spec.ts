import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EVENT_COLUMNS } from '@outrider/contracts/events/event-row';
import { anApiEvent, NO_SIGNALS } from '@outrider/domain/traffic/testing';
import { ClickHouseEventStore } from './clickhouse.event-store.ts';
import { migrate } from './migrate.ts';
import { openClickHouse, type ClickHouse } from './open-clickhouse.ts';
import { KEEP_ALL } from './retention.ts';
import { readMigrations } from './schema/migrations.ts';
import { databaseStatement, LEDGER, ledgerStatement, renderStatement } from './schema/render.ts';
import { storedRows } from './testing/event-rows.ts';
import { onOneShard } from './testing/one-shard.ts';
import { ServerProcess } from './testing/server-process.ts';
import { BACK_ENDS } from './testing/temporary-store.ts';

const AT = Date.UTC(2026, 0, 5);
const RANGE = { from: AT - 60_000, to: AT + 3_600_000 };
/** The schema that the first release made. */
const FIRST_RELEASE = 4;
const LATER = EVENT_COLUMNS.indexOf('attacks');
const STORES = [...BACK_ENDS, 'cluster'] as const;
const SIGNALS = {
  attacks: 'sqli:8,xss:5',
  dataClasses: 'path:email',
  clientFingerprint: '0123456789abcdef',
  forwardedFor: '198.51.100.7',
  methodOverride: 'DELETE',
  rateLimit: 100,
  rateRemaining: 0,
  country: 'NL',
  asn: 4_294_967_295,
  network: 'isp',
  location: '52.1,4.9,20',
  threat: 'list',
  ruleMatches: 'a,b',
  upstream: '127.0.0.1:8001',
} as const;

const opened = async (
  backEnd: (typeof STORES)[number],
): Promise<{ clickhouse: ClickHouse; remove: () => Promise<void> }> => {
  if (backEnd === 'embedded') {
    const dir = mkdtempSync(join(tmpdir(), 'outrider-clickhouse-'));
    return {
      clickhouse: await openClickHouse({ dir }),
      remove: async () => rmSync(dir, { recursive: true, force: true }),
    };
  }
  if (backEnd === 'cluster') {
    const server = await ServerProcess.start(['--cluster', 'one']);
    const clickhouse = onOneShard(await openClickHouse({ url: server.url('sharded'), cluster: 'one' }));
    return { clickhouse, remove: () => server.remove() };
  }
  const server = await ServerProcess.start();
  return { clickhouse: await openClickHouse({ url: server.url() }), remove: () => server.remove() };
};

/** A store as the first release left it, with one event in it. */
const firstRelease = async (clickhouse: ClickHouse): Promise<void> => {
  const migrations = readMigrations().filter(({ version }) => version <= FIRST_RELEASE);
  await clickhouse.outside.command({ query: databaseStatement(clickhouse) });
  await clickhouse.client.command({ query: ledgerStatement(clickhouse) });
  for (const query of migrations.flatMap(({ templates }) =>
    templates.flatMap((one) => renderStatement(one, clickhouse)),
  ))
    await clickhouse.client.command({ query });
  await clickhouse.client.insert({
    table: LEDGER,
    columns: ['version', 'name', 'checksum'],
    values: migrations.map(({ version, name, checksum }) => [version, name, checksum]),
    format: 'JSONCompactEachRow',
  });
  const [row = '[]'] = storedRows([anApiEvent({ startedAt: AT, receivedAt: AT, path: '/old' })], { position: 1 });
  const values = JSON.parse(row) as unknown[];
  await clickhouse.client.insert({
    table: 'events_v1',
    columns: ['tenant', ...EVENT_COLUMNS.slice(1, LATER), 'bus_position', 'block_echo'],
    values: [[...values.slice(0, LATER), ...values.slice(-2)]],
    format: 'JSONCompactEachRow',
  });
};

describe.each(STORES)('%s: a store of the first release', (backEnd) => {
  it('is brought up to date with what it holds: old events have no signals, new ones keep theirs', async () => {
    const { clickhouse, remove } = await opened(backEnd);
    try {
      await firstRelease(clickhouse);
      const store = new ClickHouseEventStore(clickhouse, KEEP_ALL);
      expect(await migrate(clickhouse)).toEqual(
        readMigrations()
          .filter(({ version }) => version > FIRST_RELEASE)
          .map(({ name }) => name),
      );
      await store.prepare();
      const event = anApiEvent({ startedAt: AT + 1, receivedAt: AT + 1, path: '/new', ...SIGNALS });
      await store.insertEvents({ rows: storedRows([event], { position: 2 }), token: 'new' });

      const events = await store.search({ tenant: 'default', range: RANGE, limit: 9, order: 'oldest' });
      expect(events).toEqual([anApiEvent({ ...events[0], path: '/old', ...NO_SIGNALS }), event]);
      const recalled = [];
      for await (const chunk of store.recall({ range: RANGE, partitions: [0], chunk: 9, most: 9 }))
        recalled.push(...chunk);
      expect(recalled).toEqual(events.map((one, i) => ({ event: one, position: i + 1 })));
      expect(await migrate(clickhouse)).toEqual([]);
    } finally {
      await clickhouse.close();
      await remove();
    }
  });
});
