import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { anAlert } from '@outrider/domain/detection/testing';
import { anEnforcement } from '@outrider/domain/response/testing';
import { anApiEvent } from '@outrider/domain/traffic/testing';
import { openApiDocument } from './http/open-api.ts';
import { NOW, serveApp, tokenOf, type ServeApp } from './testing/serve-app.ts';

const MARK = 'belongs-to-other';
const ALICE = '11111111-1111-4111-8111-111111111111';
let serve: ServeApp;
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
  for (const [path, id] of Object.entries({
    alerts: alert.id,
    enforcements: enforcement.id,
    policies: policy.id,
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

const urlsOf = (): string[] =>
  Object.entries(openApiDocument(serve.app, 'x').paths)
    .filter(([path, item]) => item.get && path !== '/v1/stream' && path !== '/metrics')
    .map(([path]) => (path === '/v1/baselines' ? `${path}?kind=consumer&id=${ALICE}` : path))
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
  expect(shown).toBeGreaterThanOrEqual(20);
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
    ['PATCH', `/v1/webhooks/${owned.get('webhooks')}`, { enabled: false }],
    ['DELETE', `/v1/webhooks/${owned.get('webhooks')}`],
    ['POST', `/v1/webhooks/${owned.get('webhooks')}/rotate-secret`, {}],
    ['POST', `/v1/webhooks/${owned.get('webhooks')}/test`],
    ['POST', `/v1/deliveries/${owned.get('deliveries')}/replay`],
    ['DELETE', `/v1/tokens/${[...serve.fakes.tokens.tokens.values()].find((t) => t.tenant === 'other')?.id}`],
  ] as const;
  for (const [method, url, body] of attempts)
    expect([url, (await serve.ask(method, url, { token, body })).status]).toEqual([url, 404]);
  const notifyForeign = { name: 'n', actions: [{ kind: 'notify', webhookId: owned.get('webhooks') }] };
  expect((await serve.ask('POST', '/v1/policies', { token, body: notifyForeign })).status).toBe(422);
  expect(serve.fakes.jobs.waiting.size).toBe(0);
});
