import { randomBytes, randomUUID } from 'node:crypto';
import { alertStoreConformance } from '@outrider/testing/conformance/alert-store.conformance';
import { enforcementStoreConformance } from '@outrider/testing/conformance/enforcement-store.conformance';
import { anAlert } from '@outrider/domain/detection/testing';
import { DEFAULT_GUARD_RAILS } from '@outrider/domain/response/guard-rails';
import { PolicyDraft } from '@outrider/domain/response/policy';
import { CallerError, ConflictError, PermanentError } from '@outrider/platform/errors';
import pg from 'pg';
import { openPostgres, type Postgres } from '../open-postgres.ts';
import { startTestPostgres, type TestPostgres } from '../testing/test-postgres.ts';

const T0 = 1_767_225_600_000;
const clock = { at: T0, now: () => clock.at };
const key = randomBytes(32);
let server: TestPostgres;
let store: Postgres;
let raw: pg.Client;

beforeAll(async () => {
  server = await startTestPostgres();
  store = openPostgres({ url: server.url, max: 5, sealingKeys: [key], clock });
  raw = new pg.Client(server.url);
  await raw.connect();
});
afterAll(async () => {
  await raw?.end();
  await store?.close();
  await server?.stop();
});

const newTenant = (): string => `t-${randomUUID()}`;
const hook = { name: 'siem', url: 'https://siem.example/hook', allowPrivateAddress: false, events: ['alert.*'] };
const draft = PolicyDraft.parse({ name: 'block', actions: [{ kind: 'block-consumer', durationSeconds: 60 }] });
const acts = async (tenant: string): Promise<string[]> =>
  (await store.audit.list({ tenant, limit: 50 })).map((entry) => entry.act).reverse();

alertStoreConformance('PostgresAlertStore', () => store.alerts);
enforcementStoreConformance('PostgresEnforcementStore', () => ({
  alerts: store.alerts,
  enforcements: store.enforcements,
  webhook: async (tenant) => (await store.webhooks.create(tenant, hook, 'tester')).webhook.id,
}));

describe('alerts', () => {
  test('traffic cannot make an alert about itself unstorable', async () => {
    const name = 'a\u0000b\ud800c';
    const alert = anAlert({
      id: randomUUID(),
      tenant: newTenant(),
      entity: { kind: 'consumer', id: name, name },
      explanation: name,
    });
    await store.alerts.insert(alert);
    expect(await store.alerts.find(alert.tenant, alert.id)).toMatchObject({ explanation: 'a\ufffdb\ufffdc' });
    expect(
      await store.alerts.list({ tenant: alert.tenant, limit: 1, entity: { kind: 'consumer', id: name } }),
    ).toHaveLength(1);
  });

  test('what a person does to an alert is in the audit log, what a detector does is not', async () => {
    const alert = anAlert({ id: randomUUID(), tenant: newTenant() });
    await store.alerts.insert(alert);
    await store.alerts.save({ ...alert, revision: 2 });
    await store.alerts.save(
      { ...alert, revision: 3, state: 'acknowledged' },
      { actor: 'carol', act: 'alert.acknowledge' },
    );
    expect(await store.audit.list({ tenant: alert.tenant, limit: 9 })).toMatchObject([
      { actor: 'carol', act: 'alert.acknowledge', subject: `alert:${alert.id}`, at: T0 },
    ]);
  });

  test('unevaluated alerts come oldest change first', async () => {
    const tenant = newTenant();
    const [a, b] = ['1', '2'].map((id) => anAlert({ id: randomUUID(), tenant, entity: { kind: 'ip', id, name: id } }));
    if (!a || !b) throw new Error('two alerts');
    for (const [alert, at] of [
      [b, 10],
      [a, 20],
    ] as const) {
      clock.at = T0 + at;
      await store.alerts.insert(alert);
    }
    clock.at = T0;
    expect((await store.alerts.unevaluated(1_000)).filter((x) => x.tenant === tenant).map((x) => x.id)).toEqual([
      b.id,
      a.id,
    ]);
  });
});

