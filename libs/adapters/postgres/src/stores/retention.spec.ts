import { randomBytes, randomUUID } from 'node:crypto';
import { anAlert } from '@outrider/domain/detection/testing';
import type { Alert } from '@outrider/domain/detection/alert';
import { anEnforcement } from '@outrider/domain/response/testing';
import { RETAINED } from '@outrider/ports/retention-store';
import { openPostgres, type Postgres } from '../open-postgres.ts';
import { startTestPostgres, type TestPostgres } from '../testing/test-postgres.ts';

const OLD = Date.UTC(2024, 0, 1);
const BEFORE = Date.UTC(2025, 0, 1);
const clock = { at: OLD, now: () => clock.at };
let server: TestPostgres;
let store: Postgres;

beforeAll(async () => {
  server = await startTestPostgres();
  store = openPostgres({ url: server.url, max: 4, sealingKeys: [randomBytes(32)], clock });
});
afterAll(async () => {
  await store?.close();
  await server?.stop();
});

const tenant = 'default';
const enforcement = async (state: 'lifted' | 'effective', alert: Alert | null): Promise<string> => {
  const id = randomUUID();
  const over = state === 'lifted' ? { liftedAt: OLD } : {};
  const entity = { kind: 'consumer' as const, id, name: id };
  const made = anEnforcement({ id, state, alertId: alert?.id ?? null, createdAt: OLD, entity, ...over });
  await store.enforcements.create({ ...made, saved: null, revision: 1 }, 'tester');
  return id;
};

test('what is over is removed in batches, and nothing that is in use or keeps things from being done twice', async () => {
  const open = anAlert({ id: randomUUID(), openedAt: OLD });
  const entity = { kind: 'consumer' as const, id: 'other', name: 'other' };
  const resolved = anAlert({ id: randomUUID(), openedAt: OLD, state: 'resolved', entity });
  for (const alert of [open, resolved]) await store.alerts.insert(alert);
  const { webhook } = await store.webhooks.create(
    tenant,
    { name: 'siem', url: 'https://siem.example', allowPrivateAddress: false, events: [] },
    'tester',
  );
  const deliver = async (about: string, done: boolean): Promise<string> => {
    const id = randomUUID();
    const base = { id, tenant, webhookId: webhook.id, event: 'alert.opened', payload: '{}', createdAt: OLD };
    await store.deliveries.create({ ...base, dedupKey: `alert:${about}:${webhook.id}:${id}` });
    const attempt = { at: OLD, status: 200, error: null, durationMs: 1 };
    if (done) await store.deliveries.record(id, attempt, { state: 'delivered', nextAttemptAt: null });
    return id;
  };
  const kept = {
    deliveries: [await deliver(open.id, true), await deliver(resolved.id, false)],
    live: await enforcement('effective', null),
    own: await enforcement('lifted', open),
  };
  const gone = {
    delivery: await deliver(resolved.id, true),
    over: [await enforcement('lifted', null), await enforcement('lifted', null)],
  };
  await store.enforcements.commitEvaluation({ alert: resolved, enforcements: [], deliveries: [] }, 1);
  const audits = (await store.audit.list({ tenant, limit: 100 })).length;
  clock.at = Date.UTC(2026, 0, 1);
  await store.audit.write({ tenant, actor: 'outrider', act: 'a.new', subject: 'x:1', detail: {} });

  const removed: Record<string, number[]> = {};
  for (const what of RETAINED) {
    const counts = (removed[what] = [] as number[]);
    for (let count = -1; count !== 0; counts.push(count)) count = await store.retention.prune(what, BEFORE, 2);
  }
  expect(removed['audit']?.reduce((sum, n) => sum + n, 0)).toBe(audits);
  expect(removed).toMatchObject({ deliveries: [1, 0], enforcements: [2, 0], alerts: [1, 0] });
  expect((await store.audit.list({ tenant, limit: 9 })).map(({ act }) => act)).toEqual(['a.new']);
  expect((await store.alerts.list({ tenant, limit: 9 })).map(({ id }) => id)).toEqual([open.id]);
  const left = await store.enforcements.list({ tenant, limit: 9 });
  expect(left.map(({ id }) => id).sort()).toEqual([kept.live, kept.own].sort());
  expect((await store.deliveries.list({ tenant, limit: 9 })).map(({ id }) => id).sort()).toEqual(
    kept.deliveries.sort(),
  );
  expect(await store.deliveries.find(gone.delivery)).toBeUndefined();
});

test('of several processes that claim a due delivery one gets it; it is due again unless its attempt is recorded', async () => {
  const { webhook } = await store.webhooks.create(
    tenant,
    { name: 'other', url: 'https://siem.example', allowPrivateAddress: false, events: [] },
    'tester',
  );
  const id = randomUUID();
  const base = { id, tenant, webhookId: webhook.id, event: 'x', payload: '{}', createdAt: clock.at };
  await store.deliveries.create({ ...base, dedupKey: id });
  const claims = await Promise.all([1, 2, 3, 4].map(() => store.deliveries.claim(id, clock.at, clock.at + 60_000)));
  expect(claims.filter((claim) => claim !== undefined)).toHaveLength(1);
  expect(await store.deliveries.claim(id, clock.at + 59_999, clock.at + 120_000)).toBeUndefined();
  expect(await store.deliveries.claim(id, clock.at + 60_000, clock.at + 120_000)).toMatchObject({ id });
  const done = { at: clock.at, status: 200, error: null, durationMs: 1 };
  await store.deliveries.record(id, done, { state: 'delivered', nextAttemptAt: null });
  const late = { at: clock.at, status: 503, error: 'busy', durationMs: 1 };
  await store.deliveries.record(id, late, { state: 'pending', nextAttemptAt: clock.at });
  expect(await store.deliveries.find(id)).toMatchObject({ state: 'delivered', attempts: 1 });
  expect(await store.deliveries.attempts(id)).toHaveLength(2);
});
