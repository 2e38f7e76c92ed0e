import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { openTemporaryStore, type TemporaryStore } from '@outrider/clickhouse/testing/temporary-store';
import { SharedBus } from '@outrider/detect/testing/shared-bus';
import type { Alert } from '@outrider/domain/detection/alert';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { callerPartition } from '@outrider/domain/traffic/caller-partition';
import { anAnonymousEvent } from '@outrider/domain/traffic/testing';
import { openPostgres, type Postgres } from '@outrider/postgres/open-postgres';
import { startTestPostgres, type TestPostgres } from '@outrider/postgres/testing/test-postgres';
import { eventually } from '@outrider/testing/eventually';
import { PassingRoles } from './testing/passing-roles.ts';
import { SharedAnalyzer } from './testing/shared-analyzers.ts';

const PARTITIONS = 4;
const MINUTE = 60_000;

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

let tenant: string;
let bus: SharedBus;
let roles: PassingRoles;
let appendedAt: number;
const running: SharedAnalyzer[] = [];
beforeEach(() => {
  tenant = `tenant-${randomBytes(4).toString('hex')}`;
  bus = new SharedBus(PARTITIONS);
  roles = new PassingRoles();
  appendedAt = Date.now() + Math.floor(Math.random() * 1e9);
});
afterEach(async () => {
  await Promise.all(running.splice(0).map(({ runtime }) => runtime.stop()));
  // every test has a bus of its own, whose positions begin at 0
  await clickhouse.clickhouse.client.command({ query: 'TRUNCATE TABLE events_v1' });
});

const start = async (owns: readonly number[]): Promise<SharedAnalyzer> => {
  const analyzer = new SharedAnalyzer({ events: clickhouse.store, stores, leadership: roles, partitions: PARTITIONS });
  running.push(analyzer);
  await analyzer.runtime.start();
  await bus.move(owns, analyzer);
  return analyzer;
};
/** Forty minutes of life that ended before anybody of the test's began: whoever leads learns it from the store. */
const lived = async (events: readonly ApiEvent[]): Promise<void> => {
  const before = await start([0, 1, 2, 3]);
  await publish(events);
  await before.runtime.stop();
  running.splice(running.indexOf(before), 1);
};
const publish = (events: readonly ApiEvent[]): Promise<void> => {
  const byPartition = new Map<number, ApiEvent[]>();
  for (const event of events) {
    const partition = callerPartition('ip', event.clientIp, PARTITIONS);
    byPartition.set(partition, [...(byPartition.get(partition) ?? []), event]);
  }
  for (const [partition, batch] of byPartition) bus.publish(partition, batch, appendedAt);
  return bus.settled();
};
/** As it happens: every partition comes as far as the others, thirty seconds at a time. */
const live = async (events: readonly ApiEvent[]): Promise<void> => {
  const slices = new Map<number, ApiEvent[]>();
  for (const event of events) {
    const slice = Math.floor(event.startedAt / 30_000);
    slices.set(slice, [...(slices.get(slice) ?? []), event]);
  }
  for (const [, slice] of [...slices].sort(([a], [b]) => a - b)) await publish(slice);
};
/** Over all analyzers. */
const counted = async (name: string): Promise<number> => {
  const texts = await Promise.all(running.map(({ metrics }) => metrics.text()));
  const values = texts.flatMap((text) => [...text.matchAll(new RegExp(`^outrider_detect_${name} (\\d+)`, 'gm'))]);
  return values.reduce((sum, [, value]) => sum + Number(value), 0);
};
const alerts = (type: string): Promise<readonly Alert[]> =>
  stores.alerts.list({ tenant, types: [type] as Alert['type'][], limit: 10 });

const visit = (at: number, n: number, more: Partial<ApiEvent>): ApiEvent =>
  anAnonymousEvent({
    ...{ tenant, id: randomBytes(16).toString('hex'), startedAt: Math.floor(at), receivedAt: Math.floor(at) + 50 },
    clientIp: `203.${n >> 8}.${n & 255}.7`,
    ...more,
  });
