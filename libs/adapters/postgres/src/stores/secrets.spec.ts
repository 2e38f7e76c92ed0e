import { randomBytes, randomUUID } from 'node:crypto';
import { CallerError } from '@outrider/platform/errors';
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
const acts = async (tenant: string): Promise<string[]> =>
  (await store.audit.list({ tenant, limit: 50 })).map((entry) => entry.act).reverse();

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
