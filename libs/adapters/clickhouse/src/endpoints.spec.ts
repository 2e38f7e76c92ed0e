import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anApiEvent } from '@outrider/domain/traffic/testing';
import { storedRows } from './testing/event-rows.ts';
import { openTemporaryStore, type TemporaryStore } from './testing/temporary-store.ts';

const AT = Date.UTC(2026, 2, 4, 12);
const scope = { tenant: 'default', gateway: 'edge', service: 'svc', host: 'api.example' };
const UUID = '0b7e1e52-6c0f-4d5e-9a43-1d2c3b4a5f60';
const range = { from: AT - 1_000, to: AT + 60_000 };
let engine: TemporaryStore;

const event = (path: string, pathTemplate: string, more: Partial<ApiEvent> = {}) =>
  anApiEvent({
    ...{
      tenant: 'default',
      gateway: 'edge',
      serviceId: 'svc',
      serviceName: 'shop',
      host: 'api.example',
      method: 'GET',
    },
    ...{
      path,
      pathTemplate,
      query: '',
      status: 200,
      answeredBy: 'upstream',
      refusal: '',
      startedAt: AT,
      receivedAt: AT,
    },
    ...{ clientIp: '203.0.113.9', consumerId: '', credentialId: '', latencyTotalMs: 10, ...more },
  });

beforeAll(async () => {
  engine = await openTemporaryStore();
  const events = [
    ...Array.from({ length: 6 }, (_, i) => event(`/orders/${i}`, '/orders/{id}', { query: `page=int:${i + 1}` })),
    event('/users/ann', '/users/ann', { credentialId: 'c1', clientIp: '203.0.113.1' }),
    event('/users/bob', '/users/bob', { clientIp: '203.0.113.2', latencyTotalMs: 1_000, status: 404 }),
    event('/rest/api/2/issue', '/rest/api/{id}/issue'),
    event('/rest/api/3/issue', '/rest/api/{id}/issue'),
    event('/orders/9', '/orders/{id}', { answeredBy: 'kong', status: 401, refusal: 'unauthenticated' }),
    event('/orders/9', '/orders/{id}', { tenant: 'other' }),
    event('/nowhere', '/nowhere', { serviceId: '' }),
  ];
  await engine.store.insertEvents({ rows: storedRows(events), token: 'one' });
  // The same twice counts once.
  for (let i = 0; i < 2; i++) await engine.store.rollUpEndpoints({ from: AT, to: AT + 300_000 });
});
afterAll(() => engine?.remove());

describe('what endpoints are learned from', () => {
  it('is good answers of upstreams, grouped by what shapes prove, versions apart, the biggest first', async () => {
    for (const by of ['received', 'started'] as const) {
      const found = [];
      for await (const calls of engine.store.learnableCalls({ range, by, limit: 100, chunk: 2 })) found.push(...calls);
      const own = found.filter(({ tenant }) => tenant === 'default');
      expect(own.map(({ pathTemplate, count }) => [pathTemplate, count])).toEqual([
        ['/orders/{id}', 6],
        ['/rest/api/{id}/issue', 1],
        ['/rest/api/{id}/issue', 1],
        ['/users/ann', 1],
      ]);
      expect(
        own
          .filter(({ path }) => path.startsWith('/rest'))
          .map(({ path }) => path)
          .sort(),
      ).toEqual(['/rest/api/2/issue', '/rest/api/3/issue']);
      expect(own[0]).toMatchObject({ service: 'svc', serviceName: 'shop', firstAt: AT, lastAt: AT });
      expect(found).toHaveLength(5);
    }
  });

  it('is bounded, and only of the range', async () => {
    const query = { by: 'received', limit: 1, chunk: 10 } as const;
    for await (const calls of engine.store.learnableCalls({ ...query, range })) expect(calls).toHaveLength(1);
    for await (const calls of engine.store.learnableCalls({ ...query, range: { from: AT + 1, to: AT + 2 } }))
      throw new Error(`${calls.length} calls outside the range`);
  });
});

describe('the inventory', () => {
  it('adds up what is counted under one template, callers and latencies merged', async () => {
    const renamed = new Map([
      ['/users/ann', '/users/{name}'],
      ['/users/bob', '/users/{name}'],
    ]);
    const found = await engine.store.endpointStatistics({ ...scope, range, renamed, limit: 10 });
    expect(found.map(({ template, requests }) => [template, requests])).toEqual([
      ['/orders/{id}', 6],
      ['/rest/api/{id}/issue', 2],
      ['/users/{name}', 2],
    ]);
    expect(found[2]).toMatchObject({ callers: 2, authenticated: 1, status2xx: 1, status4xx: 1 });
    expect(found[2]?.latencyP99Ms).toBeGreaterThan(900);
    expect(await engine.store.endpointStatistics({ ...scope, host: 'x', range, renamed, limit: 10 })).toEqual([]);
  });

  it('names the typed templates of one scope', async () => {
    const typed = await engine.store.typedTemplates({ ...scope, range, limit: 10 });
    expect(typed.map(({ pathTemplate }) => pathTemplate)).toEqual([
      '/orders/{id}',
      '/rest/api/{id}/issue',
      '/users/ann',
      '/users/bob',
    ]);
  });

  it('has a form of query once, whatever its lengths, numbers and ids, and the data classes of good answers alone', async () => {
    const at = { startedAt: AT + 86_400_000, receivedAt: AT + 86_400_000 };
    const queries = [
      ...['id=5&sort=word:4', 'id=-12345&sort=word:9', 'id=7&sort=word:12'],
      ...[`id=${UUID}&sort=word:4`, `id=${UUID.replaceAll('0', 'F')}&sort=word:4`],
      ...['p1=word:3', 'p2=word:3'],
    ];
    const events = [
      ...queries.map((query) => event('/items', '/items', { ...at, query })),
      event('/items', '/items', at),
      event('/orders/ann', '/orders/ann', { ...at, dataClasses: 'path:email,query:card' }),
      event('/orders/1', '/orders/{id}', { ...at, dataClasses: 'query:key', status: 404 }),
    ];
    await engine.store.insertEvents({ rows: storedRows(events, { position: 100 }), token: 'forms' });
    const query = { ...scope, range: { from: at.receivedAt, to: at.receivedAt + 1 } };
    const shapes = await engine.store.queryShapes({ ...query, limit: 10 });
    expect(shapes.map(({ path, dataClasses, count }) => [path, dataClasses, count])).toEqual([
      ['/items', [], 3],
      ['/items', [], 2],
      ['/items', [], 1],
      ['/items', [], 1],
      ['/orders/ann', ['path:email', 'query:card'], 1],
    ]);
    expect(shapes.slice(2).map((one) => one.query)).toEqual(['p1=word:3', 'p2=word:3', '']);
    expect(queries.slice(0, 3)).toContain(shapes[0]?.query);
    expect(await engine.store.queryShapes({ ...query, limit: 1 })).toHaveLength(1);
  });
});
