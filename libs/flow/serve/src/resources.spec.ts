import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { anAlert } from '@outrider/domain/detection/testing';
import { anApiEvent } from '@outrider/domain/traffic/testing';
import { NOW, serveApp, tokenOf, type ServeApp } from './testing/serve-app.ts';

let serve: ServeApp;
const ADMIN = { token: tokenOf('admin') };
beforeEach(async () => {
  serve = await serveApp();
});
afterEach(() => serve.close());

interface Paged {
  readonly data: readonly Record<string, unknown>[];
  readonly next: string | null;
}
const all = async (url: string): Promise<Record<string, unknown>[]> => {
  const rows: Record<string, unknown>[] = [];
  for (let cursor = '', next: string | null = ''; next !== null; cursor = `&cursor=${next}`) {
    const page: Paged = (await serve.ask('GET', `${url}${cursor}`, ADMIN)).json<Paged>();
    rows.push(...page.data);
    next = page.next;
  }
  return rows;
};

const draft = (name: string) => ({ name, actions: [{ kind: 'block-consumer', durationSeconds: 600 }] });

describe('policies', () => {
  test('are made with their defaults, replaced whole, listed in order and removed; each change is announced', async () => {
    const made = (await serve.ask('POST', '/v1/policies', { ...ADMIN, body: draft('a') })).json();
    expect(made).toMatchObject({
      name: 'a',
      order: 100,
      enabled: true,
      simulate: false,
      match: { minSeverity: 'info', types: [] },
      actions: [{ status: 403 }],
    });
    const replaced = (
      await serve.ask('PUT', `/v1/policies/${String(made['id'])}`, {
        ...ADMIN,
        body: { ...draft('b'), order: 5, match: { minSeverity: 'high' } },
      })
    ).json();
    expect(replaced).toMatchObject({ id: made['id'], name: 'b', order: 5, match: { minSeverity: 'high' } });
    for (let i = 0; i < 4; i++)
      await serve.ask('POST', '/v1/policies', { ...ADMIN, body: { ...draft(`p${i}`), order: i } });
    expect((await all('/v1/policies?limit=2')).map((p) => p['name'])).toEqual(['p0', 'p1', 'p2', 'p3', 'b']);
    const removed = await serve.ask('DELETE', `/v1/policies/${String(made['id'])}`, ADMIN);
    expect([removed.status, removed.text]).toEqual([204, '']);
    expect((await serve.ask('DELETE', `/v1/policies/${String(made['id'])}`, ADMIN)).status).toBe(404);
    expect(
      serve.fakes.bus.published.map(
        ({ message }) => (JSON.parse(message.value.toString()) as { change: string }).change,
      ),
    ).toEqual(['created', 'updated', 'created', 'created', 'created', 'created', 'removed']);
  });

  test('a test says which open alerts would match and does nothing', async () => {
    for (const severity of ['low', 'high', 'critical'] as const)
      await serve.fakes.alerts.insert(anAlert({ severity, entity: { kind: 'ip', id: severity, name: severity } }));
    await serve.fakes.alerts.insert(anAlert({ severity: 'critical', state: 'resolved' }));
    const { id } = (
      await serve.ask('POST', '/v1/policies', { ...ADMIN, body: { ...draft('a'), match: { minSeverity: 'high' } } })
    ).json<{ id: string }>();
    expect((await serve.ask('POST', `/v1/policies/${id}/test`, ADMIN)).json()).toMatchObject({
      examined: 3,
      matchedCount: 2,
    });
    expect([serve.fakes.enforcements.records.size, serve.fakes.jobs.waiting.size]).toEqual([0, 0]);
  });
});

