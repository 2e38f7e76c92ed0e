import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ClickHouseBaselineStore } from '@outrider/clickhouse/clickhouse.baseline-store';
import { openTemporaryStore, type TemporaryStore } from '@outrider/clickhouse/testing/temporary-store';
import { encodeEvent } from '@outrider/contracts/events/event-row';
import { Change } from '@outrider/contracts/topics/change';
import { CHANGES_TOPIC, DEAD_LETTERS_TOPIC, EVENTS_TOPIC } from '@outrider/contracts/topics/topic-catalogue';
import type { Alert } from '@outrider/domain/detection/alert';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { aRefusedEvent, anApiEvent } from '@outrider/domain/traffic/testing';
import { openPostgres } from '@outrider/postgres/open-postgres';
import { startTestPostgres, type TestPostgres } from '@outrider/postgres/testing/test-postgres';
import { eventually } from '@outrider/testing/eventually';
import { TypescriptChild } from '@outrider/testing/process/typescript-child';
import { openSpecBus, startAnalyzer, type Analyzer } from './testing/start-analyzer.ts';

const KILLS = 3;
const MESSAGES = 96;
const EVENTS_A_MESSAGE = 10;
const CHILD = new URL('./analyzer.child.ts', import.meta.url);

let server: TestPostgres;
let clickhouse: TemporaryStore;
beforeAll(async () => {
  [server, clickhouse] = await Promise.all([startTestPostgres(), openTemporaryStore()]);
});
afterAll(async () => {
  await clickhouse?.remove();
  await server?.stop();
});

/** A tenant of the test's own, so that tests share the engines. */
let tenant: string;
let dir: string;
let analyzer: Analyzer | undefined;
beforeEach(() => {
  tenant = `tenant-${randomBytes(4).toString('hex')}`;
  dir = mkdtempSync(join(tmpdir(), 'outrider-analyzer-'));
});
afterEach(async () => {
  await analyzer?.stop();
  analyzer = undefined;
  rmSync(dir, { recursive: true, force: true });
});

const start = async (): Promise<Analyzer> => {
  analyzer = await startAnalyzer({
    dir,
    postgresUrl: server.url,
    events: clickhouse.store,
    baselines: new ClickHouseBaselineStore(clickhouse.clickhouse),
  });
  return analyzer;
};

const id = (): string => randomBytes(16).toString('hex');
/** Try `i` of different keys from one address, one a second. */
const guess = (i: number): ApiEvent =>
  aRefusedEvent({
    tenant,
    id: id(),
    startedAt: Date.now() - 40_000 + i * 1_000,
    clientIp: '192.0.2.15',
    credentialFingerprint: `f00d${String(i).padStart(12, '0')}`,
  });
const ordinary = (): ApiEvent => anApiEvent({ tenant, id: id(), startedAt: Date.now() - 40_000 });
const message = (events: readonly ApiEvent[]) => ({
  key: 'lane-0',
  value: Buffer.from(events.map(encodeEvent).join('\n')),
  headers: {},
});
/** Ordinary calls in many messages; a try of a key in each of some of them, so that only the whole run shows the guessing. */
const aRunOfMessages = () =>
  Array.from({ length: MESSAGES }, (_, n) =>
    message(Array.from({ length: EVENTS_A_MESSAGE }, (_, i) => (i === 0 && n % 6 === 0 ? guess(n / 6) : ordinary()))),
  );
const alerts = async (): Promise<readonly Alert[]> => {
  const stores = openPostgres({ url: server.url, max: 1, sealingKeys: [Buffer.alloc(32, 7)] });
  try {
    return await stores.alerts.list({ tenant, limit: 10 });
  } finally {
    await stores.close();
  }
};
const stored = async (): Promise<unknown> =>
  (await clickhouse.rows(`SELECT count(), uniqExact(id) FROM events_v1 WHERE tenant = '${tenant}'`))[0];

