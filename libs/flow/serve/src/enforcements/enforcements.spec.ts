import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CHANGES_TOPIC } from '@outrider/contracts/topics/topic-catalogue';
import { anAlert } from '@outrider/domain/detection/testing';
import type { Enforcement } from '@outrider/domain/response/enforcement';
import { anEnforcement } from '@outrider/domain/response/testing';
import { ConflictError } from '@outrider/platform/errors';
import { NOW, serveApp, tokenOf, type ServeApp } from '../testing/serve-app.ts';

const ALICE = { id: 'c0ffee00-0000-4000-8000-000000000001', username: 'alice', custom_id: 'cust-1', tags: null };
const ANALYST = { token: tokenOf('analyst') };
const ADMIN = { token: tokenOf('admin') };
const block = {
  action: { kind: 'block-consumer', durationSeconds: 600 },
  entity: { kind: 'consumer', id: 'alice' },
  reason: 'abuse',
};
const blockAddress = (id: string) => ({
  action: { kind: 'block-address', durationSeconds: 600 },
  entity: { kind: 'ip', id },
  reason: 'abuse',
});

let serve: ServeApp;
beforeEach(async () => {
  serve = await serveApp();
  serve.fakes.gateways.consumers.push(ALICE);
});
afterEach(() => serve.close());

const post = (body: unknown, headers: Record<string, string> = {}) =>
  serve.ask('POST', '/v1/enforcements', { ...ANALYST, body, headers });
const codeOf = async (asked: ReturnType<typeof post>) => {
  const { status, json } = await asked;
  return [status, json<{ code?: string }>().code];
};