describe('guard rails', () => {
  test('are changed field by field; the never-block list grows once an entry and takes real addresses only', async () => {
    expect(
      (await serve.ask('PATCH', '/v1/guard-rails', { ...ADMIN, body: { killSwitch: true } })).json(),
    ).toMatchObject({ killSwitch: true, capPerHour: 60 });
    expect((await serve.ask('PATCH', '/v1/guard-rails', { ...ADMIN, body: {} })).status).toBe(400);
    expect((await serve.ask('PATCH', '/v1/guard-rails', { ...ADMIN, body: { neverBlock: [] } })).status).toBe(400);
    const add = (kind: string, value: string) =>
      serve.ask('POST', '/v1/guard-rails/never-block', { ...ADMIN, body: { kind, value } });
    const entry = await add('address', '203.0.113.0/24');
    expect(entry.status).toBe(201);
    expect((await add('address', '203.0.113.0/24')).json()).toEqual(entry.json());
    expect((await add('address', 'not-an-address')).status).toBe(400);
    const id = String(entry.json()['id']);
    expect((await serve.ask('DELETE', `/v1/guard-rails/never-block/${id}`, ADMIN)).status).toBe(204);
    expect((await serve.ask('DELETE', `/v1/guard-rails/never-block/${id}`, ADMIN)).status).toBe(404);
  });
});

describe('webhooks', () => {
  test('show their secret once, at creation and at rotation, and never again', async () => {
    const made = (
      await serve.ask('POST', '/v1/webhooks', { ...ADMIN, body: { name: 'soc', url: 'https://soc.example/hook' } })
    ).json<{ webhook: { id: string }; secret: string }>();
    expect(made.secret).toMatch(/^whsec_/);
    const url = `/v1/webhooks/${made.webhook.id}`;
    const rotated = await serve.ask('POST', `${url}/rotate-secret`, ADMIN);
    expect([rotated.status, rotated.json<{ secret: string }>().secret === made.secret]).toEqual([200, false]);
    for (const path of [url, '/v1/webhooks', '/v1/deliveries'])
      expect((await serve.ask('GET', path, ADMIN)).text).not.toContain('whsec_');
    expect((await serve.ask('PATCH', url, { ...ADMIN, body: { enabled: false } })).json()).toMatchObject({
      enabled: false,
      name: 'soc',
    });
    expect((await serve.ask('POST', `${url}/test`, ADMIN)).status).toBe(409);
  });

  test('take plain http and https addresses only', async () => {
    for (const url of [
      'ftp://x.example',
      'https://u:p@x.example/',
      'https://x.example/#a',
      'javascript:alert(1)',
      'x',
      `https://x.example/${'a'.repeat(3_000)}`,
    ])
      expect([url, (await serve.ask('POST', '/v1/webhooks', { ...ADMIN, body: { name: 'x', url } })).status]).toEqual([
        url,
        400,
      ]);
  });

  test('a test message and a replay are deliveries like others', async () => {
    const { webhook } = (
      await serve.ask('POST', '/v1/webhooks', { ...ADMIN, body: { name: 'soc', url: 'https://soc.example/hook' } })
    ).json<{ webhook: { id: string } }>();
    const started = await serve.ask('POST', `/v1/webhooks/${webhook.id}/test`, ADMIN);
    const { deliveryId } = started.json<{ deliveryId: string }>();
    expect([started.status, serve.fakes.jobs.waiting.get(`deliver-${deliveryId}`)?.payload]).toEqual([
      202,
      { v: 1, deliveryId },
    ]);
    await serve.fakes.deliveries.record(
      deliveryId,
      { at: NOW, status: 500, error: null, durationMs: 3 },
      { state: 'failed', nextAttemptAt: null },
    );
    expect((await serve.ask('GET', `/v1/deliveries/${deliveryId}`, ADMIN)).json()).toMatchObject({
      delivery: { state: 'failed', event: 'webhook.test' },
      attempts: [{ status: 500 }],
    });
    expect((await serve.ask('GET', '/v1/deliveries?state=delivered', ADMIN)).json<Paged>().data).toEqual([]);
    serve.fakes.jobs.waiting.clear();
    expect((await serve.ask('POST', `/v1/deliveries/${deliveryId}/replay`, ADMIN)).status).toBe(202);
    expect([serve.fakes.deliveries.deliveries.get(deliveryId)?.state, serve.fakes.jobs.waiting.size]).toEqual([
      'pending',
      1,
    ]);
  });
});

