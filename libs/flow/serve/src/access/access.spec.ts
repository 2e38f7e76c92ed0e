import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openApiDocument } from '../http/open-api.ts';
import { serveApp, tokenOf, type ServeApp } from '../testing/serve-app.ts';

let serve: ServeApp;
beforeEach(async () => {
  serve = await serveApp();
});
afterEach(() => serve.close());

/** Every route and the least role it needs; a new route must be added here on purpose. */
const ROLES: Readonly<Record<string, 'public' | 'viewer' | 'analyst' | 'admin'>> = {
  'GET /v1/health': 'public',
  'GET /metrics': 'viewer',
  'GET /v1/me': 'viewer',
  'GET /v1/stream': 'viewer',
  'GET /v1/policies': 'viewer',
  'GET /v1/policies/{id}': 'viewer',
  'POST /v1/policies': 'admin',
  'PUT /v1/policies/{id}': 'admin',
  'DELETE /v1/policies/{id}': 'admin',
  'POST /v1/policies/{id}/test': 'analyst',
  'GET /v1/backtests': 'viewer',
  'GET /v1/backtests/{id}': 'viewer',
  'POST /v1/backtests': 'analyst',
  'GET /v1/guard-rails': 'viewer',
  'PATCH /v1/guard-rails': 'admin',
  'POST /v1/guard-rails/never-block': 'admin',
  'DELETE /v1/guard-rails/never-block/{id}': 'admin',
  'GET /v1/alerts': 'viewer',
  'GET /v1/alerts/{id}': 'viewer',
  'POST /v1/alerts/{id}/acknowledge': 'analyst',
  'POST /v1/alerts/{id}/resolve': 'analyst',
  'GET /v1/campaigns': 'viewer',
  'GET /v1/campaigns/{id}': 'viewer',
  'GET /v1/enforcements': 'viewer',
  'GET /v1/enforcements/{id}': 'viewer',
  'POST /v1/enforcements': 'analyst',
  'POST /v1/enforcements/{id}/undo': 'analyst',
  'GET /v1/consumers': 'viewer',
  'GET /v1/consumers/{id}': 'viewer',
  'GET /v1/consumers/{id}/timeline': 'viewer',
  'GET /v1/addresses': 'viewer',
  'GET /v1/addresses/{ip}': 'viewer',
  'GET /v1/addresses/{ip}/timeline': 'viewer',
  'GET /v1/credentials': 'viewer',
  'GET /v1/credentials/{id}': 'viewer',
  'GET /v1/credentials/{id}/timeline': 'viewer',
  'GET /v1/baselines': 'viewer',
  'GET /v1/baselines/resets': 'viewer',
  'POST /v1/baselines/resets': 'analyst',
  'DELETE /v1/baselines/resets/{id}': 'analyst',
  'GET /v1/baselines/exclusions': 'viewer',
  'POST /v1/baselines/exclusions': 'analyst',
  'DELETE /v1/baselines/exclusions/{id}': 'analyst',
  'GET /v1/endpoints': 'viewer',
  'GET /v1/endpoints/{id}': 'viewer',
  'POST /v1/endpoints/templates': 'admin',
  'GET /v1/endpoint-changes': 'viewer',
  'GET /v1/endpoint-findings': 'viewer',
  'GET /v1/flow-keywords': 'viewer',
  'PUT /v1/flow-keywords': 'admin',
  'GET /v1/openapi-documents': 'viewer',
  'POST /v1/openapi-documents': 'admin',
  'DELETE /v1/openapi-documents/{id}': 'admin',
  'GET /v1/openapi': 'viewer',
  'GET /v1/events': 'viewer',
  'GET /v1/events/{eventId}': 'viewer',
  'GET /v1/events/{eventId}/explanation': 'viewer',
  'GET /v1/detectors': 'viewer',
  'GET /v1/detectors/{type}': 'viewer',
  'PUT /v1/detectors/{type}/override': 'admin',
  'DELETE /v1/detectors/{type}/override': 'admin',
  'GET /v1/exceptions': 'viewer',
  'GET /v1/exceptions/{id}': 'viewer',
  'POST /v1/exceptions': 'analyst',
  'PUT /v1/exceptions/{id}': 'analyst',
  'DELETE /v1/exceptions/{id}': 'analyst',
  'GET /v1/dead-letters': 'viewer',
  'GET /v1/dead-letters/counts': 'viewer',
  'GET /v1/webhooks': 'admin',
  'GET /v1/webhooks/{id}': 'admin',
  'POST /v1/webhooks': 'admin',
  'PATCH /v1/webhooks/{id}': 'admin',
  'DELETE /v1/webhooks/{id}': 'admin',
  'POST /v1/webhooks/{id}/rotate-secret': 'admin',
  'POST /v1/webhooks/{id}/test': 'admin',
  'GET /v1/deliveries': 'analyst',
  'GET /v1/deliveries/{id}': 'analyst',
  'POST /v1/deliveries/{id}/replay': 'analyst',
  'GET /v1/tokens': 'admin',
  'POST /v1/tokens': 'admin',
  'DELETE /v1/tokens/{id}': 'admin',
  'GET /v1/audit': 'admin',
};
const RANK = ['viewer', 'analyst', 'admin'] as const;
type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

const routeOf = (key: string): { method: Method; url: string } => {
  const [method = '', path = ''] = key.split(' ');
  // An id that fits no schema: an allowed caller gets past the guard and no further.
  return { method: method as Method, url: path.replace(/\{[^}]+\}/, '%01') };
};

describe('roles', () => {
  test('the table names every route that exists, so a new route cannot slip in open', () => {
    const document = openApiDocument(serve.app, 'x');
    const routes = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(routes.sort()).toEqual(Object.keys(ROLES).sort());
  });

  test('each route answers 401 without a token, 403 to every lesser role and lets the named one through', async () => {
    for (const [key, needed] of Object.entries(ROLES)) {
      if (key === 'GET /v1/stream') continue;
      const { method, url } = routeOf(key);
      const body = method === 'GET' || method === 'DELETE' ? undefined : '{';
      const nobody = await serve.ask(method, url, { body });
      expect([key, nobody.status === 401]).toEqual([key, needed !== 'public']);
      for (const role of RANK) {
        const { status } = await serve.ask(method, url, {
          token: tokenOf(role),
          body: body === undefined ? undefined : '{"__none":1}',
        });
        const allowed = needed === 'public' || RANK.indexOf(role) >= RANK.indexOf(needed);
        expect([key, role, status === 403]).toEqual([key, role, !allowed]);
        expect([key, role, status]).not.toEqual([key, role, 401]);
        expect([key, role, status >= 500]).toEqual([key, role, false]);
      }
    }
  });

  test('a body of somebody unknown is not even parsed', async () => {
    const { status } = await serve.ask('POST', '/v1/policies', { body: '{"broken' });
    expect(status).toBe(401);
  });
});