describe('by hand', () => {
  test('is stored with its end, announced and handed to the job, under the consumer’s id in Kong', async () => {
    const { status, json } = await post(block);
    const made = json<Enforcement>();
    expect(status).toBe(202);
    expect(made).toMatchObject({
      state: 'pending',
      entity: { kind: 'consumer', id: ALICE.id, name: 'alice' },
      requestedBy: 'analyst@default',
      endsAt: NOW + 600_000,
      gateway: 'default',
    });
    expect(made).not.toHaveProperty('saved');
    expect(serve.fakes.jobs.waiting.get(`apply-${made.id}`)).toMatchObject({
      name: 'enforcement.apply',
      payload: { v: 1, enforcementId: made.id },
      delayMs: 0,
    });
    const [published] = serve.fakes.bus.published;
    expect([published?.topic, published?.message.key]).toEqual([CHANGES_TOPIC.name, made.id]);
    expect((await serve.ask('GET', `/v1/enforcements/${made.id}`, ANALYST)).json()).toEqual(made);
  });

  test('the same Idempotency-Key gives the same enforcement; another request under it is refused; another tenant’s key is another', async () => {
    const key = { 'idempotency-key': 'k-1' };
    const first = (await post(blockAddress('203.0.113.5'), key)).json<Enforcement>();
    const again = await post(blockAddress('203.0.113.5'), key);
    expect([again.status, again.json<Enforcement>().id]).toEqual([202, first.id]);
    expect(serve.fakes.enforcements.records.size).toBe(1);
    expect(await codeOf(post(block, key))).toEqual([422, 'idempotency-key-reused']);
    const other = await serve.ask('POST', '/v1/enforcements', {
      token: tokenOf('analyst', 'other'),
      body: blockAddress('203.0.113.5'),
      headers: key,
    });
    expect([other.status, other.json<Enforcement>().id === first.id]).toEqual([202, false]);
    expect(await codeOf(post(block, { 'idempotency-key': 'x'.repeat(201) }))).toEqual([400, 'invalid-request']);
  });

  test('two at once under one key make one', async () => {
    const key = { 'idempotency-key': 'race' };
    const [a, b] = await Promise.all([post(block, key), post(block, key)]);
    expect([a.status, b.status, a.json<Enforcement>().id]).toEqual([202, 202, b.json<Enforcement>().id]);
    expect(serve.fakes.enforcements.records.size).toBe(1);
  });

  test('the guard rails hold for people too: by any name of the consumer, for private addresses, kill switch and cap', async () => {
    const { policies } = serve.fakes;
    const entry = await policies.addNeverBlock('default', { kind: 'consumer', value: 'cust-1', reason: 'ours' }, 'x');
    for (const id of [ALICE.id, 'alice'])
      expect(await codeOf(post({ ...block, entity: { kind: 'consumer', id } }))).toEqual([409, 'guard-rail']);
    await policies.removeNeverBlock('default', entry.id, 'x');
    for (const address of ['10.1.2.3', '127.0.0.1', '::1', '::ffff:10.0.0.1'])
      expect(await codeOf(post(blockAddress(address)))).toEqual([409, 'guard-rail']);
    await policies.setGuardRails('default', { killSwitch: true }, 'x');
    expect(await codeOf(post(block))).toEqual([409, 'kill-switch']);
    await policies.setGuardRails('default', { killSwitch: false, capPerHour: 1 }, 'x');
    expect((await post(blockAddress('203.0.113.1'))).status).toBe(202);
    expect(await codeOf(post(blockAddress('203.0.113.2')))).toEqual([409, 'cap-reached']);
    serve.fakes.clock.at += 3_600_001;
    expect((await post(blockAddress('203.0.113.2'))).status).toBe(202);
    expect(serve.fakes.enforcements.records.size).toBe(2);
  });

  test('with simulation on it is only written down', async () => {
    await serve.fakes.policies.setGuardRails('default', { simulateAll: true }, 'x');
    const { json } = await post(block);
    expect(json<Enforcement>().state).toBe('simulated');
    expect(serve.fakes.jobs.waiting.size).toBe(0);
  });

  test('what cannot be meant is refused, and while Kong is away nobody is blocked under a name that was not checked', async () => {
    expect(await codeOf(post({ ...block, entity: { kind: 'consumer', id: 'nobody' } }))).toEqual([
      422,
      'unknown-consumer',
    ]);
    expect(await codeOf(post({ ...block, entity: { kind: 'ip', id: '203.0.113.1' } }))).toEqual([
      400,
      'invalid-request',
    ]);
    for (const address of ['alice', '203.0.113.0/24', '1.2.3', '01.2.3.4'])
      expect(await codeOf(post(blockAddress(address)))).toEqual([400, 'invalid-request']);
    expect(await codeOf(post({ ...block, gateway: 'elsewhere' }))).toEqual([422, 'unknown-gateway']);
    expect(await codeOf(post({ ...block, action: { kind: 'notify', webhookId: ALICE.id } }))).toEqual([
      400,
      'invalid-request',
    ]);
    serve.fakes.gateways.away = true;
    expect(await codeOf(post(block))).toEqual([503, 'unavailable']);
    expect(serve.fakes.enforcements.records.size).toBe(0);
  });

  test('a second one of the kind against the same entity is a conflict, said in words', async () => {
    await post(block);
    expect(await codeOf(post(block))).toEqual([409, 'already-enforced']);
  });

  test('a bus that is away loses the nudge, not the enforcement', async () => {
    serve.fakes.bus.away = true;
    expect((await post(block)).status).toBe(202);
    expect(serve.fakes.jobs.waiting.size).toBe(1);
    expect(await serve.fakes.metrics.text()).toContain('outrider_serve_changes_lost_total 1');
  });
});

