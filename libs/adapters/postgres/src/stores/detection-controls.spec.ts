import { randomBytes, randomUUID } from 'node:crypto';
import type { DetectionExceptionDraft, DetectorOverrideDraft } from '@outrider/domain/detection/detection-control';
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

const override: DetectorOverrideDraft = {
  type: 'endpoint-probing',
  service: '',
  route: '',
  state: 'off',
  settings: {},
  reason: 'penetration test',
};
const exception = (over: Partial<DetectionExceptionDraft> = {}): DetectionExceptionDraft => ({
  types: ['request-spike'],
  match: { entity: { kind: 'consumer', id: 'nightly' }, cidr: '192.0.2.0/24', endpoint: null, tag: null },
  reason: 'the nightly job',
  until: clock.at + 86_400_000,
  ...over,
});
const actsOf = async (tenant: string) =>
  (await store.audit.list({ tenant, limit: 20 })).map(({ actor, act }) => `${actor} ${act}`).sort();

test('one override a type and scope: putting it again replaces it, and each change is audited with what was before', async () => {
  const tenant = randomUUID();
  const first = await store.detectionControls.putOverride(tenant, override, 'ann');
  const again = await store.detectionControls.putOverride(
    tenant,
    { ...override, state: null, settings: { distinct60s: 40 } },
    'bob',
  );
  expect(again).toMatchObject({ id: first.id, state: null, settings: { distinct60s: 40 }, updatedBy: 'bob' });
  await store.detectionControls.putOverride(tenant, { ...override, service: 'pay' }, 'ann');
  const types = (await store.detectionControls.overrides(tenant)).map((one) => `${one.type} ${one.service}`);
  expect(types).toEqual(['endpoint-probing ', 'endpoint-probing pay']);
  expect(await actsOf(tenant)).toEqual(['ann detector.override', 'ann detector.override', 'bob detector.override']);
  const [, changed] = await store.audit.list({ tenant, limit: 2 });
  expect(changed?.detail).toMatchObject({ before: { state: 'off' }, after: { settings: { distinct60s: 40 } } });
});

test('an override is taken back for exactly its scope, by its tenant alone', async () => {
  const tenant = randomUUID();
  await store.detectionControls.putOverride(tenant, { ...override, service: 'pay' }, 'ann');
  const remove = (owner: string, service: string) =>
    store.detectionControls.removeOverride(owner, 'endpoint-probing', { service, route: '' }, 'ann');
  expect(await remove(tenant, '')).toBe(false);
  expect(await remove(randomUUID(), 'pay')).toBe(false);
  expect(await remove(tenant, 'pay')).toBe(true);
  expect(await remove(tenant, 'pay')).toBe(false);
  expect(await actsOf(tenant)).toEqual(['ann detector.override', 'ann detector.restore']);
});

test('exceptions are kept, changed and removed by their tenant alone, each with its audit row', async () => {
  const tenant = randomUUID();
  const made = await store.detectionControls.addException(tenant, exception(), 'ann');
  expect(made).toMatchObject({ ...exception({ until: made.until }), createdBy: 'ann' });
  const { detectionControls } = store;
  const other = randomUUID();
  expect(await detectionControls.exception(other, made.id)).toBeUndefined();
  expect(await detectionControls.replaceException(other, made.id, exception(), 'eve')).toBeUndefined();
  expect(await detectionControls.removeException(other, made.id, 'eve')).toBe(false);
  const changed = await detectionControls.replaceException(tenant, made.id, exception({ reason: 'longer' }), 'bob');
  expect(changed).toMatchObject({ id: made.id, reason: 'longer', createdAt: made.createdAt, createdBy: 'ann' });
  expect(await detectionControls.removeException(tenant, made.id, 'bob')).toBe(true);
  expect(await detectionControls.removeException(tenant, 'no-uuid', 'bob')).toBe(false);
  expect(await actsOf(tenant)).toEqual(['ann exception.create', 'bob exception.remove', 'bob exception.update']);
  expect(await actsOf(other)).toEqual([]);
});

test('lists go newest first in pages, without what has ended if asked', async () => {
  const tenant = randomUUID();
  const ended = clock.at + 50;
  for (let i = 0; i < 5; i++)
    await store.detectionControls.addException(
      tenant,
      exception({ reason: `r${i}`, ...(i === 0 ? { until: ended } : {}) }),
      'ann',
    );
  const page = (after?: { createdAt: number; id: string }) =>
    store.detectionControls.exceptions({ tenant, limit: 3, ...(after ? { after } : {}) });
  const first = await page();
  expect([...first, ...(await page(first.at(-1)))].map(({ reason }) => reason)).toEqual(['r4', 'r3', 'r2', 'r1', 'r0']);
  const live = await store.detectionControls.exceptions({ tenant, limit: 9, endingAfter: ended });
  expect(live.map(({ reason }) => reason)).toEqual(['r4', 'r3', 'r2', 'r1']);
});

test('detection reads the decisions of all tenants, without exceptions that ended more than a day ago', async () => {
  const [one, two] = [randomUUID(), randomUUID()];
  await store.detectionControls.putOverride(one, override, 'ann');
  const kept = await store.detectionControls.addException(two, exception({ until: clock.at + 1_000 }), 'ann');
  const all = async (now: number) => {
    const { overrides, exceptions } = await store.detectionControls.all(now);
    return {
      overrides: overrides.filter(({ tenant }) => tenant === one).length,
      exceptions: exceptions.filter(({ tenant }) => tenant === two).map(({ id }) => id),
    };
  };
  expect(await all(kept.until)).toEqual({ overrides: 1, exceptions: [kept.id] });
  expect(await all(kept.until + 86_400_001)).toEqual({ overrides: 1, exceptions: [] });
});