describe('the detect stage in Nest, on the bus on disk, ClickHouse and PostgreSQL', () => {
  test('events from the bus are stored, raise an alert row, and tell it on the bus once the row stands', async () => {
    const { bus, behind } = await start();
    const told: { change: Change; row: Alert | undefined }[] = [];
    await bus.consume({ topic: CHANGES_TOPIC.name, group: 'responder' }, async ({ value }) => {
      const change = Change.parse(JSON.parse(value.toString()));
      told.push({ change, row: (await alerts()).find((alert) => alert.id === change.id) });
    });
    const events = Array.from({ length: 16 }, (_, i) => guess(i));
    for (const part of [events.slice(0, 7), [ordinary(), ...events.slice(7)]])
      await bus.publish(EVENTS_TOPIC.name, [message(part)]);
    await eventually(() => told.length > 0 && behind() === 0);
    expect(await stored()).toEqual([17, 17]);
    expect(await alerts()).toMatchObject([
      { type: 'brute-force', entity: { kind: 'ip', id: '192.0.2.15' }, state: 'open', tenant },
    ]);
    const [first] = told;
    expect(first?.change).toMatchObject({ kind: 'alert', change: 'opened', tenant, revision: 1 });
    expect(first?.row).toBeDefined();
  });

  test('the query that an alert shows finds the events behind it', async () => {
    const { bus } = await start();
    const events = Array.from({ length: 16 }, (_, i) => guess(i));
    await bus.publish(EVENTS_TOPIC.name, [message([...events, ordinary()])]);
    const [alert] = await eventually(async () => ((await alerts()).length > 0 ? alerts() : undefined));
    await eventually(async () => ((await stored()) as number[])[0] === 17);
    const rows = await clickhouse.rows(alert?.query ?? '');
    expect(rows.length).toBeGreaterThanOrEqual(11);
    const ids = new Set(events.map((event) => `default:${event.id}`));
    expect(alert?.samples.filter((sample) => !ids.has(sample))).toEqual([]);
  });

  test('dead letters arrive in the store; a message that nobody can read holds up nothing', async () => {
    const { bus, behind } = await start();
    const letter = { tenant, gateway: 'default', id: id(), receivedAt: Date.now(), reason: 'not-json', detail: 'no JSON', excerpt: '{', bytes: 1, transport: 'tcp' }; // prettier-ignore
    const plain = (value: string) => ({ key: 'default', value: Buffer.from(value), headers: {} });
    await bus.publish(DEAD_LETTERS_TOPIC.name, [plain('no letters'), plain(JSON.stringify([letter]))]);
    await bus.publish(EVENTS_TOPIC.name, [plain('no events'), message([ordinary()])]);
    await eventually(() => behind() === 0);
    const range = { from: Date.now() - 60_000, to: Date.now() + 60_000 };
    expect(await clickhouse.store.deadLetters({ tenant, range, limit: 10 })).toEqual([letter]);
    expect(await stored()).toEqual([1, 1]);
  });

  test('a stop in the middle and a start store each event once and find what the stop cut in two', async () => {
    const { bus, behind, stop } = await start();
    await bus.publish(EVENTS_TOPIC.name, aRunOfMessages());
    await eventually(() => behind() < (MESSAGES * 2) / 3);
    analyzer = undefined;
    await stop();
    const again = await start();
    await eventually(() => again.behind() === 0, 30_000);
    expect(await stored()).toEqual([MESSAGES * EVENTS_A_MESSAGE, MESSAGES * EVENTS_A_MESSAGE]);
    expect(await alerts()).toMatchObject([{ type: 'brute-force', entity: { id: '192.0.2.15' } }]);
  });

  test('kill -9 while it works stores each event once, aggregates included, and finds what it was cut from', async () => {
    const bus = await openSpecBus(dir);
    await bus.publish(EVENTS_TOPIC.name, aRunOfMessages());
    await bus.stop();
    let child: TypescriptChild | undefined;
    const run = async (until: (line: string) => boolean): Promise<string> => {
      const made = (child = new TypescriptChild(CHILD, [dir, server.url]));
      try {
        return await eventually(() => {
          if (!made.running) throw new Error(`the analyzer ended:\n${made.errors}`);
          return made.lines.find(until);
        }, 60_000);
      } finally {
        await made.kill();
      }
    };
    for (let kill = 1; kill <= KILLS; kill++) {
      const target = Math.floor(MESSAGES * (1 - kill / (KILLS + 1)) * (0.8 + Math.random() * 0.2));
      await run((line) => line.startsWith('behind ') && Number(line.slice(7)) <= target);
    }
    const total = MESSAGES * EVENTS_A_MESSAGE;
    expect(await run((line) => line.startsWith('stored '))).toBe(`stored ${JSON.stringify([total, total, total])}`);
    expect(await alerts()).toMatchObject([{ type: 'brute-force', entity: { id: '192.0.2.15' } }]);
    expect(child?.errors).toBe('');
  }, 240_000);
});
