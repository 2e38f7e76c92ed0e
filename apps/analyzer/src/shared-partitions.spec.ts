import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { openTemporaryStore, type TemporaryStore } from '@outrider/clickhouse/testing/temporary-store';
import { SharedBus } from '@outrider/detect/testing/shared-bus';
import type { Alert } from '@outrider/domain/detection/alert';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { callerPartition } from '@outrider/domain/traffic/caller-partition';
import { callerOf } from '@outrider/domain/traffic/entity';
import { aRefusedEvent, anApiEvent } from '@outrider/domain/traffic/testing';
import { SoleLeadership, type Leadership } from '@outrider/ports/leadership';
import { openPostgres, type Postgres } from '@outrider/postgres/open-postgres';
import { startTestPostgres, type TestPostgres } from '@outrider/postgres/testing/test-postgres';
import { eventually } from '@outrider/testing/eventually';
import { PassingRoles } from './testing/passing-roles.ts';
import { SharedAnalyzer } from './testing/shared-analyzers.ts';

const PARTITIONS = 4;
const ALL = [0, 1, 2, 3];
const GUESSER = '192.0.2.15';

let server: TestPostgres;
let clickhouse: TemporaryStore;
let stores: Postgres;
beforeAll(async () => {
  [server, clickhouse] = await Promise.all([startTestPostgres(), openTemporaryStore()]);
  stores = openPostgres({ url: server.url, max: 4, sealingKeys: [Buffer.alloc(32, 7)] });
});
afterAll(async () => {
  await stores?.close();
  await clickhouse?.remove();
  await server?.stop();
});

/** A tenant and a life of the bus of the test's own, so that tests share the engines. */
let tenant: string;
let bus: SharedBus;
let appendedAt: number;
const running: SharedAnalyzer[] = [];
beforeEach(() => {
  tenant = `tenant-${randomBytes(4).toString('hex')}`;
  bus = new SharedBus(PARTITIONS);
  appendedAt = Date.now() + Math.floor(Math.random() * 1e9);
});
afterEach(async () => {
  await Promise.all(running.splice(0).map(({ runtime }) => runtime.stop()));
});

const start = async (leadership: Leadership = new SoleLeadership()): Promise<SharedAnalyzer> => {
  const analyzer = new SharedAnalyzer({ events: clickhouse.store, stores, leadership, partitions: PARTITIONS });
  running.push(analyzer);
  await analyzer.runtime.start();
  return analyzer;
};

const id = (): string => randomBytes(16).toString('hex');
const now = Date.now();
const guess = (i: number): ApiEvent =>
  aRefusedEvent({
    ...{ tenant, id: id(), startedAt: now - 60_000 + i * 1_000, receivedAt: now - 59_900 + i * 1_000 },
    ...{ clientIp: GUESSER, credentialFingerprint: `f00d${String(i).padStart(12, '0')}` },
  });
/** Twelve people, each with a call a second. */
const honest = (seconds: number): ApiEvent[] =>
  Array.from({ length: seconds * 12 }, (_, i) => {
    const who = `00000000-0000-4000-8000-${String(i % 12).padStart(12, '0')}`;
    const startedAt = now - 60_000 + Math.floor(i / 12) * 1_000 + (i % 12);
    const of = { consumerId: who, consumerName: `person-${i % 12}`, credentialId: who };
    return anApiEvent({ ...of, tenant, id: id(), startedAt, receivedAt: startedAt + 50 });
  });
const publish = (events: readonly ApiEvent[]): void => {
  const byPartition = new Map<number, ApiEvent[]>();
  for (const event of events) {
    const { kind, id: caller } = callerOf(event);
    const partition = callerPartition(kind === 'ip' ? 'ip' : 'consumer', caller, PARTITIONS);
    byPartition.set(partition, [...(byPartition.get(partition) ?? []), event]);
  }
  for (const [partition, batch] of byPartition) bus.publish(partition, batch, appendedAt);
};
const alerts = (): Promise<readonly Alert[]> => stores.alerts.list({ tenant, limit: 10 });
const stored = async (): Promise<unknown> =>
  (await clickhouse.rows(`SELECT count(), uniqExact(id) FROM events_v1 WHERE tenant = '${tenant}'`))[0];

describe('two analyzers on one bus, ClickHouse and PostgreSQL', () => {
  test.each([
    ['in an orderly way', { told: true }],
    ['from a dead one', { told: false }],
    ['from one that goes on, unaware', { told: false, zombie: true }],
  ])(
    'a partition that moves %s in the middle of guessing: one alert that counts both halves, none on the honest',
    async (_way, how) => {
      const [a, b] = [await start(), await start()];
      await bus.move(ALL, a);
      const calls = honest(40);
      const tries = Array.from({ length: 40 }, (_, i) => guess(i));
      publish([...calls.slice(0, 120), ...tries.slice(0, 6)]);
      await bus.settled();
      publish([...calls.slice(120, 240), ...tries.slice(6, 20)]);
      if (!how.told) await a.runtime.ingest.turn(() => undefined);
      const partition = callerPartition('ip', GUESSER, PARTITIONS);
      await bus.move([partition, (partition + 1) % PARTITIONS], b, how);
      for (let i = 20; i < 40; i++) publish([...calls.slice(i * 12, i * 12 + 12), ...tries.slice(i, i + 1)]);
      await bus.settled();
      const [alert, ...more] = await eventually(async () => {
        const found = await alerts();
        return found.some(({ observed }) => observed.value >= 30) ? found : undefined;
      });
      expect(more).toEqual([]);
      expect(alert).toMatchObject({ type: 'brute-force', entity: { kind: 'ip', id: GUESSER }, state: 'open' });
      expect(await stored()).toEqual([520, 520]);
      expect(await b.metrics.text()).toMatch(/outrider_detect_takeovers_total 2\n/);
    },
  );

  test('an outage that each sees a part of is one alert on the service; a new leader goes on with it', async () => {
    const roles = new PassingRoles();
    const [a, b] = [await start(roles), await start(roles)];
    await bus.move([0, 1], a);
    await bus.move([2, 3], b);
    const calls = honest(58);
    publish(calls.map((event, i) => (i < calls.length / 3 ? event : { ...event, status: 503 })));
    await bus.settled();
    const found = await eventually(async () => ((await alerts()).length > 0 ? alerts() : undefined), 30_000);
    expect(found).toMatchObject([{ type: 'error-spike', entity: { kind: 'service' }, severity: 'info' }]);
    await roles.passOn();
    const { runtime } = b;
    await eventually(() => found.some((alert) => runtime.tracker.holds(alert)));
    expect(await alerts()).toHaveLength(1);
  });
});