describe('policies and guard rails', () => {
  test('keep what was set, by tenant, in their order, with an audit row each', async () => {
    const tenant = newTenant();
    const second = await store.policies.create(tenant, { ...draft, name: 'second', order: 2 }, 'carol');
    const first = await store.policies.create(tenant, { ...draft, name: 'first', order: 1 }, 'carol');
    expect(await store.policies.list(tenant)).toEqual([first, second]);
    expect(await store.policies.update(tenant, first.id, { ...draft, order: 3 }, 'carol')).toMatchObject({
      order: 3,
      id: first.id,
    });
    expect(await store.policies.update(newTenant(), first.id, draft, 'carol')).toBeUndefined();
    expect(await store.policies.remove(newTenant(), first.id, 'carol')).toBe(false);
    expect(await store.policies.remove(tenant, first.id, 'carol')).toBe(true);
    expect(await store.policies.find(tenant, first.id)).toBeUndefined();
    expect(await acts(tenant)).toEqual(['policy.create', 'policy.create', 'policy.update', 'policy.remove']);
  });

  test('guard rails start with the defaults, and changes of different fields add up', async () => {
    const tenant = newTenant();
    expect(await store.policies.guardRails(tenant)).toEqual(DEFAULT_GUARD_RAILS);
    await Promise.all([
      store.policies.setGuardRails(tenant, { killSwitch: true }, 'carol'),
      store.policies.setGuardRails(tenant, { capPerHour: 5 }, 'dave'),
    ]);
    expect(await store.policies.guardRails(tenant)).toEqual({
      ...DEFAULT_GUARD_RAILS,
      killSwitch: true,
      capPerHour: 5,
    });
  });

  test('the never-block list takes addresses and CIDRs that can be read, each once', async () => {
    const tenant = newTenant();
    const entry = await store.policies.addNeverBlock(
      tenant,
      { kind: 'address', value: '203.0.113.0/24', reason: 'office' },
      'carol',
    );
    await expect(store.policies.addNeverBlock(tenant, { ...entry, reason: 'twice' }, 'carol')).rejects.toThrow(
      ConflictError,
    );
    await expect(store.policies.addNeverBlock(tenant, { ...entry, value: '203.0.113.0/99' }, 'carol')).rejects.toThrow(
      CallerError,
    );
    expect((await store.policies.guardRails(tenant)).neverBlock).toEqual([entry]);
    expect(await store.policies.removeNeverBlock(newTenant(), entry.id, 'carol')).toBe(false);
    expect(await store.policies.removeNeverBlock(tenant, entry.id, 'carol')).toBe(true);
  });

  test('a policy that was altered in the database behind our back is an error, not a guess', async () => {
    const tenant = newTenant();
    const { id } = await store.policies.create(tenant, draft, 'carol');
    await raw.query(`update policies set actions = '[{"kind":"format-disk"}]' where id = $1`, [id]);
    await expect(store.policies.list(tenant)).rejects.toThrow();
  });
});

describe('the audit log', () => {
  test('a change whose audit row cannot be written does not happen', async () => {
    const tenant = newTenant();
    const alert = anAlert({ id: randomUUID(), tenant });
    await store.alerts.insert(alert);
    const policy = await store.policies.create(tenant, draft, 'carol');
    const { webhook } = await store.webhooks.create(tenant, hook, 'carol');
    await raw.query(`alter table audit_entries add constraint full_disk check (tenant <> '${tenant}') not valid`);
    try {
      const changes = [
        () => store.policies.create(tenant, draft, 'carol'),
        () => store.policies.remove(tenant, policy.id, 'carol'),
        () => store.policies.setGuardRails(tenant, { killSwitch: true }, 'carol'),
        () => store.webhooks.remove(tenant, webhook.id, 'carol'),
        () => store.tokens.create(tenant, { name: 'x', role: 'admin', expiresAt: null }, 'carol'),
        () => store.alerts.save({ ...alert, revision: 2 }, { actor: 'carol', act: 'alert.resolve' }),
      ];
      for (const change of changes) await expect(change()).rejects.toThrow(PermanentError);
    } finally {
      await raw.query('alter table audit_entries drop constraint full_disk');
    }
    expect(await store.policies.list(tenant)).toEqual([policy]);
    expect(await store.policies.guardRails(tenant)).toEqual(DEFAULT_GUARD_RAILS);
    expect(await store.webhooks.find(tenant, webhook.id)).toEqual(webhook);
    expect(await store.tokens.list(tenant)).toEqual([]);
    expect(await store.alerts.find(tenant, alert.id)).toEqual(alert);
  });

  test('entries cannot be rewritten', async () => {
    await store.policies.create(newTenant(), draft, 'carol');
    await expect(raw.query(`update audit_entries set actor = 'nobody'`)).rejects.toThrow(
      'audit entries cannot be changed',
    );
  });

  test('pages newest first', async () => {
    const tenant = newTenant();
    for (let i = 0; i < 5; i++) await store.policies.create(tenant, draft, `actor ${i}`);
    const first = await store.audit.list({ tenant, limit: 3 });
    const last = first.at(-1);
    if (!last) throw new Error('an empty page');
    const rest = await store.audit.list({ tenant, limit: 3, after: { at: last.at, id: last.id } });
    expect(new Set([...first, ...rest].map((e) => e.id)).size).toBe(5);
  });
});

