import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { EndpointChange, KnownEndpoint } from '@outrider/domain/endpoints/known-endpoint';
import { anAlert } from '@outrider/domain/detection/testing';
import { anEnforcement } from '@outrider/domain/response/testing';
import { anApiEvent } from '@outrider/domain/traffic/testing';
import { openApiDocument } from './http/open-api.ts';
import { NOW, serveApp, tokenOf, type ServeApp } from './testing/serve-app.ts';

const MARK = 'belongs-to-other';
const ALICE = '11111111-1111-4111-8111-111111111111';
let serve: ServeApp;
const aKnownEndpoint: KnownEndpoint = {
  id: 'known-to-other', tenant: 'other', gateway: MARK, serviceId: 's', serviceName: MARK, host: 'h', method: 'GET', template: `/${MARK}`,
  state: 'active', firstSeenAt: 0, lastSeenAt: NOW, successes: 50, hours: 3, parameters: {}, dataClasses: [], traffic: null,
}; // prettier-ignore
const anEndpointChange: EndpointChange = {
  id: ALICE, tenant: 'other', endpointId: aKnownEndpoint.id, endpoint: `GET /${MARK}`, serviceName: MARK, at: NOW, kind: 'parameter',
  detail: MARK,
}; // prettier-ignore
/** What tenant `other` owns, by the route that would show it. */
const owned = new Map<string, string>();

beforeAll(async () => {
  serve = await serveApp({
    sources: () => [
      { tenant: 'other', gateway: MARK, refused: { 'not-json': 3 }, lastSeenAt: NOW, lastEventAt: NOW, perSecond: 9 },
    ],
  });
  const { fakes } = serve;
  const entity = { kind: 'consumer', id: ALICE, name: MARK } as const;
  const alert = anAlert({ tenant: 'other', entity, openedAt: NOW - 1_000, explanation: MARK });
  await fakes.alerts.insert(alert);
  const enforcement = anEnforcement({ tenant: 'other', entity, createdAt: NOW - 900, reason: MARK });
  await fakes.enforcements.create({ ...enforcement, saved: null, revision: 1 }, 'x');
  const event = anApiEvent({
    tenant: 'other',
    consumerId: ALICE,
    consumerName: MARK,
    startedAt: NOW - 2_000,
    path: `/${MARK}`,
  });
  fakes.events.events.push(event);
  fakes.events.letters.push({
    tenant: 'other',
    gateway: MARK,
    id: 'a'.repeat(32),
    receivedAt: NOW - 5,
    reason: MARK,
    detail: '',
    excerpt: MARK,
    bytes: 1,
    transport: 'tcp',
  });
  const policy = await fakes.policies.create(
    'other',
    {
      name: MARK,
      description: '',
      order: 1,
      enabled: true,
      simulate: false,
      match: {
        types: [],
        minSeverity: 'info',
        minConfidence: 0,
        entityKinds: [],
        entityIds: [],
        services: [],
        routes: [],
        endpoints: [],
        tags: [],
      },
      actions: [{ kind: 'block-address', durationSeconds: 60 }],
    },
    'x',
  );
  const backtest = await fakes.backtester.start(
    'other',
    { change: { kind: 'rule', rule: MARK }, range: { from: 0, to: NOW } },
    MARK,
  );
  await fakes.policies.addNeverBlock('other', { kind: 'consumer', value: MARK, reason: '' }, 'x');
  const { webhook } = await fakes.webhooks.create(
    'other',
    { name: MARK, url: `https://${MARK}.example`, allowPrivateAddress: false, events: [] },
    'x',
  );
  await fakes.deliveries.create({
    id: policy.id,
    tenant: 'other',
    webhookId: webhook.id,
    dedupKey: 'd',
    event: 'alert.opened',
    payload: MARK,
    createdAt: NOW,
  });
  fakes.audit.entries.push({ tenant: 'other', id: '1', at: NOW, actor: MARK, act: 'x', subject: 'x', detail: null });
  const control = { kind: 'consumer', entityId: ALICE, from: 1, reason: MARK } as const;
  await fakes.baselineControls.add('other', { ...control, action: 'exclusion', to: NOW }, 'x');
  await fakes.baselineControls.add('other', { ...control, action: 'reset', to: null }, 'x');
  await fakes.endpoints.saveInventory([aKnownEndpoint], [anEndpointChange]);
  const keywords = { auth: [MARK], account: [], billing: [], admin: [], export: [] };
  await fakes.endpoints.setFlowKeywords('other', keywords);
  // It names what nobody calls: an orphan.
  const documented = { method: 'GET', template: `/${MARK}-gone`, hosts: [], deprecated: false, operationId: '' };
  const imported = await fakes.endpoints.importDocument(
    'other',
    { title: MARK, gateway: '', service: '', endpoints: [{ ...documented, document: MARK }] },
    MARK,
  );
  const scope = { service: MARK, route: '' };
  const decided = { type: 'endpoint-probing', ...scope, state: 'off', settings: {}, reason: MARK } as const;
  await fakes.detectionControls.putOverride('other', decided, 'x');
  const match = { entity: { kind: 'consumer', id: MARK }, cidr: null, endpoint: null, tag: null } as const;
  const excepted = { types: [], match, reason: MARK, until: NOW + 9_000 };
  const exception = await fakes.detectionControls.addException('other', excepted, 'x');
  for (const [path, id] of Object.entries({
    detectors: 'endpoint-probing',
    exceptions: exception.id,
    endpoints: aKnownEndpoint.id,
    'openapi-documents': imported.id,
    alerts: alert.id,
    campaigns: alert.campaignId,
    enforcements: enforcement.id,
    policies: policy.id,
    backtests: backtest.id,
    webhooks: webhook.id,
    deliveries: policy.id,
    consumers: ALICE,
    addresses: event.clientIp,
    credentials: event.credentialId,
    events: `default:${event.id}`,
  }))
    owned.set(path, id);
});
afterAll(() => serve.close());

