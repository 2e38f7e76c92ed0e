import { DEFAULT_FLOW_KEYWORDS } from '@outrider/domain/endpoints/business-flow';
import type { LearningSave } from '@outrider/ports/endpoint-store';
import { openPostgres, type Postgres } from '../open-postgres.ts';
import { startTestPostgres, type TestPostgres } from '../testing/test-postgres.ts';

let server: TestPostgres;
let stores: Postgres;
beforeAll(async () => {
  server = await startTestPostgres();
  stores = openPostgres({ url: server.url, max: 4, sealingKeys: [Buffer.alloc(32, 1)] });
});
afterAll(async () => {
  await stores?.close();
  await server?.stop();
});

const scope = { tenant: 't', gateway: 'g', service: 's', host: 'h' };
const sighting = {
  id: 'e1', tenant: 't', gateway: 'g', serviceId: 's', serviceName: 'shop', host: 'h', method: 'GET',
  template: '/users/{name}', state: 'active', firstSeenAt: 1_000, lastSeenAt: 5_000, successes: 12, hours: 3,
} as const; // prettier-ignore
const change = (id: string, at: number) =>
  ({ id: `00000000-0000-7000-8000-00000000000${id}`, tenant: 't', endpointId: 'e1', endpoint: 'GET /users/{name}', serviceName: 'shop', at, kind: 'new', detail: '' }) as const; // prettier-ignore
const save = (overrides: Partial<LearningSave> = {}): LearningSave => ({
  cursor: 77_000,
  scopes: [
    {
      ...scope,
      snapshot: Buffer.from('{"a":1}'),
      differs: true,
      templates: [{ method: 'GET', template: '/users/{name}', places: 'no' }],
    },
  ],
  endpoints: [sighting],
  changes: [change('1', 6_000)],
  appliedCorrections: [],
  ...overrides,
});

describe('the endpoint store', () => {
  it('gives a learner back what was saved, and matchers only services that differ', async () => {
    const { endpoints } = stores;
    expect(await endpoints.loadLearning()).toEqual({ cursor: 0, scopes: [] });
    expect(await endpoints.templatesVersion()).toBe(0);
    await endpoints.saveLearning(save());
    const { cursor, scopes } = await endpoints.loadLearning();
    expect(cursor).toBe(77_000);
    expect(scopes.map((one) => [one.service, Buffer.from(one.snapshot).toString()])).toEqual([['s', '{"a":1}']]);
    expect(await endpoints.templatesVersion()).toBe(1);
    expect(await endpoints.learnedServices()).toMatchObject([{ ...scope, templates: [{ places: 'no' }] }]);
    const [learned] = save().scopes;
    await endpoints.saveLearning(save({ scopes: learned === undefined ? [] : [{ ...learned, differs: false }] }));
    expect(await endpoints.learnedServices()).toEqual([]);
    expect(await endpoints.templatesVersion()).toBe(2);
  });

  it('keeps the inventory of an endpoint when it is learned again, and its first and last times', async () => {
    const { endpoints } = stores;
    const known = await endpoints.endpoint('t', 'e1');
    if (known === undefined) throw new Error('e1 is not there');
    await endpoints.saveInventory([{ ...known, parameters: { q: ['text'] }, dataClasses: ['query:email'] }], []);
    await endpoints.saveLearning(save({ endpoints: [{ ...sighting, firstSeenAt: 2_000, lastSeenAt: 9_000 }] }));
    expect(await endpoints.endpoint('t', 'e1')).toMatchObject({
      firstSeenAt: 1_000,
      lastSeenAt: 9_000,
      parameters: { q: ['text'] },
      dataClasses: ['query:email'],
      traffic: null,
    });
    expect(await endpoints.endpoint('other', 'e1')).toBeUndefined();
  });

  it('lists in order, page by page, what fits the filters', async () => {
    const { endpoints } = stores;
    const more = ['/a', '/b', '/c'].map((template, i) => ({ ...sighting, id: `x${i}`, template }));
    await endpoints.saveLearning(save({ endpoints: more, changes: [change('2', 7_000)] }));
    const first = await endpoints.endpoints({ tenant: 't', service: 'shop', limit: 2 });
    expect(first.map(({ template }) => template)).toEqual(['/a', '/b']);
    const after = first.at(-1);
    if (after === undefined) throw new Error('a page is empty');
    const second = await endpoints.endpoints({ tenant: 't', limit: 5, after });
    expect(second.map(({ template }) => template)).toEqual(['/c', '/users/{name}']);
    expect(await endpoints.endpoints({ tenant: 't', templateContains: 'users', limit: 5 })).toHaveLength(1);
    expect(await endpoints.endpoints({ tenant: 'other', limit: 5 })).toEqual([]);
    const changes = await endpoints.changes({ tenant: 't', limit: 5 });
    expect(changes.map(({ at }) => at)).toEqual([7_000, 6_000]);
  });

  it('hands each correction out until it is applied, in order, and audits it', async () => {
    const { endpoints, audit } = stores;
    const { tenant: _, ...at } = scope;
    const one = await endpoints.correct(
      't',
      { ...at, kind: 'merge', template: '/x/{name}', method: '', name: '' },
      'eve',
    );
    const two = await endpoints.correct('t', { ...at, kind: 'pin', template: '/y', method: 'GET', name: '' }, 'eve');
    expect((await endpoints.pendingCorrections(10)).map(({ id }) => id)).toEqual([one.id, two.id]);
    await endpoints.saveLearning(save({ appliedCorrections: [{ id: one.id, problem: '' }] }));
    expect((await endpoints.pendingCorrections(10)).map(({ id }) => id)).toEqual([two.id]);
    const acts = (await audit.list({ tenant: 't', limit: 10 })).map(({ act, actor }) => `${actor} ${act}`);
    expect(acts).toEqual(expect.arrayContaining(['eve endpoint-template.merge', 'eve endpoint-template.pin']));
  });

  it('keeps keywords and documents by tenant', async () => {
    const { endpoints } = stores;
    expect(await endpoints.flowKeywords('t')).toEqual(DEFAULT_FLOW_KEYWORDS);
    await endpoints.setFlowKeywords('t', { ...DEFAULT_FLOW_KEYWORDS, auth: ['knock'] }, 'eve');
    expect((await endpoints.flowKeywords('t')).auth).toEqual(['knock']);
    expect(await endpoints.flowKeywords('other')).toEqual(DEFAULT_FLOW_KEYWORDS);
    const documented = { method: 'GET', template: '/a', hosts: [], deprecated: false, operationId: '', document: 'd' };
    const imported = await endpoints.importDocument(
      't',
      { title: 'd', gateway: '', service: '', endpoints: [documented] },
      'eve',
    );
    expect(await endpoints.documents('t')).toEqual([imported]);
    expect(await endpoints.removeDocument('other', imported.id, 'eve')).toBe(false);
    expect(await endpoints.removeDocument('t', imported.id, 'eve')).toBe(true);
    expect(await endpoints.documents('t')).toEqual([]);
  });
});
