import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { KnownEndpoint } from '@outrider/domain/endpoints/known-endpoint';
import { NOW, serveApp, tokenOf, type ServeApp } from '../testing/serve-app.ts';

let serve: ServeApp;
const ADMIN = { token: tokenOf('admin') };
const VIEWER = { token: tokenOf('viewer') };
const known = (template: string, more: Partial<KnownEndpoint> = {}): KnownEndpoint => ({
  id: `id${template.replaceAll(/\W/g, '')}`, tenant: 'default', gateway: 'edge', serviceId: 's', serviceName: 'shop', host: 'api.example',
  method: 'GET', template, state: 'active', firstSeenAt: 0, lastSeenAt: NOW, successes: 50, hours: 3, parameters: {}, dataClasses: [],
  traffic: null, ...more,
}); // prettier-ignore

beforeEach(async () => {
  serve = await serveApp();
  const more = { dataClasses: ['query:card'] };
  await serve.fakes.endpoints.saveInventory(
    [
      known('/a'),
      known('/admin/users'),
      known('/pay', more),
      known('/new', { hours: 1 }),
      known('/b', { tenant: 'other' }),
    ],
    [],
  );
});
afterEach(() => serve.close());
const data = async (url: string, as = VIEWER) =>
  (await serve.ask('GET', url, as)).json<{ data: never[]; next: string }>();

describe('endpoints', () => {
  test('are listed page by page, with tags and sensitivity, of the own tenant alone', async () => {
    const first = await data('/v1/endpoints?limit=2');
    expect(first.data).toMatchObject([
      { template: '/a', flows: [], sensitivity: 'low' },
      { template: '/admin/users', flows: ['account', 'admin'], sensitivity: 'high' },
    ]);
    const second = await data(`/v1/endpoints?limit=2&cursor=${first.next}`);
    expect(second.data).toMatchObject([{ template: '/new' }, { template: '/pay', sensitivity: 'high' }]);
    expect(second.next).toBeNull();
    expect((await data('/v1/endpoints?flow=billing')).data).toMatchObject([{ template: '/pay' }]);
    expect((await serve.ask('GET', '/v1/endpoints/idb', VIEWER)).status).toBe(404);
  });

  test('follow the keywords that the tenant sets; only admins set them', async () => {
    const keywords = { auth: [], account: [], billing: ['a'], admin: [], export: [] };
    expect((await serve.ask('PUT', '/v1/flow-keywords', { ...VIEWER, body: keywords })).status).toBe(403);
    expect((await serve.ask('PUT', '/v1/flow-keywords', { ...ADMIN, body: keywords })).status).toBe(200);
    expect((await data('/v1/endpoints?flow=billing')).data).toMatchObject([{ template: '/a' }]);
  });

  test('are compared with documents: below the gates nothing is shadow, without a document nothing is', async () => {
    expect((await data('/v1/endpoint-findings')).data).toEqual([]);
    const operation = { responses: {} };
    const paths = {
      '/a': { get: { ...operation, deprecated: true } },
      '/pay': { get: operation },
      '/gone': { get: operation },
    };
    const document = { openapi: '3.0.3', info: { title: 'shop' }, paths };
    const made = await serve.ask('POST', '/v1/openapi-documents', { ...ADMIN, body: { service: 'shop', document } });
    expect(made.json()).toMatchObject({ title: 'shop', operations: 3 });
    const found = (await data('/v1/endpoint-findings')).data.map(({ kind, template }) => `${kind} ${template}`);
    expect(found.sort()).toEqual(['orphan /gone', 'shadow /admin/users', 'zombie /a']);
    const { id } = made.json<{ id: string }>();
    expect((await serve.ask('DELETE', `/v1/openapi-documents/${id}`, ADMIN)).status).toBe(204);
    expect((await data('/v1/endpoint-findings')).data).toEqual([]);
  });

  test('refuse a document that cannot be used, with the place', async () => {
    const document = { openapi: '3.0.3', paths: { '/a/{b': { get: {} } } };
    const answer = await serve.ask('POST', '/v1/openapi-documents', { ...ADMIN, body: { document } });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('a brace that is not closed');
  });

  test('are exported as a document', async () => {
    const exported = (await serve.ask('GET', '/v1/openapi?service=shop', VIEWER)).json<{ paths: object }>();
    expect(Object.keys(exported.paths)).toEqual(['/a', '/admin/users', '/new', '/pay']);
  });

  test('are corrected by admins, for the learner to follow', async () => {
    const body = { kind: 'merge', gateway: 'edge', service: 's', host: 'api.example', template: '/users/{name}' };
    expect((await serve.ask('POST', '/v1/endpoints/templates', { ...VIEWER, body })).status).toBe(403);
    expect((await serve.ask('POST', '/v1/endpoints/templates', { ...ADMIN, body })).status).toBe(202);
    expect(await serve.fakes.endpoints.pendingCorrections(9)).toMatchObject([{ kind: 'merge', tenant: 'default' }]);
  });
});