/** What a route cannot do without. */
const ASKED: Readonly<Record<string, string>> = {
  '/v1/baselines': `?kind=consumer&id=${ALICE}`,
  '/v1/openapi': '?service=s',
};
const urlsOf = (): string[] =>
  Object.entries(openApiDocument(serve.app, 'x').paths)
    .filter(([path, item]) => item.get && path !== '/v1/stream' && path !== '/metrics')
    .map(([path]) => `${path}${ASKED[path] ?? ''}`)
    .map((path) => path.replace(/\{[^}]+\}/, encodeURIComponent(owned.get(path.split('/')[2] ?? '') ?? 'none')));

test('a token of one tenant sees nothing of another over any GET route, and the owner does', async () => {
  let shown = 0;
  for (const url of urlsOf()) {
    const foreign = await serve.ask('GET', url, { token: tokenOf('admin', 'default') });
    expect([url, foreign.status, foreign.text.includes(MARK)]).toEqual([url, expect.any(Number), false]);
    expect([
      url,
      foreign.text.includes('"id":"' + (owned.get(url.split('/')[2] ?? '') ?? '-') + '"') &&
        foreign.text.includes('"data":[{'),
    ]).toEqual([url, false]);
    const own = await serve.ask('GET', url, { token: tokenOf('admin', 'other') });
    expect([url, own.status]).toEqual([url, 200]);
    if (own.text.includes(MARK)) shown++;
  }
  // Otherwise the test above would be empty: nearly every route shows the owner its mark.
  expect(shown).toBeGreaterThanOrEqual(29);
});

test('nor does it change anything of another tenant', async () => {
  const token = tokenOf('admin', 'default');
  const policy = { name: 'mine now', actions: [{ kind: 'block-address', durationSeconds: 60 }] };
  const attempts = [
    ['POST', `/v1/alerts/${owned.get('alerts')}/acknowledge`],
    ['POST', `/v1/alerts/${owned.get('alerts')}/resolve`],
    ['POST', `/v1/enforcements/${owned.get('enforcements')}/undo`],
    ['PUT', `/v1/policies/${owned.get('policies')}`, policy],
    ['DELETE', `/v1/policies/${owned.get('policies')}`],
    ['POST', `/v1/policies/${owned.get('policies')}/test`],
    ['DELETE', `/v1/detectors/endpoint-probing/override?service=${MARK}`],
    [
      'PUT',
      `/v1/exceptions/${owned.get('exceptions')}`,
      { match: { tag: 'x' }, reason: 'mine now', until: NOW + 86_400_000 },
    ],
    ['DELETE', `/v1/exceptions/${owned.get('exceptions')}`],
    ['PATCH', `/v1/webhooks/${owned.get('webhooks')}`, { enabled: false }],
    ['DELETE', `/v1/webhooks/${owned.get('webhooks')}`],
    ['POST', `/v1/webhooks/${owned.get('webhooks')}/rotate-secret`, {}],
    ['POST', `/v1/webhooks/${owned.get('webhooks')}/test`],
    ['POST', `/v1/deliveries/${owned.get('deliveries')}/replay`],
    ['DELETE', `/v1/openapi-documents/${owned.get('openapi-documents')}`],
    ['DELETE', `/v1/tokens/${[...serve.fakes.tokens.tokens.values()].find((t) => t.tenant === 'other')?.id}`],
  ] as const;
  for (const [method, url, body] of attempts)
    expect([url, (await serve.ask(method, url, { token, body })).status]).toEqual([url, 404]);
  const notifyForeign = { name: 'n', actions: [{ kind: 'notify', webhookId: owned.get('webhooks') }] };
  expect((await serve.ask('POST', '/v1/policies', { token, body: notifyForeign })).status).toBe(422);
  expect(serve.fakes.jobs.waiting.size).toBe(0);
});