describe('webhooks', () => {
  test('the signing secret is shown once, sealed at rest and in no audit row', async () => {
    const tenant = newTenant();
    const { webhook, secret } = await store.webhooks.create(tenant, hook, 'carol');
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const bytes = Buffer.from(secret.slice(6), 'base64');
    expect(await store.webhooks.secrets(tenant, webhook.id)).toEqual([{ secret: bytes, endsAt: null }]);
    expect(await store.webhooks.secrets(newTenant(), webhook.id)).toEqual([]);
    const dump = await raw.query(
      `select string_agg(t, '') as t from (select w::text as t from webhook_secrets w union all select a::text from audit_entries a union all select h::text from webhooks h) x`,
    );
    expect(dump.rows[0].t).not.toContain(bytes.toString('hex'));
    expect(dump.rows[0].t).not.toContain(secret.slice(6));
  });

  test('after a rotation the old secret signs on beside the new one until its time is up', async () => {
    const tenant = newTenant();
    const { webhook, secret } = await store.webhooks.create(tenant, hook, 'carol');
    const rotated = await store.webhooks.rotate(tenant, webhook.id, 1_000, 'carol');
    const texts = async (): Promise<string[]> =>
      (await store.webhooks.secrets(tenant, webhook.id)).map((s) => `whsec_${s.secret.toString('base64')}`);
    expect(await texts()).toEqual([rotated?.secret, secret]);
    clock.at = T0 + 1_000;
    expect(await texts()).toEqual([rotated?.secret]);
    clock.at = T0;
    await Promise.all([1, 2, 3].map(() => store.webhooks.rotate(tenant, webhook.id, 1_000, 'carol')));
    const current = (await store.webhooks.secrets(tenant, webhook.id)).filter((s) => s.endsAt === null);
    expect(current).toHaveLength(1);
    expect(await store.webhooks.rotate(newTenant(), webhook.id, 1_000, 'carol')).toBeUndefined();
  });

  test('a new sealing key opens what the old one sealed; without the old key, or in another row, it stays shut', async () => {
    const tenant = newTenant();
    const { webhook, secret } = await store.webhooks.create(tenant, hook, 'carol');
    const next = randomBytes(32);
    const rekeyed = openPostgres({ url: server.url, max: 1, sealingKeys: [next, key], clock });
    const keyless = openPostgres({ url: server.url, max: 1, sealingKeys: [next], clock });
    const [opened] = await rekeyed.webhooks.secrets(tenant, webhook.id);
    expect(`whsec_${opened?.secret.toString('base64')}`).toBe(secret);
    await expect(keyless.webhooks.secrets(tenant, webhook.id)).rejects.toThrow('not in the settings');
    const other = await store.webhooks.create(tenant, hook, 'carol');
    await raw.query('update webhook_secrets set webhook_id = $1 where webhook_id = $2', [other.webhook.id, webhook.id]);
    await expect(store.webhooks.secrets(tenant, other.webhook.id)).rejects.toThrow('does not open');
    await Promise.all([rekeyed.close(), keyless.close()]);
  });

  test('what we switched off says why until a person switches it on again', async () => {
    const tenant = newTenant();
    const { webhook } = await store.webhooks.create(tenant, hook, 'carol');
    await store.webhooks.disable(tenant, webhook.id, '410 Gone');
    expect(await store.webhooks.find(tenant, webhook.id)).toMatchObject({ enabled: false, disabledReason: '410 Gone' });
    expect(await store.webhooks.update(tenant, webhook.id, { enabled: true }, 'carol')).toMatchObject({
      enabled: true,
      disabledReason: null,
      name: 'siem',
    });
    expect(await acts(tenant)).toEqual(['webhook.create', 'webhook.disable', 'webhook.update']);
  });
});

