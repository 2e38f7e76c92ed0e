import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { anAlert } from '@outrider/domain/detection/testing';
import { ConflictError, TransientError } from '@outrider/platform/errors';
import { eventually } from '@outrider/testing/eventually';
import pg from 'pg';
import { startEmbeddedPostgres } from './embedded/embedded-postgres.ts';
import { openPostgres, type Postgres } from './open-postgres.ts';
import { startTestPostgres, type TestPostgres } from './testing/test-postgres.ts';

let server: TestPostgres;
let store: Postgres;

beforeAll(async () => {
  server = await startTestPostgres();
  store = openPostgres({ url: server.url, max: 4, sealingKeys: [randomBytes(32)] });
});
afterAll(async () => {
  await store?.close();
  await server?.stop();
});

const portOf = (url: string): number => Number(new URL(url).port);

test('a killed server is a TransientError everywhere, and once it is back the same pool goes on with every committed row', async () => {
  const tenant = randomUUID();
  const before = anAlert({ id: randomUUID(), tenant });
  await store.alerts.insert(before);
  process.kill(server.server.pid, 'SIGKILL');
  // the helpers of a killed server answer until they notice
  const pings = () => Promise.allSettled([1, 2, 3, 4].map(() => store.ping()));
  await eventually(async () => (await pings()).every((ping) => ping.status === 'rejected'));
  const policies = store.policies;
  const work = [
    () => store.ping(),
    () => store.alerts.find(tenant, before.id),
    () => store.alerts.save({ ...before, revision: 2 }),
    () => policies.setGuardRails(tenant, { killSwitch: true }, 'carol'),
    () => store.enforcements.commitEvaluation({ alert: before, enforcements: [], deliveries: [] }, 1),
    () => store.alerts.unevaluated(1),
    () => store.webhooks.rotate(tenant, randomUUID(), 1, 'carol'),
  ];
  for (const attempt of work) await expect(attempt()).rejects.toThrow(TransientError);

  server.server = await startEmbeddedPostgres({
    dir: join(server.folder, 'postgres'),
    port: portOf(server.url),
    supervise: false,
  });
  expect(server.server.url).toBe(server.url);
  expect(await store.alerts.find(tenant, before.id)).toEqual(before);
  await store.alerts.save({ ...before, revision: 2 });
});

test('queries that run while the server dies end in a TransientError, none hangs', async () => {
  const admin = new pg.Client(server.url);
  admin.on('error', () => undefined);
  await admin.connect();
  const tenant = randomUUID();
  const running = Promise.allSettled(
    Array.from({ length: 40 }, (_, i) =>
      store.policies.addNeverBlock(tenant, { kind: 'consumer', value: `c${i}`, reason: '' }, 'carol'),
    ),
  );
  await admin
    .query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'outrider'`)
    .catch(() => undefined);
  await admin.end();
  for (const result of await running)
    if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(TransientError);
  await store.ping();
  const { neverBlock } = await store.policies.guardRails(tenant);
  const audits = await store.audit.list({ tenant, limit: 100 });
  expect(audits).toHaveLength(neverBlock.length);
});

test('a pool that is used up is a TransientError after a bounded wait', async () => {
  const small = openPostgres({ url: server.url, max: 1, sealingKeys: [randomBytes(32)] });
  const blocker = new pg.Client(server.url);
  await blocker.connect();
  try {
    await blocker.query('begin; lock table alerts in access exclusive mode');
    const stuck = small.alerts.unevaluated(1);
    await eventually(async () => (await blocker.query('select 1 from pg_locks where not granted')).rowCount);
    await expect(small.ping()).rejects.toThrow(TransientError);
    await blocker.query('rollback');
    await stuck;
  } finally {
    await blocker.end();
    await small.close();
  }
});

test('a conflict is told apart from an outage', async () => {
  const alert = anAlert({ id: randomUUID(), tenant: randomUUID() });
  await store.alerts.insert(alert);
  await expect(store.alerts.insert(alert)).rejects.toThrow(ConflictError);
});
