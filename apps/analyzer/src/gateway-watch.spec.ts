import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Finding } from '@outrider/domain/detection/alert';
import { anAlert } from '@outrider/domain/detection/testing';
import { BENIGN_CHANGES, HOSTILE_CHANGES, SECRETS } from '@outrider/detect/gateway-watch/testing/gateway-scenarios';
import { openPostgres, type Postgres } from '@outrider/postgres/open-postgres';
import { SoleLeadership } from '@outrider/ports/leadership';
import { startTestPostgres, type TestPostgres } from '@outrider/postgres/testing/test-postgres';
import { eventually } from '@outrider/testing/eventually';
import { FakeEventStore } from '@outrider/testing/fakes/event-store.fake';
import { SharedAnalyzer } from './testing/shared-analyzers.ts';
import { WatchedGateway } from './testing/watched-gateway.ts';

let server: TestPostgres;
let stores: Postgres;
beforeAll(async () => {
  server = await startTestPostgres();
  stores = openPostgres({ url: server.url, max: 4, sealingKeys: [Buffer.alloc(32, 7)] });
});
afterAll(async () => {
  await stores?.close();
  await server?.stop();
});

let kong: WatchedGateway;
const tenantOf = (): string => `tenant-${randomBytes(4).toString('hex')}`;
beforeEach(async () => {
  kong = await WatchedGateway.start(tenantOf(), stores);
});
afterEach(() => kong?.stop());

const said = ({ severity, entity, observed }: Finding): string =>
  `${severity} ${entity.kind} ${entity.name} ${observed.value}`;

describe('a gateway that is watched', () => {
  test.each(Object.entries(HOSTILE_CHANGES))('%s is told', async (_name, { calls, told }) => {
    expect(await kong.look()).toEqual([]);
    for (const call of calls) await kong.call(call);
    const findings = await kong.look();
    expect(findings.map((finding) => Finding.parse(finding))).toEqual(findings);
    const [kind, ...rest] = told.split(' ');
    expect(findings.map(said)).toEqual([`${rest.join(' ')} 1`]);
    expect(await kong.metrics.text()).toContain(`outrider_detect_gateway_changes_total{kind="${kind}"} 1`);
    expect(await kong.look()).toEqual([]);
  });

  test.each(Object.entries(BENIGN_CHANGES))('%s is not', async (_name, { calls, lifts }) => {
    await kong.look();
    if (lifts) kong.live = kong.live.map((row) => ({ ...row, state: 'lifting' as const }));
    for (const call of calls) await kong.call(call);
    expect(await kong.look()).toEqual([]);
    expect(await kong.look()).toEqual([]);
  });

  test('what is changed while nobody looks is told by the process that comes next', async () => {
    await kong.look();
    await kong.call({ method: 'DELETE', path: '/plugins/orders-key' });
    kong.restart();
    expect((await kong.look()).map(said)).toEqual(['high route orders 1']);
    kong.restart();
    expect(await kong.look()).toEqual([]);
  });

  test('nothing is concluded from a Kong that is away, and what was changed meanwhile is told when it is back', async () => {
    await kong.look();
    await kong.sim.fault({ kind: 'refuse' });
    expect(await kong.look()).toEqual([]);
    await kong.sim.fault(undefined);
    await kong.call({ method: 'DELETE', path: '/plugins/reports-key' });
    expect((await kong.look()).map(said)).toEqual(['high route reports 1']);
  });

  test.each(['/services', '/routes', '/plugins', '/acls'])('half an answer (%s fails) is none', async (path) => {
    await kong.look();
    await kong.call({ method: 'DELETE', path: '/plugins/orders-key' });
    await kong.sim.fault({ kind: 'status', status: 500, match: (call) => call.path.startsWith(path) });
    for (let i = 0; i < 20; i++) await kong.look();
    expect(await kong.metrics.text()).toContain('outrider_detect_gateway_looks_total{outcome="failed"}');
    await kong.sim.fault(undefined);
    await kong.look();
    expect(kong.told.map(said)).toEqual(['high route orders 1']);
  });

  test('several changes of one route are one finding that lists them, in one look and within the hour', async () => {
    await kong.look();
    await kong.call({ method: 'DELETE', path: '/plugins/orders-acl' });
    await kong.call({ method: 'DELETE', path: '/plugins/orders-limit' });
    await kong.call({ method: 'DELETE', path: '/plugins/reports-key' });
    const findings = await kong.look();
    expect(findings.map(said).sort()).toEqual(['high route orders 2', 'high route reports 1']);
    await kong.call({ method: 'DELETE', path: '/plugins/orders-key' });
    const [again] = await kong.look();
    expect(again && said(again)).toBe('high route orders 3');
    expect(again?.explanation).toMatch(/3 changes.*key-auth was removed.*acl.*rate-limiting/s);
  });

  test('keeps no secret of any configuration', async () => {
    await kong.look();
    const kept = JSON.stringify(await stores.gatewaySnapshots.load(kong.tenant, 'default'));
    expect(kept).toContain('logs.example');
    expect(SECRETS.filter((secret) => kept.includes(secret))).toEqual([]);
  });

  test('what people except is not told, not later either', async () => {
    await kong.look();
    kong.passes = () => false;
    await kong.call({ method: 'DELETE', path: '/plugins/orders-key' });
    expect(await kong.look()).toEqual([]);
    kong.passes = () => true;
    expect(await kong.look()).toEqual([]);
  });

  test('a node without a database that waits for its configuration has lost nothing', async () => {
    const full = await WatchedGateway.start(kong.tenant, stores);
    await full.look();
    await full.stop();
    const bare = await WatchedGateway.start(kong.tenant, stores, {}, { dbless: true }, false);
    expect(await bare.look()).toEqual([]);
    expect(await bare.metrics.text()).toContain('outrider_detect_gateway_looks_total{outcome="empty"} 1');
    const { snapshot } = (await stores.gatewaySnapshots.load(kong.tenant, 'default')) ?? {};
    expect(snapshot?.plugins.length).toBeGreaterThan(5);
    await bare.stop();
  });

  test('the middle of a deployment is not taken for its end', async () => {
    const careful = await WatchedGateway.start(tenantOf(), stores, { settleSeconds: 0.05 });
    await careful.look();
    await careful.call({ method: 'DELETE', path: '/plugins/orders-key' });
    careful.settling = () => careful.call({ method: 'POST', path: '/routes/orders/plugins', body: { name: 'jwt' } });
    expect(await careful.look()).toEqual([]);
    expect(await careful.look()).toEqual([]);
    await careful.stop();
  });

  test('members of groups are read at a slower pace than the rest', async () => {
    const slow = await WatchedGateway.start(tenantOf(), stores, { groupsEveryLooks: 3 });
    for (let i = 0; i < 6; i++) await slow.look();
    const reads = (path: string): number => slow.sim.adminLog.filter((call) => call.path.startsWith(path)).length;
    expect([reads('/plugins'), reads('/routes'), reads('/services'), reads('/acls')]).toEqual([6, 6, 6, 2]);
    expect(slow.sim.adminWrites).toBe(0);
    await slow.stop();
  });

  test.each([
    [
      'anonymous access on the route',
      { type: 'anonymous-access', scope: { routes: ['orders'] } },
      ['critical route orders 1'],
    ],
    ['anonymous access elsewhere', { type: 'anonymous-access', scope: { routes: ['reports'] } }, []],
    ['another kind of alert', { type: 'brute-force', scope: { routes: ['orders'] } }, []],
  ] as const)('%s after authentication was removed', async (_name, abuse, expected) => {
    await kong.look();
    await kong.call({ method: 'DELETE', path: '/plugins/orders-key' });
    await kong.look();
    const scope = { services: [], endpoints: [], tags: [], routes: [...abuse.scope.routes] };
    const at = { detectedAt: kong.now, firstSeenAt: kong.now, lastSeenAt: kong.now, openedAt: kong.now };
    await stores.alerts.insert(anAlert({ ...at, tenant: kong.tenant, type: abuse.type, scope }));
    expect((await kong.look()).map(said)).toEqual(expected);
    expect(await kong.look()).toEqual([]);
  });

  test('a token that may not read ACL groups leaves the rest to be watched', async () => {
    await kong.sim.fault({ kind: 'status', status: 403, match: ({ path }) => path.startsWith('/acls') });
    await kong.look();
    await kong.call({ method: 'DELETE', path: '/plugins/orders-key' });
    expect((await kong.look()).map(said)).toEqual(['high route orders 1']);
  });
});

