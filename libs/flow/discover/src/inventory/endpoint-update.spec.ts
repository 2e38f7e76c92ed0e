import type { KnownEndpoint } from '@outrider/domain/endpoints/known-endpoint';
import type { EndpointStatistics } from '@outrider/ports/event-store';
import { parametersOf, updateEndpoint } from './endpoint-update.ts';

const DAY_MS = 86_400_000;
const endpoint: KnownEndpoint = {
  id: 'e', tenant: 't', gateway: 'g', serviceId: 's', serviceName: 'shop', host: 'h', method: 'GET', template: '/users/{name}',
  state: 'active', firstSeenAt: 0, lastSeenAt: 5 * DAY_MS, successes: 50, hours: 4, parameters: {}, dataClasses: [], traffic: null,
}; // prettier-ignore
const statistics: EndpointStatistics = {
  method: 'GET', template: '/users/{name}', requests: 100, status2xx: 100, status3xx: 0, status4xx: 0, status5xx: 0,
  authenticated: 100, requestBytes: 1_000, responseBytes: 5_000, callers: 3, latencyP50Ms: 1, latencyP95Ms: 2, latencyP99Ms: 3,
}; // prettier-ignore
const options = { now: 6 * DAY_MS, days: 7, silentAfterMs: 7 * DAY_MS };
const seen = { statistics, parameters: { page: ['int'] }, dataClasses: ['path:email'] };
const kinds = (update: ReturnType<typeof updateEndpoint>) =>
  update.changes.map(({ kind, detail }) => `${kind} ${detail}`.trim());

describe('an endpoint of the inventory', () => {
  it('takes in what was seen; at the first look nothing of it is a change, afterwards what is new is one, once', () => {
    const first = updateEndpoint(endpoint, seen, options);
    expect(first.changes).toEqual([]);
    expect(first.endpoint).toMatchObject({
      parameters: { page: ['int'] },
      dataClasses: ['path:email'],
      traffic: { requests: 100, responseBytes: 50, authenticatedShare: 1, callers: 3 },
    });
    const more = { ...seen, parameters: { page: ['int', 'text'], role: ['word'] }, dataClasses: ['query:card'] };
    const second = updateEndpoint(first.endpoint, more, options);
    expect(kinds(second)).toEqual(['parameter page=text', 'parameter role=word', 'data-class query:card']);
    expect(updateEndpoint(second.endpoint, more, options).changes).toEqual([]);
  });

  it('tells that authentication is gone, and not when there are too few answers to say so', () => {
    const before = updateEndpoint(endpoint, seen, options).endpoint;
    const open = { ...statistics, authenticated: 20 };
    expect(kinds(updateEndpoint(before, { ...seen, statistics: open }, options))).toEqual(['unauthenticated']);
    const few = { ...open, requests: 40, status2xx: 40 };
    expect(updateEndpoint(before, { ...seen, statistics: few }, options).changes).toEqual([]);
  });

  it('falls silent after its time, and comes back', () => {
    const late = { ...options, now: 13 * DAY_MS };
    const silent = updateEndpoint({ ...endpoint, traffic: null }, { ...seen, statistics: undefined }, late);
    expect([silent.endpoint.state, ...kinds(silent)]).toEqual(['silent', 'silent']);
    const known = updateEndpoint(endpoint, seen, options).endpoint;
    const back = updateEndpoint({ ...known, state: 'silent', lastSeenAt: 12 * DAY_MS }, seen, late);
    expect([back.endpoint.state, ...kinds(back)]).toEqual(['active', 'back']);
  });

  it('keeps a bounded number of parameters whatever clients invent', () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`p${i}`, ['int']]));
    const update = updateEndpoint(endpoint, { ...seen, parameters: many }, options);
    expect(Object.keys(update.endpoint.parameters)).toHaveLength(100);
  });
});

it('parameters of a query have the class that collect gave them, plain values that of their shape', () => {
  const query = 'q=text:14&page=3&id=0b7e1e52-6c0f-4d5e-9a43-1d2c3b4a5f60&flag=&bare&apikey=secret:32';
  expect(parametersOf(query).map((pair) => pair.join(':'))).toEqual(
    ['q:text', 'page:int', 'id:uuid', 'flag:empty', 'bare:empty', 'apikey:secret'],
  ); // prettier-ignore
});
