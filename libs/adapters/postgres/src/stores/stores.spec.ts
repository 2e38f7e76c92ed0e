import { randomBytes, randomUUID } from 'node:crypto';
import { alertStoreConformance } from '@outrider/testing/conformance/alert-store.conformance';
import { backtestStoreConformance } from '@outrider/testing/conformance/backtest-store.conformance';
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
backtestStoreConformance('PostgresBacktestStore', () => store.backtests, clock.now);
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

  test('rows of before campaigns and simulation read as campaigns of one that are real', async () => {
    const alert = anAlert({ id: randomUUID(), tenant: newTenant() });
    await store.alerts.insert(alert);
    await raw.query(`update alerts set body = body - 'simulated' - 'campaignId' where id = $1`, [alert.id]);
    expect(await store.alerts.find(alert.tenant, alert.id)).toEqual(alert);
  });

  test('that nothing is decided on a simulated alert is in the audit log once', async () => {
    const alert = anAlert({ id: randomUUID(), tenant: newTenant(), simulated: true });
    await store.alerts.insert(alert);
    expect(await store.alerts.find(alert.tenant, alert.id)).toMatchObject({ simulated: true });
    const passedOver = { reason: 'simulated-finding', explanation: 'on trial', policies: ['stop'] } as const;
    const evaluation = { alert, enforcements: [], deliveries: [], passedOver };
    await store.enforcements.commitEvaluation(evaluation, 1);
    await store.enforcements.commitEvaluation(evaluation, 1);
    const later = { ...alert, revision: 2 };
    await store.alerts.save(later);
    await store.enforcements.commitEvaluation({ ...evaluation, alert: later }, 1);
    const unevaluated = await store.alerts.unevaluated(1_000);
    expect(unevaluated.filter(({ tenant }) => tenant === alert.tenant)).toEqual([]);
    expect(await store.audit.list({ tenant: alert.tenant, limit: 9 })).toMatchObject([
      { actor: 'outrider', act: 'alert.pass-over', subject: `alert:${alert.id}`, detail: passedOver },
    ]);
  });

  test('what a webhook was told of a campaign counts for the campaign that it becomes a part of', async () => {
    const alert = anAlert({ id: randomUUID(), tenant: newTenant() });
    await store.alerts.insert(alert);
    const { webhook } = await store.webhooks.create(alert.tenant, hook, 'carol');
    const into = randomUUID();
    const notice = (campaignId: string) => ({
      id: randomUUID(),
      webhookId: webhook.id,
      dedupKey: randomUUID(),
      event: 'alert.opened',
      payload: '{}',
      fold: { campaignId, severityRank: 2, since: T0 - 1, update: { event: 'campaign.updated', payload: '{}' } },
    });
    const told = async (campaignId: string): Promise<string[]> => {
      const evaluation = { alert, enforcements: [], deliveries: [notice(campaignId)] };
      return (await store.enforcements.commitEvaluation(evaluation, 1)).deliveries.map(({ event }) => event);
    };
    expect(await told(alert.id)).toEqual(['alert.opened']);
    await store.alerts.joinCampaigns(alert.tenant, [alert.id], into);
    expect([await told(into), await told(into)]).toEqual([['campaign.updated'], []]);
    const folded = await store.deliveries.list({ tenant: alert.tenant, state: 'folded', limit: 9 });
    expect(folded).toMatchObject([{ event: 'alert.opened', nextAttemptAt: null }]);
    expect((await store.deliveries.pending()).map(({ id }) => id)).not.toContain(folded[0]?.id);
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
