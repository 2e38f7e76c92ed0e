import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Jobs } from '@outrider/contracts/jobs/job-catalogue';
import { AlertTracker } from '@outrider/detect/alerts/alert-tracker';
import type { Alert } from '@outrider/domain/detection/alert';
import { anAlert } from '@outrider/domain/detection/testing';
import { PolicyDraft } from '@outrider/domain/response/policy';
import { Evaluator } from '@outrider/evaluate/evaluator';
import { RulesCache } from '@outrider/evaluate/rules-cache';
import { createLogger } from '@outrider/platform/logger';
import { Metrics } from '@outrider/platform/metrics';
import { systemClock } from '@outrider/ports/clock';
import { openPostgres, type Postgres } from '@outrider/postgres/open-postgres';
import { startTestPostgres, type TestPostgres } from '@outrider/postgres/testing/test-postgres';
import { FakeEventBus } from '@outrider/testing/fakes/event-bus.fake';
import { FakeJobQueue } from '@outrider/testing/fakes/job-queue.fake';

const T0 = Date.UTC(2026, 0, 5, 12);
const ADDRESSES = 12;
let server: TestPostgres | undefined;
let store: Postgres;
beforeAll(async () => {
  server = await startTestPostgres();
  store = openPostgres({ url: server.url, max: 4, sealingKeys: [randomBytes(32)] });
});
afterAll(async () => {
  await store?.close();
  await server?.stop();
});

/** An analyzer's alerts, as a process of its own has them. */
const aTracker = (): AlertTracker =>
  new AlertTracker({
    store: store.alerts,
    clock: systemClock,
    publish: async () => undefined,
    newId: randomUUID,
    quietMs: () => 900_000,
    updateEveryMs: 0,
    onProblem: (error) => {
      throw error;
    },
  });

const guessing = (tenant: string, address: string, at = T0): Alert =>
  anAlert({
    tenant,
    type: 'brute-force',
    entity: { kind: 'ip', id: address, name: address },
    detectedAt: at,
    window: { from: at - 60_000, to: at },
  });

test('a dozen addresses of one network that guess keys at once are one campaign and two notices, on a real PostgreSQL', async () => {
  const tenant = `t-${randomUUID()}`;
  const { webhook } = await store.webhooks.create(
    tenant,
    { name: 'pager', url: 'https://pager.example', allowPrivateAddress: false, events: ['alert.*', 'campaign.*'] },
    'ann',
  );
  const draft = PolicyDraft.parse({ name: 'tell', actions: [{ kind: 'notify', webhookId: webhook.id }] });
  await store.policies.create(tenant, draft, 'ann');
  const trackers = [aTracker(), aTracker(), aTracker()];
  for (let n = 0; n < ADDRESSES; n++) await trackers[n % 3]?.take(guessing(tenant, `203.0.113.${n}`));
  await trackers[0]?.take(guessing(tenant, '203.0.114.1'));

  const campaigns = await store.alerts.campaigns({ tenant, limit: 9, alertsEach: 99 });
  expect(campaigns.map(({ totals }) => totals.alerts).sort()).toEqual([1, ADDRESSES].sort());

  const parts = { bus: new FakeEventBus(), jobs: new FakeJobQueue<Jobs>(), clock: systemClock, metrics: new Metrics() };
  const evaluator = new Evaluator({
    ...parts,
    enforcements: store.enforcements,
    rules: new RulesCache(store.policies, systemClock),
    log: createLogger({ name: 'spec', level: 'silent', pretty: false }),
    allowPrivateAddresses: false,
  });
  for (const alert of await store.alerts.list({ tenant, limit: 99 })) await evaluator.evaluate(alert);
  const deliveries = await store.deliveries.list({ tenant, limit: 99 });
  const states = deliveries.map(({ event, state }) => `${event} ${state}`).sort();
  expect(states.filter((one) => one.endsWith('pending'))).toEqual([
    'alert.opened pending', // the other network's
    'alert.opened pending',
    'campaign.updated pending',
  ]);
  expect(states.filter((one) => one.endsWith('folded'))).toHaveLength(ADDRESSES - 2);
});