describe('tokens', () => {
  test('are made in the caller’s tenant, shown once, work at once and stop at once when removed', async () => {
    const made = (await serve.ask('POST', '/v1/tokens', { ...ADMIN, body: { name: 'ci', role: 'viewer' } })).json<{
      token: { id: string };
      secret: string;
    }>();
    expect((await serve.ask('GET', '/v1/me', { token: made.secret })).json()).toEqual({
      tokenId: made.token.id,
      tenant: 'default',
      name: 'ci',
      role: 'viewer',
    });
    expect((await serve.ask('GET', '/v1/tokens', ADMIN)).text).not.toContain(made.secret);
    expect((await serve.ask('DELETE', `/v1/tokens/${made.token.id}`, ADMIN)).status).toBe(204);
    expect((await serve.ask('GET', '/v1/me', { token: made.secret })).status).toBe(401);
  });

  test('the last admin token stays, and no token is born dead or in another tenant', async () => {
    const own = (await serve.ask('GET', '/v1/me', ADMIN)).json<{ tokenId: string }>();
    expect((await serve.ask('DELETE', `/v1/tokens/${own.tokenId}`, ADMIN)).status).toBe(409);
    expect(
      (await serve.ask('POST', '/v1/tokens', { ...ADMIN, body: { name: 'x', role: 'admin', expiresAt: NOW } })).status,
    ).toBe(400);
    expect(
      (await serve.ask('POST', '/v1/tokens', { ...ADMIN, body: { name: 'x', role: 'admin', tenant: 'other' } })).status,
    ).toBe(400);
  });
});

describe('events and dead letters', () => {
  test('are searched by their fields, page by page in both orders', async () => {
    for (let i = 0; i < 9; i++)
      serve.fakes.events.events.push(
        anApiEvent({ startedAt: NOW - i, status: i % 3 === 0 ? 500 : 200, method: i % 2 ? 'POST' : 'GET' }),
      );
    expect((await all('/v1/events?limit=2')).map((e) => NOW - Number(e['startedAt']))).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8,
    ]);
    expect((await all('/v1/events?limit=4&order=oldest')).map((e) => NOW - Number(e['startedAt']))).toEqual([
      8, 7, 6, 5, 4, 3, 2, 1, 0,
    ]);
    expect(await all('/v1/events?statusFrom=500&statusTo=599')).toHaveLength(3);
    expect(await all('/v1/events?method=post&consumer=alice')).toHaveLength(4);
    expect(await all('/v1/events?to=-1s')).toHaveLength(0);
    expect((await serve.ask('GET', '/v1/events?consumer=alice&address=203.0.113.1', ADMIN)).status).toBe(400);
    const id = String((await all('/v1/events?limit=1'))[0]?.['id']);
    expect((await serve.ask('GET', `/v1/events/default:${id}`, ADMIN)).json()).toMatchObject({ id });
    expect((await serve.ask('GET', `/v1/events/elsewhere:${id}`, ADMIN)).status).toBe(404);
  });

  test('dead letters are listed and counted by reason', async () => {
    for (let i = 0; i < 5; i++)
      serve.fakes.events.letters.push({
        tenant: 'default',
        gateway: 'default',
        id: String(i).padStart(32, '0'),
        receivedAt: NOW - i,
        reason: i ? 'not-json' : 'too-long',
        detail: '',
        excerpt: '',
        bytes: 1,
        transport: 'tcp',
      });
    expect((await all('/v1/dead-letters?limit=2')).map((l) => NOW - Number(l['receivedAt']))).toEqual([0, 1, 2, 3, 4]);
    expect(await all('/v1/dead-letters?reason=too-long')).toHaveLength(1);
    expect((await serve.ask('GET', '/v1/dead-letters/counts', ADMIN)).json()).toEqual({
      data: expect.arrayContaining([{ reason: 'not-json', count: 4 }]) as unknown,
      total: 5,
    });
  });
});
