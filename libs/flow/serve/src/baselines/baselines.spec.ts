import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { BaselineChart } from '@outrider/contracts/http/baselines';
import { anAlert } from '@outrider/domain/detection/testing';
import { LOOK_BACK_MS } from '@outrider/domain/baseline/baseline';
import { learnBaseline, type LearnedBaseline } from '@outrider/domain/baseline/learned-baseline';
import { NOW, serveApp, tokenOf, type ServeApp } from '../testing/serve-app.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
let app: ServeApp;
beforeAll(async () => {
  app = await serveApp();
});
afterAll(() => app.close());

const known = (id: string, mean: number, days = 20): LearnedBaseline =>
  learnBaseline(
    {
      id,
      since: NOW - DAY - days * DAY,
      requests: 10_000,
      days,
      peaks: [mean],
      cells: Array.from({ length: 168 }, () => ({ n: 4, sum: 4 * mean, squares: 4 * mean * mean })),
    },
    { metric: 'requests', step: '1h', at: NOW - DAY, lookBackMs: LOOK_BACK_MS['1h'] },
  );
const get = (query: string, token = tokenOf('viewer')) => app.ask('GET', `/v1/baselines?${query}`, { token });
const post = (path: string, body: unknown, token = tokenOf('analyst')) =>
  app.ask('POST', `/v1/baselines/${path}`, { token, body });

describe('baselines', () => {
  test('show observed beside expected, learned from before the range', async () => {
    const { baselines } = app.fakes;
    baselines.learned.set('default|c1', known('c1', 40));
    baselines.points.set('default|c1', [{ at: NOW - HOUR, value: 90, requests: 90 }]);
    const answer = await get(`kind=consumer&id=c1&from=${NOW - DAY}&to=${NOW}`);
    expect(answer.status).toBe(200);
    const chart = BaselineChart.parse(answer.json());
    expect(chart).toMatchObject({
      warmUp: 'seasonal',
      learnedAt: NOW - DAY,
      group: null,
      points: [{ observed: 90, expected: 40 }],
    });
    expect(chart.points[0]?.high).toBeLessThan(90);
    const alert = BaselineChart.parse((await get(`kind=consumer&id=c1&from=${NOW - DAY}&to=${NOW}&band=alert`)).json());
    expect(alert.points[0]?.high).toBeGreaterThan(chart.points[0]?.high ?? 0);
  });

  test('a newcomer borrows from its peers, and says so', async () => {
    const { baselines } = app.fakes;
    baselines.groups.set('default|new', {
      by: 'tags',
      name: 'gold',
      peers: ['p1', 'p2'].map((id) => ({ id, similarity: 1 })),
    });
    baselines.learned.set('default|p1', known('p1', 10));
    baselines.learned.set('default|p2', known('p2', 30));
    baselines.points.set('default|new', [{ at: NOW - HOUR, value: 3, requests: 3 }]);
    const chart = BaselineChart.parse((await get(`kind=consumer&id=new&from=${NOW - DAY}&to=${NOW}`)).json());
    expect(chart).toMatchObject({ warmUp: 'learning', group: { by: 'tags', name: 'gold', peers: 2 } });
    expect(chart.points[0]?.expected).toBeCloseTo(20, 6);
  });

  test('time under alerts, excluded time and resets reach the store, of the same tenant alone', async () => {
    const entity = { kind: 'consumer' as const, id: 'c2', name: 'c2' };
    const from = NOW - 3 * DAY;
    await app.fakes.alerts.insert(anAlert({ tenant: 'default', entity, firstSeenAt: from, lastSeenAt: from + HOUR }));
    const about = { kind: 'consumer', entityId: 'c2', reason: 'load test' };
    expect((await post('exclusions', { ...about, from: from - DAY, to: from - DAY + 5 })).status).toBe(201);
    expect((await post('resets', { ...about, at: from - 2 * DAY })).status).toBe(201);
    const query = `kind=consumer&id=c2&from=${NOW - DAY}&to=${NOW}`;
    const chart = BaselineChart.parse((await get(query)).json());
    expect(chart.excluded).toEqual([
      { from: from - DAY, to: from - DAY + 5 },
      { from, to: from + HOUR },
    ]);
    expect(app.fakes.baselines.queries.at(-1)?.since).toEqual(new Map([['c2', from - 2 * DAY]]));
    await get(query, tokenOf('viewer', 'other'));
    expect(app.fakes.baselines.queries.at(-1)).toMatchObject({
      tenant: 'other',
      since: new Map(),
      excluded: new Map(),
    });
  });

  test.each([
    ['kind=consumer&id=a&metric=errors&step=5m', 'step'],
    ['kind=endpoint&id=a&metric=endpoints', 'metric'],
    ['kind=caller-endpoint&id=a', 'id'],
    ['kind=consumer&id=a&step=5m&from=-90d', 'from'],
    ['kind=nobody&id=a', 'kind'],
  ])('%s is refused, and %s is named', async (query, path) => {
    const answer = await get(query);
    expect([answer.status, answer.json<{ errors: { path: string }[] }>().errors[0]?.path]).toEqual([400, path]);
  });
});

describe('exclusions and resets', () => {
  const body = { kind: 'service', entityId: 's', reason: 'migration', from: 5, to: 9 };

  test('are listed in pages, taken back once, and named with who made them', async () => {
    for (let i = 0; i < 3; i++) await post('exclusions', { ...body, to: 10 + i });
    const list = (more = '') =>
      app.ask('GET', `/v1/baselines/exclusions?kind=service&id=s&limit=2${more}`, { token: tokenOf('viewer') });
    const first = (await list()).json<{ data: { id: string; to: number; createdBy: string }[]; next: string }>();
    expect(first.data.map(({ to }) => to)).toEqual([12, 11]);
    expect(first.data[0]?.createdBy).toBe('analyst@default');
    const rest = (await list(`&cursor=${first.next}`)).json<{ data: { id: string; to: number }[]; next: null }>();
    expect([rest.data.map(({ to }) => to), rest.next]).toEqual([[10], null]);
    const remove = (token: string) => app.ask('DELETE', `/v1/baselines/exclusions/${rest.data[0]?.id}`, { token });
    expect((await remove(tokenOf('analyst', 'other'))).status).toBe(404);
    expect((await remove(tokenOf('analyst'))).status).toBe(204);
    expect((await remove(tokenOf('analyst'))).status).toBe(404);
  });

  test('are not for viewers, and an exclusion ends after it begins', async () => {
    expect((await post('exclusions', body, tokenOf('viewer'))).status).toBe(403);
    expect((await post('resets', { kind: 'ip', entityId: '192.0.2.1', reason: 'x' }, tokenOf('viewer'))).status).toBe(
      403,
    );
    expect((await post('exclusions', { ...body, to: 5 })).status).toBe(400);
    expect((await post('exclusions', { ...body, reason: '' })).status).toBe(400);
  });
});
