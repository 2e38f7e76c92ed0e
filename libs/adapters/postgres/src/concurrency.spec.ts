import { randomBytes, randomUUID } from 'node:crypto';
import type { Alert } from '@outrider/domain/detection/alert';
import { anAlert } from '@outrider/domain/detection/testing';
import { anEnforcement } from '@outrider/domain/response/testing';
import { ConflictError } from '@outrider/platform/errors';
import { systemClock } from '@outrider/ports/clock';
import type { EnforcementRecord, Evaluation } from '@outrider/ports/response-store';
import { openPostgres, type Postgres } from './open-postgres.ts';
import { startTestPostgres, type TestPostgres } from './testing/test-postgres.ts';

/** Two processes, as far as PostgreSQL can tell. */
let server: TestPostgres;
let processes: [Postgres, Postgres];

beforeAll(async () => {
  server = await startTestPostgres();
  const sealingKeys: [Buffer] = [randomBytes(32)];
  const open = (): Postgres => openPostgres({ url: server.url, max: 8, sealingKeys });
  processes = [open(), open()];
});
afterAll(async () => {
  await Promise.all((processes ?? []).map((store) => store.close()));
  await server?.stop();
});

const each = <T>(count: number, work: (store: Postgres, i: number) => Promise<T>): Promise<PromiseSettledResult<T>[]> =>
  Promise.allSettled(Array.from({ length: count }, (_, i) => work(processes[i % 2 === 0 ? 0 : 1], i)));
const succeeded = (results: readonly PromiseSettledResult<unknown>[]): number =>
  results.filter((result) => result.status === 'fulfilled').length;

const stored = async (overrides: Partial<Alert>): Promise<Alert> => {
  const alert = anAlert({ id: randomUUID(), ...overrides });
  await processes[0].alerts.insert(alert);
  return alert;
};
const candidate = (alert: Alert, overrides: Partial<EnforcementRecord> = {}): EnforcementRecord => ({
  ...anEnforcement({
    tenant: alert.tenant,
    entity: alert.entity,
    alertId: alert.id,
    createdAt: systemClock.now(),
    endsAt: systemClock.now() + 60_000,
  }),
  id: randomUUID(),
  policyId: randomUUID(),
  saved: null,
  revision: 1,
  ...overrides,
});
const evaluation = (alert: Alert, ...enforcements: EnforcementRecord[]): Evaluation => ({
  alert,
  enforcements,
  deliveries: [],
});

test('of many analyzers that open the same matter at once, one does and the others are told', async () => {
  const tenant = randomUUID();
  const results = await each(12, (store) => store.alerts.insert(anAlert({ id: randomUUID(), tenant })));
  expect(succeeded(results)).toBe(1);
  for (const result of results) if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(ConflictError);
});

test('of many saves on one revision, one wins and no change is lost', async () => {
  const alert = await stored({ tenant: randomUUID() });
  const results = await each(12, (store, i) => store.alerts.save({ ...alert, findings: i + 2, revision: 2 }));
  expect(succeeded(results)).toBe(1);
  const winner = results.findIndex((result) => result.status === 'fulfilled');
  expect(await processes[0].alerts.find(alert.tenant, alert.id)).toMatchObject({ revision: 2, findings: winner + 2 });
});

test('two responders that evaluate the same alert at once write its enforcement once', async () => {
  const alert = await stored({ tenant: randomUUID() });
  const policyId = randomUUID();
  const results = await each(10, (store) =>
    store.enforcements.commitEvaluation(evaluation(alert, candidate(alert, { policyId })), 100),
  );
  const written = results.flatMap((result) => (result.status === 'fulfilled' ? result.value.enforcements : []));
  expect(succeeded(results)).toBe(10);
  expect(written).toHaveLength(1);
  expect(await processes[0].enforcements.list({ tenant: alert.tenant, limit: 9 })).toHaveLength(1);
});

test('two responders together cannot exceed the cap per hour', async () => {
  const tenant = randomUUID();
  const alerts = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      stored({ tenant, entity: { kind: 'consumer', id: `c-${i}`, name: `c-${i}` } }),
    ),
  );
  const results = await each(20, (store, i) => {
    const alert = alerts[i];
    if (!alert) throw new Error('no alert');
    return store.enforcements.commitEvaluation(evaluation(alert, candidate(alert)), 7);
  });
  expect(succeeded(results)).toBe(20);
  const states = (await processes[0].enforcements.list({ tenant, limit: 50 })).map((record) => record.state);
  expect(states.filter((state) => state === 'pending')).toHaveLength(7);
  expect(states.filter((state) => state === 'refused')).toHaveLength(13);
});

test('many policies that block one consumer at once make one live block that lasts until the latest end', async () => {
  const alert = await stored({ tenant: randomUUID() });
  const ends = Array.from({ length: 10 }, (_, i) => systemClock.now() + 60_000 * (i + 1));
  await each(10, (store, i) =>
    store.enforcements.commitEvaluation(evaluation(alert, candidate(alert, { endsAt: ends[i] ?? null })), 100),
  );
  const records = await processes[0].enforcements.list({ tenant: alert.tenant, limit: 50 });
  const live = records.filter((record) => record.state === 'pending');
  expect(records).toHaveLength(10);
  expect(live.map((record) => record.endsAt)).toEqual([Math.max(...ends)]);
});

test('an enforcement made by hand and one by a policy at once leave one live, and neither fails for the other', async () => {
  for (let round = 0; round < 5; round++) {
    const alert = await stored({ tenant: randomUUID() });
    const byHand = candidate(alert, { alertId: null, policyId: null });
    const [created, committed] = await Promise.allSettled([
      processes[0].enforcements.create(byHand, 'carol'),
      processes[1].enforcements.commitEvaluation(evaluation(alert, candidate(alert)), 100),
    ]);
    expect(committed.status).toBe('fulfilled');
    if (created.status === 'rejected') expect(created.reason).toBeInstanceOf(ConflictError);
    const live = (await processes[0].enforcements.live()).filter((record) => record.tenant === alert.tenant);
    expect(live).toHaveLength(1);
  }
});

test('extending an end and the owner saving at once lose neither: the owner is told to read again', async () => {
  for (let round = 0; round < 5; round++) {
    const alert = await stored({ tenant: randomUUID() });
    const first = candidate(alert);
    await processes[0].enforcements.commitEvaluation(evaluation(alert, first), 100);
    const endsAt = (first.endsAt ?? 0) + 60_000;
    const applied: EnforcementRecord = { ...first, state: 'applied', appliedAt: systemClock.now(), revision: 2 };
    const [saved, extended] = await Promise.allSettled([
      processes[0].enforcements.save(applied, { actor: 'outrider', act: 'enforcement.applied' }),
      processes[1].enforcements.commitEvaluation(evaluation(alert, candidate(alert, { endsAt })), 100),
    ]);
    expect(extended.status).toBe('fulfilled');
    const record = await processes[0].enforcements.findById(first.id);
    expect(record?.endsAt).toBe(endsAt);
    expect(record?.state).toBe(saved.status === 'fulfilled' ? 'applied' : 'pending');
    if (saved.status === 'rejected') expect(saved.reason).toBeInstanceOf(ConflictError);
  }
});
