import type { KnownEndpoint } from '@outrider/domain/endpoints/known-endpoint';
import { createLogger } from '@outrider/platform/logger';
import { Clock } from '@outrider/ports/clock';
import type { EndpointScopeQuery, EndpointStatistics, QueryShape } from '@outrider/ports/event-store';
import { SoleLeadership } from '@outrider/ports/leadership';
import { FakeEndpointStore } from '@outrider/testing/fakes/endpoint-store.fake';
import { DiscoverOptions } from '../discover-options.ts';
import { EndpointInventory } from './endpoint-inventory.ts';

const START = Date.UTC(2026, 0, 5);
const HOUR_MS = 3_600_000;
const scope = { tenant: 't', gateway: 'g', service: 's', host: 'h' };
const { signal } = new AbortController();
const known = (template: string): KnownEndpoint => ({
  id: template, tenant: 't', gateway: 'g', serviceId: 's', serviceName: 'shop', host: 'h', method: 'GET', template, state: 'active',
  firstSeenAt: 0, lastSeenAt: START, successes: 50, hours: 4, parameters: {}, dataClasses: [], traffic: null,
}); // prettier-ignore
const shape = (path: string, pathTemplate: string, query: string, dataClasses: string[] = []): QueryShape => ({
  ...{ method: 'GET', path, pathTemplate, query, dataClasses, count: 1 },
});
const statistics: EndpointStatistics = {
  method: 'GET', template: '/users/{name}', requests: 9, status2xx: 9, status3xx: 0, status4xx: 0, status5xx: 0, authenticated: 9,
  requestBytes: 9, responseBytes: 9, callers: 2, latencyP50Ms: 1, latencyP95Ms: 2, latencyP99Ms: 3,
}; // prettier-ignore

class TestClock extends Clock {
  at = START;
  now(): number {
    return this.at;
  }
}

const inventoryOf = async (shapes: QueryShape[]) => {
  const store = new FakeEndpointStore();
  const templates = [{ method: 'GET', template: '/users/{name}', places: 'no' }];
  const learned = { ...scope, snapshot: new Uint8Array(), differs: true, templates };
  await store.saveLearning({ cursor: 1, scopes: [learned], endpoints: [], changes: [], appliedCorrections: [] });
  await store.saveInventory([known('/users/{name}'), known('/orders/{id}')], []);
  const clock = new TestClock();
  const asked: EndpointScopeQuery['range'][] = [];
  const rolled: number[] = [];
  const events = {
    rollUpEndpoints: async ({ from }: { from: number }) => void rolled.push(from),
    typedTemplates: async () => [{ method: 'GET', pathTemplate: '/users/ann' }],
    endpointStatistics: async ({ renamed }: { renamed: ReadonlyMap<string, string> }) =>
      renamed.get('/users/ann') === '/users/{name}' ? [statistics] : [],
    queryShapes: async ({ range }: EndpointScopeQuery) => {
      asked.push(range);
      return shapes;
    },
  };
  const log = createLogger({ level: 'silent', pretty: false, name: 'test' });
  const parts = { events, store, leadership: new SoleLeadership(), clock, log };
  return { inventory: new EndpointInventory(parts, DiscoverOptions.parse({})), store, clock, asked, rolled };
};

describe('the inventory', () => {
  it('says of each endpoint, under its learned template, what its paths and queries held, and tells once what is new', async () => {
    const shapes = [
      shape('/users/ann', '/users/ann', 'page=int:1', ['path:email']),
      shape('/users/bob', '/users/bob', 'page=text:4', ['path:email', 'query:card']),
      shape('/orders/7', '/orders/{id}', ''),
    ];
    const { inventory, store, clock } = await inventoryOf(shapes);
    await inventory.round(signal);
    expect(await store.endpoint('t', '/users/{name}')).toMatchObject({
      parameters: { page: ['int', 'text'] },
      dataClasses: ['path:email', 'query:card'],
      traffic: { requests: 9 },
    });
    expect(await store.endpoint('t', '/orders/{id}')).toMatchObject({ parameters: {}, dataClasses: [] });
    expect(store.told).toEqual([]);
    shapes.push(shape('/users/cyd', '/users/cyd', '', ['query:iban']));
    for (let round = 0; round < 2; round++) {
      clock.at += HOUR_MS;
      await inventory.round(signal);
    }
    expect(store.told.map(({ kind, detail, endpoint }) => [kind, detail, endpoint])).toEqual([
      ['data-class', 'query:iban', 'GET /users/{name}'],
    ]);
  });

  it('looks at each time of receipt once, and rolls whole windows up in order', async () => {
    const { inventory, clock, asked, rolled } = await inventoryOf([]);
    await inventory.round(signal);
    clock.at += 10 * 60_000;
    await inventory.round(signal);
    expect(asked).toEqual([
      { from: START - HOUR_MS, to: START },
      { from: START, to: clock.at },
    ]);
    expect(rolled).toEqual([...new Set(rolled)].sort((a, b) => a - b));
    expect(rolled.every((from) => from % 300_000 === 0)).toBe(true);
    expect(rolled.at(-1)).toBe(START);
  });
});
