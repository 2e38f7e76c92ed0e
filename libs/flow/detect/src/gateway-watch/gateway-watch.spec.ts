import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Finding } from '@outrider/domain/detection/alert';
import { createLogger } from '@outrider/platform/logger';
import { TransientError } from '@outrider/platform/errors';
import { Metrics } from '@outrider/platform/metrics';
import { FakeAlertStore } from '@outrider/testing/fakes/alert-store.fake';
import { FakeGatewayAdmin, FakeGateways } from '@outrider/testing/fakes/gateway-admin.fake';
import { FakeGatewaySnapshotStore } from '@outrider/testing/fakes/gateway-snapshot-store.fake';
import { FakeEnforcementStore } from '@outrider/testing/fakes/response-store.fake';
import { DetectSettings } from '../settings.ts';
import { MAX_ROWS } from './read-config.ts';
import { watchGateways } from './watch-gateways.ts';

const NEVER = new AbortController().signal;
const scope = { service: null, route: { id: 'r1' }, consumer: null };
const key = { id: 'k1', name: 'key-auth', enabled: true, tags: null, ...scope, config: {} };

let kong: FakeGatewayAdmin;
let snapshots: FakeGatewaySnapshotStore;
let now: number;
let told: Finding[];
let said: string[];
let took: number;

beforeEach(() => {
  [kong, snapshots, now, told, said, took] = [new FakeGatewayAdmin(), new FakeGatewaySnapshotStore(), 1e12, [], [], 0];
  kong.allServices = [{ id: 's1', name: 'shop', host: 'upstream', port: 80, tls_verify: null }];
  kong.allRoutes = [{ id: 'r1', name: 'orders', service: { id: 's1' }, paths: ['/'], protocols: ['http'] }];
  kong.place(key);
});

const watching = (only: FakeGatewayAdmin | null = kong) =>
  watchGateways({
    gateways: new FakeGateways(only ?? undefined),
    snapshots,
    enforcements: new FakeEnforcementStore(),
    alerts: new FakeAlertStore(),
    settings: DetectSettings.parse({ detectors: { 'gateway-config-change': { settleSeconds: 0 } } }),
    clock: { now: () => (now += took) },
    log: createLogger({ name: 'spec', level: 'info', pretty: false }, { write: (line) => said.push(line) }),
    metrics: new Metrics(),
    tracker: { claim: () => Promise.resolve(), forget: () => Promise.resolve() },
    lane: -2,
    tell: async (finding) => told.push(finding) > 0,
  });

describe('the watch on gateways', () => {
  test('without an Admin API there is none, and that is said', () => {
    expect(watching(null)).toBeUndefined();
    expect(said.join()).toMatch(/no Admin API is configured/);
  });

  test('a Kong that is away is said once, and so is its return; nothing is concluded', async () => {
    const watch = watching();
    await watch?.round(NEVER);
    kong.away = true;
    for (let i = 0; i < 5; i++) await watch?.round(NEVER);
    kong.away = false;
    await watch?.round(NEVER);
    await watch?.round(NEVER);
    expect(told).toEqual([]);
    expect(said.map((line) => /could not be read|is read again/.exec(line)?.[0])).toEqual([
      'could not be read',
      'is read again',
    ]);
  });

  test('how the looks go is kept for the health page, failures too, until one succeeds; not at every look', async () => {
    const watch = watching();
    const remember = jest.spyOn(snapshots, 'remember');
    await watch?.round(NEVER);
    kong.away = true;
    for (let i = 0; i < 40; i++) {
      now += 15_000;
      await watch?.round(NEVER);
    }
    expect(remember.mock.calls.length).toBeLessThan(12);
    const [look] = await snapshots.looks('default');
    expect(look).toMatchObject({ gateway: 'default', seenAt: 1e12, failing: { since: 1e12 + 15_000 } });
    expect(look?.failing?.looks).toBeGreaterThan(30);
    kong.away = false;
    now += 15_000;
    await watch?.round(NEVER);
    expect(await snapshots.looks('default')).toEqual([{ gateway: 'default', seenAt: now }]);
    expect(told).toEqual([]);
  });

  test('a gateway that is too large is left alone with a clear word', async () => {
    kong.eachPlugin = async (visit) => {
      for (let i = 0; i <= MAX_ROWS; i++) visit({ ...key, protocols: [] });
    };
    await watching()?.round(NEVER);
    expect(said.join()).toMatch(/more than 50000 plugins/);
    expect(snapshots.saves).toBe(0);
  });

  test('what did not change is not written again', async () => {
    const watch = watching();
    for (let i = 0; i < 25; i++) {
      now += 60_000;
      await watch?.round(NEVER);
    }
    expect(snapshots.saves).toBe(1);
    expect(snapshots.stored.get('default/default')?.seenAt).toBeGreaterThan(1e12 + 20 * 60_000);
  });

  test('a change is told before it is remembered: a store that fails in between costs no alert', async () => {
    const watch = watching();
    await watch?.round(NEVER);
    kong.stored.clear();
    snapshots.failing = new TransientError('away');
    await watch?.round(NEVER);
    await watch?.round(NEVER);
    await watch?.round(NEVER);
    expect(told.map(({ entity }) => entity.name)).toEqual(['orders', 'orders']);
    expect(new Set(told.map(({ observed }) => observed.value))).toEqual(new Set([1]));
  });

  test('reading that takes long is done less often', async () => {
    const watch = watching();
    const services = jest.spyOn(kong, 'services');
    took = 1_000; // each look at the clock
    await watch?.round(NEVER);
    took = 0;
    await watch?.round(NEVER);
    expect(services).toHaveBeenCalledTimes(1);
    now += 60_000;
    await watch?.round(NEVER);
    expect(services).toHaveBeenCalledTimes(2);
  });

  test('a configuration that is replaced as a whole is not a thousand alerts', async () => {
    const routes = Array.from({ length: 200 }, (_, i) => ({
      id: `r${i}`,
      name: `r${i}`,
      service: { id: 's1' },
      paths: null,
    }));
    kong.allRoutes = routes;
    kong.stored.clear();
    for (const { id } of routes) kong.place({ ...key, id: `k-${id}`, route: { id } });
    const watch = watching();
    await watch?.round(NEVER);
    kong.stored.clear();
    await watch?.round(NEVER);
    expect(told).toHaveLength(51);
    expect(told.find(({ entity }) => entity.kind === 'gateway')?.explanation).toMatch(/150 further changes/);
  });
});