const LOGIN = { method: 'POST', path: '/login', pathTemplate: '/login' };
/** Forty minutes of people that log in, one in eight mistyping; some also look around. */
const people = (now: number): ApiEvent[] =>
  Array.from({ length: 800 }, (_, i) => {
    const at = now - 45 * MINUTE + i * 3_000;
    const clientFingerprint = `browser${i % 41}`;
    return visit(at, i % 60, i % 2 === 0 ? { clientFingerprint } : { ...LOGIN, status: i % 16 === 1 ? 401 : 200, clientFingerprint }); // prettier-ignore
  });
const ATTACKS = {
  /** A hundred addresses with two tries each. */
  'credential-stuffing': (now: number) =>
    Array.from({ length: 200 }, (_, i) => visit(now - 4 * MINUTE + i * 1_000, 1_000 + (i % 100), { ...LOGIN, status: 401, clientFingerprint: 'kit' })), // prettier-ignore
  /** Three hundred addresses that nobody ever saw ask for one thing ten times each, within two minutes. */
  'distributed-flood': (now: number) =>
    Array.from({ length: 3_000 }, (_, i) => visit(now - 4 * MINUTE + i * 40, 1_000 + (i % 300), { status: 200 })),
};

describe('an attack that no analyzer sees all of', () => {
  test.each(['credential-stuffing', 'distributed-flood'] as const)(
    '%s is one alert, whoever of three analyzers leads',
    async (type) => {
      const now = Date.now();
      await lived(people(now));
      for (const owns of [[0], [1], [2, 3]]) await start(owns);
      await live(ATTACKS[type](now));
      const found = await eventually(async () => ((await alerts(type)).length > 0 ? alerts(type) : undefined), 30_000);
      expect(found).toMatchObject([{ type, entity: { kind: 'service' }, state: 'open' }]);
    },
    120_000,
  );

  test('is told although the partitions of a dead analyzer come minutes after the others', async () => {
    const now = Date.now();
    await lived(people(now));
    for (const owns of [[0], [1]]) await start(owns);
    const last = await start([]);
    const attack = ATTACKS['credential-stuffing'](now);
    const isAlive = ({ clientIp }: ApiEvent): boolean => callerPartition('ip', clientIp, PARTITIONS) < 2;
    const [early, late] = [attack.filter(isAlive).filter((_, i) => i % 4 === 0), attack.filter((event) => !isAlive(event))]; // prettier-ignore
    await publish([...early, visit(now, 5, LOGIN)].filter(isAlive));
    await eventually(async () => (await counted('estate_events_total')) > 600 + early.length / 2, 30_000);
    expect(await alerts('credential-stuffing')).toEqual([]);
    await bus.move([2, 3], last);
    await publish(late);
    // what is late is looked at when something happens
    const more = Array.from({ length: 40 }, (_, i) => visit(now - 1_000 + i, 1_000 + i, { ...LOGIN, status: 401, clientFingerprint: 'kit' })); // prettier-ignore
    await publish(more.filter(isAlive));
    const found = await eventually(async () => ((await alerts('credential-stuffing')).length > 0 ? alerts('credential-stuffing') : undefined), 30_000); // prettier-ignore
    expect(found).toHaveLength(1);
  }, 120_000);

  test.each([
    ['hands its role over', true],
    ['is dead, and a zombie of it goes on', false],
  ])(
    'is one alert where the leader %s in the middle of it, and the next leader ends it',
    async (_how, told) => {
      const now = Date.now();
      const analyzers = [];
      for (const owns of [[0], [1], [2, 3]]) analyzers.push(await start(owns));
      const [, second] = analyzers;
      if (!second) throw new Error('no second');
      const attack = ATTACKS['credential-stuffing'](now);
      await publish(people(now));
      await publish(attack.slice(0, 30));
      await roles.passOn(told);
      await publish(attack.slice(30));
      const [alert] = await eventually(async () => {
        const found = await alerts('credential-stuffing');
        return found.some(({ observed }) => observed.value >= 60) ? found : undefined;
      }, 30_000);
      expect(await alerts('credential-stuffing')).toHaveLength(1);
      await eventually(() => alert !== undefined && second.runtime.tracker.holds(alert));
      expect((await alerts('brute-force')).length).toBeLessThanOrEqual(1);
    },
    120_000,
  );
});