describe('undo', () => {
  const stored = async (overrides: Parameters<typeof anEnforcement>[0]) => {
    const record = { ...anEnforcement({ createdAt: NOW, ...overrides }), saved: { plugin: 1 }, revision: 3 };
    serve.fakes.enforcements.records.set(record.id, record);
    return record;
  };

  test('asks for the lift at once, audited under the caller’s name; twice is harmless', async () => {
    const { id } = await stored({ state: 'effective' });
    const first = await serve.ask('POST', `/v1/enforcements/${id}/undo`, ANALYST);
    expect([first.status, first.json<Enforcement>().state, first.json<Enforcement>().liftedBy]).toEqual([
      202,
      'lifting',
      'analyst@default',
    ]);
    expect(serve.fakes.jobs.waiting.get(`lift-${id}`)).toMatchObject({ name: 'enforcement.lift', delayMs: 0 });
    expect(serve.fakes.enforcements.audits).toContainEqual({
      actor: 'analyst@default',
      act: 'enforcement.undo',
      subject: `enforcement:${id}`,
    });
    const second = await serve.ask('POST', `/v1/enforcements/${id}/undo`, ADMIN);
    expect([second.status, second.json<Enforcement>().liftedBy]).toEqual([202, 'analyst@default']);
  });

  test('what is over stays as it is', async () => {
    const lifted = await stored({ state: 'lifted', liftedAt: NOW, liftedBy: 'outrider' });
    expect((await serve.ask('POST', `/v1/enforcements/${lifted.id}/undo`, ANALYST)).json()).toMatchObject({
      state: 'lifted',
      liftedBy: 'outrider',
    });
    const refused = await stored({ state: 'refused' });
    expect((await serve.ask('POST', `/v1/enforcements/${refused.id}/undo`, ANALYST)).status).toBe(409);
    expect(serve.fakes.jobs.waiting.size).toBe(0);
  });

  test('a save that was overtaken is tried again on the newer row', async () => {
    const record = await stored({ state: 'applied' });
    const save = serve.fakes.enforcements.save.bind(serve.fakes.enforcements);
    let first = true;
    serve.fakes.enforcements.save = async (next, audit) => {
      if (first) {
        first = false;
        serve.fakes.enforcements.records.set(record.id, { ...record, state: 'effective', revision: 4 });
        throw new ConflictError('stale');
      }
      return save(next, audit);
    };
    const { json } = await serve.ask('POST', `/v1/enforcements/${record.id}/undo`, ANALYST);
    expect([json<Enforcement>().state, serve.fakes.enforcements.records.get(record.id)?.revision]).toEqual([
      'lifting',
      5,
    ]);
  });
});

describe('alerts', () => {
  test('are acknowledged and resolved once, by whom, and announced; the wrong order is a conflict', async () => {
    const alert = anAlert();
    await serve.fakes.alerts.insert(alert);
    const url = `/v1/alerts/${alert.id}`;
    expect((await serve.ask('POST', `${url}/acknowledge`, ANALYST)).json()).toMatchObject({
      state: 'acknowledged',
      acknowledgedBy: 'analyst@default',
      revision: 2,
    });
    expect((await serve.ask('POST', `${url}/acknowledge`, ADMIN)).json()).toMatchObject({
      acknowledgedBy: 'analyst@default',
      revision: 2,
    });
    expect((await serve.ask('POST', `${url}/resolve`, ADMIN)).json()).toMatchObject({
      state: 'resolved',
      resolvedBy: 'admin@default',
      resolvedAt: NOW,
    });
    expect((await serve.ask('POST', `${url}/acknowledge`, ADMIN)).status).toBe(409);
    expect(serve.fakes.alerts.audits.map((a) => a.act)).toEqual(['alert.acknowledge', 'alert.resolve']);
    expect(serve.fakes.bus.published.map(({ message }) => JSON.parse(message.value.toString()))).toMatchObject([
      { v: 1, kind: 'alert', id: alert.id, revision: 2, change: 'acknowledged' },
      { v: 1, kind: 'alert', id: alert.id, revision: 3, change: 'resolved' },
    ]);
  });

  test('are listed newest first by every filter, page by page', async () => {
    for (let i = 0; i < 7; i++)
      await serve.fakes.alerts.insert(
        anAlert({
          openedAt: NOW - i,
          type: i % 2 ? 'brute-force' : 'request-spike',
          severity: i < 3 ? 'low' : 'critical',
          entity: { kind: 'ip', id: `203.0.113.${i}`, name: 'x' },
        }),
      );
    const seen: number[] = [];
    for (let cursor = '', next: string | null = ''; next !== null; cursor = `&cursor=${next}`) {
      const page = (await serve.ask('GET', `/v1/alerts?limit=3${cursor}`, ADMIN)).json<{
        data: { openedAt: number }[];
        next: string | null;
      }>();
      seen.push(...page.data.map((a) => NOW - a.openedAt));
      next = page.next;
    }
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6]);
    const count = async (query: string) =>
      (await serve.ask('GET', `/v1/alerts?${query}`, ADMIN)).json<{ data: unknown[] }>().data.length;
    expect(await count('type=brute-force')).toBe(3);
    expect(await count('type=brute-force,request-spike&severity=high')).toBe(4);
    expect(await count('state=resolved')).toBe(0);
    expect(await count('state=open&state=acknowledged')).toBe(7);
    expect(await count('entityKind=ip&entityId=203.0.113.4')).toBe(1);
  });
});
