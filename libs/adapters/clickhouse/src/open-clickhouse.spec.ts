import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anApiEvent } from '@outrider/domain/traffic/testing';
import { CallerError, TransientError } from '@outrider/platform/errors';
import { ClickHouseEventStore } from './clickhouse.event-store.ts';
import { migrate } from './migrate.ts';
import { openClickHouse, type ClickHouse } from './open-clickhouse.ts';
import { applyRetention, DEFAULT_RETENTION, KEEP_ALL } from './retention.ts';
import { readMigrations } from './schema/migrations.ts';
import { storedRows } from './testing/event-rows.ts';

const RANGE = { from: Date.UTC(2026, 0, 1), to: Date.UTC(2026, 1, 1) };
const countOf = async (clickhouse: ClickHouse): Promise<number> =>
  (await new ClickHouseEventStore(clickhouse).search({ tenant: 'default', range: RANGE, limit: 100, order: 'newest' }))
    .length;

describe('a data folder', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'outrider-clickhouse-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('keeps what was stored and what was seen, is one opener’s at a time, and prepares the same schema once', async () => {
    const first = await openClickHouse({ dir });
    const block = { rows: storedRows([anApiEvent(), anApiEvent()]), token: 'kept' };
    expect(await migrate(first)).toEqual(readMigrations().map(({ name }) => name));
    expect(await migrate(first)).toHaveLength(0);
    await new ClickHouseEventStore(first, KEEP_ALL).insertEvents(block);
    await expect(openClickHouse({ dir })).rejects.toThrow(CallerError);
    await first.close();

    const second = await openClickHouse({ dir });
    expect(await migrate(second)).toHaveLength(0);
    await new ClickHouseEventStore(second, KEEP_ALL).insertEvents(block);
    expect(await countOf(second)).toBe(2);
    await second.close();
    await expect(new ClickHouseEventStore(second).ping()).rejects.toThrow(TransientError);
  });

  it('changes the retention of the tables whose setting changed, and of no others', async () => {
    const clickhouse = await openClickHouse({ dir });
    await migrate(clickhouse);
    expect(await applyRetention(clickhouse, DEFAULT_RETENTION)).toHaveLength(10);
    expect(await applyRetention(clickhouse, DEFAULT_RETENTION)).toEqual([]);
    expect(await applyRetention(clickhouse, { ...DEFAULT_RETENTION, minutesDays: 7 })).toEqual([
      'entity_minute_v1',
      'endpoint_minute_v1',
      'caller_endpoint_hour_v1',
    ]);
    expect(await applyRetention(clickhouse, { ...DEFAULT_RETENTION, minutesDays: 7, eventsDays: null })).toEqual([
      'events_v1',
    ]);
    await clickhouse.close();
  });

  it('stores a block that a killed process had only noted', async () => {
    const first = await openClickHouse({ dir });
    const store = new ClickHouseEventStore(first, KEEP_ALL);
    await store.prepare();
    const block = { rows: storedRows([anApiEvent()]), token: 'noted' };
    await store.insertEvents(block);
    await first.client.command({ query: 'TRUNCATE TABLE events_v1' });
    await first.close();
    // As a kill between note and part leaves it: notes of blocks whose parts do not exist.
    for (const file of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
      if (/deduplication_log_\d+\.txt$/.test(file))
        appendFileSync(join(dir, file), '1\t20260105_99_99_0\t20260105_1_2\n');
    }
    const second = await openClickHouse({ dir });
    await new ClickHouseEventStore(second, KEEP_ALL).insertEvents(block);
    expect(await countOf(second)).toBe(1);
    await second.close();
  });
});

describe('a server', () => {
  it('that is away, or answers with an error, is worth trying again', async () => {
    const server = createServer((_, response) => {
      response.writeHead(500, { 'X-ClickHouse-Exception-Code': '241' });
      response.end('Code: 241. DB::Exception: (total) memory limit exceeded. (MEMORY_LIMIT_EXCEEDED)');
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const clickhouse = await openClickHouse({ url: `http://user:p%40ss@127.0.0.1:${port}/traffic` });
    const store = new ClickHouseEventStore(clickhouse);
    const block = { rows: storedRows([anApiEvent()]), token: 't' };
    await expect(store.insertEvents(block)).rejects.toMatchObject({ name: 'TransientError', code: 'clickhouse-241' });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await expect(store.insertEvents(block)).rejects.toMatchObject({ name: 'TransientError', code: 'store-away' });
    await clickhouse.close();
  });

  it('receives a block as the text that was handed over, with its token, in the database of the address', async () => {
    let path = '';
    let body = '';
    const server = createServer((request, response) => {
      path = request.url ?? '';
      request.on('data', (data: Buffer) => (body += data.toString()));
      request.on('end', () => response.end());
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const clickhouse = await openClickHouse({ url: `http://127.0.0.1:${port}/traffic` });
    const rows = storedRows([anApiEvent(), anApiEvent()]);
    await new ClickHouseEventStore(clickhouse).insertEvents({ rows, token: 'lane-3:77' });
    const query = new URL(path, 'http://x').searchParams;
    expect(query.get('insert_deduplication_token')).toBe('lane-3:77');
    expect(query.get('database')).toBe('traffic');
    expect(body).toBe(rows.join('\n'));
    await clickhouse.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it.each(['', 'localhost:8123', 'ftp://h/x', 'http://h/a-b', "http://h/x'y"])(
    'whose address is %j is refused with a clear error',
    async (url) => {
      await expect(openClickHouse({ url })).rejects.toThrow(CallerError);
    },
  );
});