describe('deliveries', () => {
  const anOutgoing = (tenant: string, webhookId: string, dedupKey: string = randomUUID()) => ({
    id: randomUUID(),
    tenant,
    webhookId,
    dedupKey,
    event: 'alert.opened',
    payload: '{"a":1}',
    createdAt: T0,
  });

  test('one dedup key makes one delivery, also when two come at once', async () => {
    const tenant = newTenant();
    const { webhook } = await store.webhooks.create(tenant, hook, 'carol');
    const made = await Promise.all(
      [1, 2, 3, 4].map(() => store.deliveries.create(anOutgoing(tenant, webhook.id, 'k'))),
    );
    expect(made.filter(Boolean)).toHaveLength(1);
    expect(await store.deliveries.create(anOutgoing(tenant, randomUUID()))).toBe(false);
    expect(await store.deliveries.create(anOutgoing(newTenant(), webhook.id))).toBe(false);
  });

  test('attempts are logged in order, and a replay begins from nothing', async () => {
    const tenant = newTenant();
    const { webhook } = await store.webhooks.create(tenant, hook, 'carol');
    const delivery = anOutgoing(tenant, webhook.id);
    await store.deliveries.create(delivery);
    const failed = { at: T0 + 1, status: 500, error: 'answered 500', durationMs: 12.6 };
    await store.deliveries.record(delivery.id, failed, { state: 'pending', nextAttemptAt: T0 + 5_000 });
    await store.deliveries.record(
      delivery.id,
      { at: T0 + 2, status: 200, error: null, durationMs: 3 },
      { state: 'delivered', nextAttemptAt: null },
    );
    expect(await store.deliveries.find(delivery.id)).toMatchObject({
      state: 'delivered',
      attempts: 2,
      deliveredAt: T0 + 2,
      lastStatus: 200,
      lastError: null,
    });
    expect((await store.deliveries.attempts(delivery.id)).map((a) => a.status)).toEqual([500, 200]);
    expect(await store.deliveries.reset(newTenant(), delivery.id, T0)).toBe(false);
    expect(await store.deliveries.reset(tenant, delivery.id, T0 + 9)).toBe(true);
    expect(await store.deliveries.find(delivery.id)).toMatchObject({
      state: 'pending',
      attempts: 0,
      nextAttemptAt: T0 + 9,
    });
    expect(await store.deliveries.pending()).toContainEqual({ id: delivery.id, nextAttemptAt: T0 + 9 });
    expect(await store.deliveries.list({ tenant, limit: 9, webhookId: webhook.id, state: 'delivered' })).toEqual([]);
    expect(await store.deliveries.list({ tenant, limit: 9, webhookId: webhook.id })).toHaveLength(1);
  });
});

describe('access tokens', () => {
  const valid = { name: 'ci', role: 'analyst' as const, expiresAt: T0 + 10_000 };

  test('a token is known by its text until its end or removal, and its text is nowhere at rest', async () => {
    const tenant = newTenant();
    const { token, secret } = await store.tokens.create(tenant, valid, 'carol');
    expect(await store.tokens.authenticate(secret, T0)).toEqual({
      tokenId: token.id,
      tenant,
      name: 'ci',
      role: 'analyst',
    });
    expect(await store.tokens.authenticate(`${secret}x`, T0)).toBeUndefined();
    expect(await store.tokens.authenticate('', T0)).toBeUndefined();
    expect(await store.tokens.authenticate('x'.repeat(100_000), T0)).toBeUndefined();
    expect(await store.tokens.authenticate(secret, T0 + 10_000)).toBeUndefined();
    expect((await store.tokens.list(tenant))[0]).toMatchObject({ lastUsedAt: T0 });
    const dump = await raw.query(
      `select string_agg(t, '') as t from (select w::text as t from access_tokens w union all select a::text from audit_entries a) x`,
    );
    expect(dump.rows[0].t).not.toContain(secret.slice(9));
    expect(await store.tokens.remove(newTenant(), token.id, 'carol')).toBe(false);
    expect(await store.tokens.remove(tenant, token.id, 'carol')).toBe(true);
    expect(await store.tokens.authenticate(secret, T0)).toBeUndefined();
  });

  test('the first admin token is made once, however many processes start together', async () => {
    const tenant = newTenant();
    const made = await Promise.all([1, 2, 3].map(() => store.tokens.ensureAdmin(tenant, undefined)));
    const shown = made.filter((text) => text !== undefined);
    expect(shown).toHaveLength(1);
    expect(await store.tokens.authenticate(shown[0] ?? '', T0)).toMatchObject({ role: 'admin', tenant });
  });

  test('the admin token of the settings holds, and a changed one ends the one before', async () => {
    const tenant = newTenant();
    const [first, second] = [randomUUID(), randomUUID()];
    for (const text of [first, first, second]) expect(await store.tokens.ensureAdmin(tenant, text)).toBeUndefined();
    expect(await store.tokens.authenticate(first, T0)).toBeUndefined();
    expect(await store.tokens.authenticate(second, T0)).toMatchObject({ role: 'admin' });
    expect(await store.tokens.ensureAdmin(tenant, undefined)).toBeUndefined();
    await expect(store.tokens.ensureAdmin(tenant, 'short')).rejects.toThrow(CallerError);
  });
});