describe('the whole detect stage', () => {
  const running: SharedAnalyzer[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map(({ runtime }) => runtime.stop()));
  });
  const start = async (): Promise<SharedAnalyzer> => {
    const watched = { 'gateway-config-change': { everySeconds: 1, settleSeconds: 0 } };
    const shared = { events: new FakeEventStore(), stores, leadership: new SoleLeadership(), partitions: 1 };
    const analyzer = new SharedAnalyzer({ ...shared, gateways: kong.gateways, settings: { detectors: watched } });
    running.push(analyzer);
    await analyzer.runtime.start();
    return analyzer;
  };
  const alerts = () => stores.alerts.list({ tenant: kong.tenant, limit: 10 });
  const looks = async ({ metrics }: SharedAnalyzer, outcome: string): Promise<number> =>
    Number(new RegExp(`gateway_looks_total{outcome="${outcome}"} (\\d+)`).exec(await metrics.text())?.[1] ?? 0);

  test('a change is one alert; the next process goes on with it and tells what it missed', async () => {
    const first = await start();
    await eventually(async () => (await looks(first, 'learned')) === 1);
    await kong.call({ method: 'DELETE', path: '/plugins/orders-key' });
    const [alert] = await eventually(async () => ((await alerts()).length > 0 ? alerts() : undefined));
    expect(alert).toMatchObject({ type: 'gateway-config-change', severity: 'high', state: 'open', samples: [] });
    expect(alert?.entity).toMatchObject({ kind: 'route', name: 'orders' });
    await running.pop()?.runtime.stop();
    await kong.call({ method: 'DELETE', path: '/plugins/reports-key' });
    const second = await start();
    const after = await eventually(async () => ((await alerts()).length > 1 ? alerts() : undefined));
    expect(after.map(({ entity, state, findings }) => `${entity.name} ${state} ${findings}`).sort()).toEqual([
      'orders open 1',
      'reports open 1',
    ]);
    expect(after.every((one) => second.runtime.tracker.holds(one))).toBe(true);
    expect(await looks(second, 'learned')).toBe(0);
  });
});
