import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bandAt } from '@outrider/domain/baseline/learned-baseline';
import { callerEndpointId } from '@outrider/domain/baseline/caller-endpoint';
import { hourOfWeek } from '@outrider/domain/baseline/hour-of-week';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anAnonymousEvent, anApiEvent, testRequestId } from '@outrider/domain/traffic/testing';
import { CallerError } from '@outrider/platform/errors';
import type { CallerTerm } from '@outrider/ports/baseline-store';
import { ClickHouseBaselineStore } from './clickhouse.baseline-store.ts';
import { storedRows } from './testing/event-rows.ts';
import { BACK_ENDS, openTemporaryStore, type TemporaryStore } from './testing/temporary-store.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A Monday. */
const AT = Date.UTC(2026, 0, 26);
const SERVICE = '22222222-2222-4222-8222-222222222222';

describe.each(BACK_ENDS)('%s:', (backEnd) => {
  let engine: TemporaryStore;
  let store: ClickHouseBaselineStore;
  let tokens = 0;
  let ids = 0;
  beforeAll(async () => {
    engine = await openTemporaryStore(backEnd);
    store = new ClickHouseBaselineStore(engine.clickhouse);
  });
  afterAll(() => engine.remove());

  const insert = (events: readonly ApiEvent[], blockEcho = false): Promise<void> =>
    engine.store.insertEvents({ rows: storedRows(events, { blockEcho }), token: `baselines-${++tokens}` });
  const event = (overrides: Partial<ApiEvent>): ApiEvent => anApiEvent({ id: testRequestId(++ids), ...overrides });

  /** Every hour for the days before AT: `perHour(hour of day)` requests, a minute apart. */
  const habit = (consumerId: string, days: number, perHour: (hour: number, day: number) => number): ApiEvent[] =>
    Array.from({ length: days * 24 }, (_, i) => AT - days * DAY + i * HOUR).flatMap((at, i) =>
      Array.from({ length: perHour(i % 24, Math.floor(i / 24)) }, (_, n) =>
        event({ consumerId, consumerName: consumerId, startedAt: at + n * 60_000 + 7 }),
      ),
    );
  const hourly = (id: string, more = {}) =>
    store
      .baselines({ tenant: 'default', kind: 'consumer', ids: [id], metric: 'requests', step: '1h', at: AT, ...more })
      .then(([baseline]) => {
        if (!baseline) throw new Error('no baseline');
        return baseline;
      });

  const terms = async (callers: readonly { kind: 'consumer' | 'credential' | 'ip'; id: string }[], since = 0) => {
    const all: CallerTerm[] = [];
    for await (const chunk of store.terms({ tenant: 'default', callers, since })) all.push(...chunk);
    return all;
  };

  describe('baselines', () => {
    it('know the hours of the day apart, and which days taught them', async () => {
      await insert(habit('office', 21, (hour) => (hour >= 9 && hour < 17 ? 12 : 0)));
      const baseline = await hourly('office');
      expect(baseline).toMatchObject({ warmUp: 'seasonal', days: 21, requests: 21 * 8 * 12, max: 12 });
      // Life begins with the first request, at nine.
      expect(baseline.n).toBe(21 * 24 - 9);
      expect(bandAt(baseline, AT + 10 * HOUR, 1e-3)).toMatchObject({ expected: 12 });
      expect(bandAt(baseline, AT + 3 * HOUR, 1e-3).expected).toBe(0);
      expect(bandAt(baseline, AT + 10 * HOUR, 1e-6).high).toBeGreaterThan(bandAt(baseline, AT + 10 * HOUR, 1e-3).high);
    });

    it('leave out time under attack without taking it for silence', async () => {
      const attack = { from: AT - 2 * DAY + 4 * HOUR, to: AT - 2 * DAY + 5 * HOUR - 1 };
      const traffic = habit('victim', 15, () => 5);
      const flood = Array.from({ length: 400 }, (_, n) =>
        event({ consumerId: 'victim', startedAt: attack.from + n * 1_000 }),
      );
      await insert([...traffic, ...flood]);
      const hour = hourOfWeek(attack.from);
      const taught = await hourly('victim', { excluded: new Map([['victim', [attack]]]) });
      expect([taught.expected[hour], taught.max, taught.n]).toEqual([5, 5, 15 * 24 - 1]);
      const fooled = await hourly('victim');
      expect(fooled.max).toBe(405);
      expect(fooled.expected[hour]).toBeGreaterThan(100);
    });

    it('begin anew at a reset, and with them the warm-up', async () => {
      await insert(habit('moved', 15, (_, day) => (day < 12 ? 40 : 2)));
      const since = new Map([['moved', AT - 3 * DAY]]);
      expect(await hourly('moved')).toMatchObject({ warmUp: 'seasonal', max: 40 });
      expect(await hourly('moved', { since })).toMatchObject({ warmUp: 'learning', max: 2, requests: 144, n: 72 });
    });

    it('answer for everybody in the order asked, also for those never seen', async () => {
      const query = { tenant: 'default', kind: 'consumer', metric: 'requests', step: '1h', at: AT } as const;
      const asked = ['nobody', ...Array.from({ length: 150 }, (_, i) => `n${i}`), 'office'];
      const answers = await store.baselines({ ...query, ids: asked });
      expect(answers.map(({ id }) => id)).toEqual(asked);
      expect(answers[0]).toMatchObject({ n: 0, warmUp: 'learning', max: 0 });
      expect(answers.at(-1)?.requests).toBeGreaterThan(0);
      await expect(store.baselines({ ...query, ids: Array(1_001).fill('x') })).rejects.toBeInstanceOf(CallerError);
      await expect(store.baselines({ ...query, ids: ['x'], metric: 'errors', step: '5m' })).rejects.toBeInstanceOf(
        CallerError,
      );
    });

    it('are kept of endpoints, services, routes and of a caller at an endpoint, in every metric', async () => {
      const own = (n: number): Partial<ApiEvent> => ({
        consumerId: 'kinds',
        serviceId: 'svc',
        routeId: 'way',
        gateway: 'gw',
        pathTemplate: '/kinds',
        status: n % 4 === 0 ? 500 : 200,
        responseBytes: 2_000,
        latencyTotalMs: 50,
      });
      const days = Array.from({ length: 30 }, (_, i) => i);
      await insert(
        days.flatMap((i) =>
          Array.from({ length: 24 }, (_, n) => event({ ...own(n), startedAt: AT - (i + 1) * HOUR + n })),
        ),
      );
      const endpoint = 'svc GET /kinds';
      const of = [
        ['consumer', 'kinds'], ['endpoint', endpoint], ['service', 'svc'], ['route', 'way'], ['gateway', 'gw'],
        ['caller-endpoint', callerEndpointId({ kind: 'consumer', id: 'kinds' }, endpoint)],
      ] as const; // prettier-ignore
      for (const [kind, id] of of) {
        const query = { tenant: 'default', kind, ids: [id], step: '1h', at: AT } as const;
        const one = async (metric: 'requests' | 'errors' | 'response-bytes' | 'latency') =>
          bandAt((await store.baselines({ ...query, metric }))[0]!, AT, 1e-3);
        expect([kind, (await one('requests')).expected]).toEqual([kind, 24]);
        expect([kind, (await one('errors')).expected]).toEqual([kind, 0.25]);
        expect((await one('response-bytes')).expected).toBeCloseTo(48_000, 3);
        expect((await one('latency')).expected).toBeCloseTo(50, 3);
      }
      for (const [kind, id] of [
        ['consumer', 'kinds'],
        ['service', 'svc'],
      ] as const) {
        const [endpoints] = await store.baselines({
          tenant: 'default',
          kind,
          ids: [id],
          metric: 'endpoints',
          step: '1h',
          at: AT,
        });
        expect(endpoints?.max).toBe(1);
      }
    });

    it('are shown beside what was observed, empty windows of counts included', async () => {
      const range = { from: AT - DAY, to: AT };
      const query = { tenant: 'default', kind: 'consumer', id: 'office', step: '1h', range } as const;
      const points = await store.observed({ ...query, metric: 'requests' });
      expect(points).toHaveLength(24);
      expect(points[3]).toEqual({ at: AT - DAY + 3 * HOUR, value: 0, requests: 0 });
      expect(points[10]).toMatchObject({ value: 12 });
      expect(await store.observed({ ...query, metric: 'errors' })).toHaveLength(8);
      await expect(store.observed({ ...query, metric: 'requests', range: { from: 0, to: AT } })).rejects.toBeInstanceOf(
        CallerError,
      );
    });
  });

  describe('terms', () => {
    it('are what a caller was seen with, by kind, once however many blocks they came in, without our own blocks’ refusals', async () => {
      const common = {
        consumerId: 'terms', credentialId: 'key-1', consumerTags: ['gold', 'eu'], clientIp: '198.51.100.7',
        userAgent: 'shop/1.0 (x)', method: 'GET', pathTemplate: '/orders/{id}', serviceId: SERVICE, country: 'NL', asn: 64_496,
      }; // prettier-ignore
      const first = AT - 40 * DAY;
      await insert([event({ ...common, startedAt: first }), event({ ...common, startedAt: first + DAY, status: 403 })]);
      await insert([
        event({
          ...{ ...common, startedAt: AT, clientIp: '2001:db8:1:2::9', credentialId: 'key-2', userAgent: 'curl' },
          ...{ country: 'DE', asn: 4_200_000_000 },
        }),
        event({ ...common, startedAt: AT + HOUR, clientIp: '198.51.100.200', userAgent: '', country: '', asn: 0 }),
      ]);
      await insert([event({ ...common, startedAt: AT, userAgent: 'echo/1', pathTemplate: '/echo' })], true);
      const seen = await terms([{ kind: 'consumer', id: 'terms' }]);
      const of = (kind: string) =>
        seen
          .filter((t) => t.kind === kind)
          .map((t) => `${t.term} ${t.requests} ${t.successes} ${t.days}`)
          .sort();
      expect(of('endpoint')).toEqual([`${SERVICE} GET /orders/{id} 4 3 3`]);
      expect(of('prefix')).toEqual(['198.51.100.0/24 3 2 3', '2001:db8:1::/48 1 1 1']);
      expect(of('country')).toEqual(['DE 1 1 1', 'NL 2 1 2']);
      expect(of('asn')).toEqual(['4200000000 1 1 1', '64496 2 1 2']);
      expect(of('agent')).toEqual(['curl 1 1 1', 'shop 2 1 2']);
      expect(of('credential')).toEqual(['key-1 3 2 3', 'key-2 1 1 1']);
      expect(of('tag')).toEqual(['eu 4 3 3', 'gold 4 3 3']);
      expect(seen.find((t) => t.term === 'key-1')).toMatchObject({ firstSeenAt: first, lastSeenAt: AT + HOUR });
      expect(of('hour')).toContain(`${hourOfWeek(AT + HOUR)} 1 1 1`);
      expect((await terms([{ kind: 'consumer', id: 'terms' }], AT)).find((t) => t.term === 'shop')).toBeUndefined();
      expect(
        await terms([
          { kind: 'ip', id: 'terms' },
          { kind: 'consumer', id: 'nobody' },
        ]),
      ).toEqual([]);
    });

    it('tell when a credential was last used', async () => {
      const [use] = await store.lastUsed({
        tenant: 'default',
        callers: [{ kind: 'credential', id: 'key-2' }],
        since: 0,
      });
      expect(use).toEqual({
        caller: { kind: 'credential', id: 'key-2' },
        firstSeenAt: AT,
        lastSeenAt: AT,
        requests: 1,
        days: 1,
        ...{ activeSince: AT, gapMs: 0, pauses: 0, requestsBefore: 0, daysBefore: 0 },
      });
    });

    it('tell how long a caller was silent before it came back, and how often before that', async () => {
      const DAY = 24 * HOUR;
      const days = [0, 1, 25, 26, 30, 90];
      for (const day of days)
        await insert([0, 1].map((n) => anApiEvent({ id: testRequestId(++ids), tenant: 'seasons', consumerId: 'seasonal', startedAt: AT + day * DAY + n * 5_000 }))); // prettier-ignore
      const [use] = await store.lastUsed({
        tenant: 'seasons',
        callers: [{ kind: 'consumer', id: 'seasonal' }],
        since: 0,
      });
      expect(use).toEqual({
        caller: { kind: 'consumer', id: 'seasonal' },
        ...{ firstSeenAt: AT, lastSeenAt: AT + 90 * DAY + 5_000, requests: 12, days: 6 },
        ...{ activeSince: AT + 90 * DAY, gapMs: 60 * DAY - 5_000, pauses: 1, requestsBefore: 10, daysBefore: 5 },
      });
    });

    it('of an address are neither its prefix nor a credential', async () => {
      await insert([anAnonymousEvent({ id: testRequestId(++ids), clientIp: '203.0.113.5', startedAt: AT })]);
      const kinds = (await terms([{ kind: 'ip', id: '203.0.113.5' }])).map(({ kind }) => kind).sort();
      expect(kinds).toEqual(['agent', 'endpoint', 'hour']);
    });
  });

  it('an endpoint’s use tells good answers to consumers from those to anybody, and counts consumers', async () => {
    const at = AT + 30 * DAY;
    const here = { serviceId: 'shared', routeId: 'r', pathTemplate: '/x', startedAt: at };
    await insert([
      ...['a', 'b', 'c'].map((consumerId) => event({ ...here, consumerId })),
      event({ ...here, consumerId: 'd', status: 500 }),
      anAnonymousEvent({ ...here, id: testRequestId(++ids) }),
      event({ ...here, consumerId: 'e', pathTemplate: '/y' }),
    ]);
    for (let twice = 0; twice < 2; twice++) await engine.store.rollUpEndpoints({ from: at, to: at + HOUR });
    const use = await store.endpointUse({ tenant: 'default', range: { from: at, to: at + HOUR }, limit: 10 });
    expect(use.consumers).toBe(5);
    expect(use.endpoints[0]).toEqual({
      endpoint: 'shared GET /x', serviceId: 'shared', routeId: 'r', requests: 5, successes: 4, authenticated: 3, consumers: 4,
    }); // prettier-ignore
  });

  it('peers are those with the same tags, else those that call the same endpoints in like shares', async () => {
    const at = AT + 60 * DAY;
    const call = (consumerId: string, path: string, n: number, consumerTags: string[] = []) =>
      Array.from({ length: n }, () => event({ consumerId, pathTemplate: path, startedAt: at, consumerTags }));
    await insert([
      ...call('t1', '/a', 1, ['p']), ...call('t2', '/b', 1, ['p']), ...call('t3', '/a', 1, ['p', 'q']),
      ...call('m1', '/a', 6), ...call('m1', '/b', 3), ...call('m2', '/a', 12), ...call('m2', '/b', 7), ...call('m3', '/z', 9),
    ]); // prettier-ignore
    const peersOf = (id: string) =>
      store.peersOf({ tenant: 'default', caller: { kind: 'consumer', id }, since: at - DAY, limit: 10 });
    expect(await peersOf('t1')).toEqual({ by: 'tags', name: 'p', peers: [{ id: 't2', similarity: 1 }] });
    const mixed = await peersOf('m1');
    expect(mixed).toMatchObject({ by: 'endpoints', peers: [{ id: 'm2' }, { id: 't1' }, { id: 't3' }] });
    expect(await peersOf('m3')).toEqual({ by: 'none', name: '', peers: [] });
    expect(await peersOf('nobody')).toEqual({ by: 'none', name: '', peers: [] });
  });
});
