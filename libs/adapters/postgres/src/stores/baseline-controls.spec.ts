import { randomBytes, randomUUID } from 'node:crypto';
import { openPostgres, type Postgres } from '../open-postgres.ts';
import { startTestPostgres, type TestPostgres } from '../testing/test-postgres.ts';

const clock = { at: 1_767_225_600_000, now: () => clock.at++ };
let server: TestPostgres;
let store: Postgres;
beforeAll(async () => {
  server = await startTestPostgres();
  store = openPostgres({ url: server.url, max: 3, sealingKeys: [randomBytes(32)], clock });
});
afterAll(async () => {
  await store?.close();
  await server?.stop();
});

const exclusion = {
  action: 'exclusion',
  kind: 'consumer',
  entityId: 'a',
  from: 1_000,
  to: 2_000,
  reason: 'load test',
} as const;
const reset = { action: 'reset', kind: 'consumer', entityId: 'a', from: 500, to: null, reason: 'new client' } as const;

test('what a person said about a baseline is kept and audited, and its removal too', async () => {
  const tenant = randomUUID();
  const made = await store.baselineControls.add(tenant, exclusion, 'ann');
  expect(made).toMatchObject({ ...exclusion, createdBy: 'ann' });
  await store.baselineControls.add(tenant, reset, 'ann');
  expect(await store.baselineControls.remove(tenant, made.id, 'reset', 'bob')).toBe(false);
  expect(await store.baselineControls.remove(randomUUID(), made.id, 'exclusion', 'bob')).toBe(false);
  expect(await store.baselineControls.remove(tenant, made.id, 'exclusion', 'bob')).toBe(true);
  expect(await store.baselineControls.remove(tenant, made.id, 'exclusion', 'bob')).toBe(false);
  const acts = (await store.audit.list({ tenant, limit: 9 })).map(({ actor, act }) => `${actor} ${act}`).sort();
  expect(acts).toEqual(['ann baseline-exclusion.create', 'ann baseline-reset.create', 'bob baseline-exclusion.remove']);
});

test('what concerns an entity is found for many at once: every reset, and exclusions that are not long over', async () => {
  const tenant = randomUUID();
  for (const draft of [
    exclusion,
    reset,
    { ...exclusion, entityId: 'b', to: 9_000 },
    { ...exclusion, kind: 'service' as const },
  ])
    await store.baselineControls.add(tenant, draft, 'ann');
  const about = async (since: number) =>
    (await store.baselineControls.about({ tenant, kind: 'consumer', ids: ['a', 'b'], since })).map(
      (c) => `${c.entityId} ${c.action}`,
    );
  expect((await about(1_500)).sort()).toEqual(['a exclusion', 'a reset', 'b exclusion']);
  expect((await about(5_000)).sort()).toEqual(['a reset', 'b exclusion']);
  expect(await store.baselineControls.about({ tenant: randomUUID(), kind: 'consumer', ids: ['a'], since: 0 })).toEqual(
    [],
  );
});

test('lists go newest first, page by page, of one entity if asked', async () => {
  const tenant = randomUUID();
  for (let i = 0; i < 5; i++)
    await store.baselineControls.add(tenant, { ...exclusion, entityId: i % 2 ? 'odd' : 'even', to: 2_000 + i }, 'ann');
  const page = async (after?: { createdAt: number; id: string }) =>
    store.baselineControls.list({ tenant, action: 'exclusion', limit: 3, ...(after ? { after } : {}) });
  const first = await page();
  const rest = await page(first.at(-1));
  expect([...first, ...rest].map(({ to }) => to)).toEqual([2_004, 2_003, 2_002, 2_001, 2_000]);
  const odd = await store.baselineControls.list({
    tenant,
    action: 'exclusion',
    limit: 9,
    entity: { kind: 'consumer', id: 'odd' },
  });
  expect(odd.map(({ to }) => to)).toEqual([2_003, 2_001]);
});

test('who detects reads all tenants at once, without what can no longer teach anything', async () => {
  const [one, other] = [randomUUID(), randomUUID()];
  await store.baselineControls.add(one, reset, 'ann');
  await store.baselineControls.add(one, { ...reset, entityId: 'b', from: 3_000_000 }, 'ann');
  await store.baselineControls.add(other, { ...exclusion, from: 1_000, to: 3_000_000 }, 'ann');
  await store.baselineControls.add(other, exclusion, 'ann');
  const all = (await store.baselineControls.all(3_000_000)).filter(({ tenant }) => tenant === one || tenant === other);
  expect(all.map(({ tenant, action, entityId }) => [tenant, action, entityId]).sort()).toEqual(
    [
      [one, 'reset', 'b'],
      [other, 'exclusion', 'a'],
    ].sort(),
  );
});
