import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { BullJobQueue } from '@outrider/bullmq/bull-job-queue';
import { JOBS, type Jobs } from '@outrider/contracts/jobs/job-catalogue';
import { anEnforcement } from '@outrider/domain/response/testing';
import { KongGateways } from '@outrider/kong/kong-gateways';
import { startKongSim, type KongSim } from '@outrider/kong-sim/kong-sim';
import { HttpOutbound } from '@outrider/outbound/http-outbound';
import { createLogger } from '@outrider/platform/logger';
import { Metrics } from '@outrider/platform/metrics';
import { systemClock } from '@outrider/ports/clock';
import type { EnforcementRecord } from '@outrider/ports/response-store';
import { openPostgres, type Postgres } from '@outrider/postgres/open-postgres';
import { startTestPostgres, type TestPostgres } from '@outrider/postgres/testing/test-postgres';
import { Responder } from '@outrider/respond/responder';
import { eventually } from '@outrider/testing/eventually';
import { FakeEventBus } from '@outrider/testing/fakes/event-bus.fake';

const ALICE = 'c0ffee00-0000-4000-8000-000000000001';
const BOB = 'c0ffee00-0000-4000-8000-000000000002';
const log = createLogger({ name: 'spec', level: 'silent', pretty: false });

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(async () => {
  await postgres.stop();
});

/** The respond stage with everything real but the bus; Kong is kong-sim. */
class Stage {
  readonly metrics = new Metrics();
  readonly stores: Postgres = openPostgres({ url: postgres.url, max: 6, sealingKeys: [Buffer.alloc(32, 7)] });
  readonly gateways: KongGateways;
  readonly jobs: BullJobQueue<Jobs>;
  readonly responder: Responder;

  constructor(readonly sim: KongSim) {
    const settings = { id: 'default', tenant: 'default', adminUrl: sim.adminUrl, propagationMs: 150 };
    this.gateways = new KongGateways([settings]);
    const { metrics } = this;
    const engine = { kind: 'postgres', url: postgres.url, poolSize: 2 } as const;
    this.jobs = new BullJobQueue<Jobs>(JOBS, engine, { log, metrics });
    const { enforcements, policies, audit, webhooks, deliveries } = this.stores;
    const outbound = new HttpOutbound(metrics);
    const bus = new FakeEventBus();
    const { gateways, jobs } = this;
    this.responder = new Responder({
      enforcements,
      policies,
      audit,
      webhooks,
      deliveries,
      gateways,
      jobs,
      bus,
      outbound,
      clock: systemClock,
      metrics,
      log,
      watchEveryMs: 300,
    });
  }

  async start(): Promise<this> {
    // Prisma loads its compiler with the first query: here, not in the background between a hook and a test, where Jest refuses imports.
    await this.stores.enforcements.live();
    await this.jobs.start();
    for (const part of this.responder.led) await part.start();
    return this;
  }

  async stop(): Promise<void> {
    for (const part of this.responder.led) await part.stop();
    await this.jobs.stop();
    this.gateways.close();
    await this.stores.close();
  }

  async ask(overrides: Parameters<typeof anEnforcement>[0]): Promise<string> {
    const now = Date.now();
    const id = randomUUID();
    const record = {
      ...anEnforcement({ id, createdAt: now, endsAt: now + 3_600_000, ...overrides }),
      saved: null,
      revision: 1,
    };
    await this.stores.enforcements.create(record, 'tester');
    await this.jobs.enqueue('enforcement.apply', { v: 1, enforcementId: id }, { jobId: `apply-${id}`, delayMs: 0 });
    return id;
  }

  async row(id: string): Promise<EnforcementRecord> {
    const row = await this.stores.enforcements.findById(id);
    if (!row) throw new Error('no row');
    return row;
  }

  reaches(id: string, state: EnforcementRecord['state']): Promise<EnforcementRecord> {
    return eventually(async () => {
      const row = await this.row(id);
      return row.state === state ? row : undefined;
    }, 20_000);
  }

  async undo(id: string): Promise<void> {
    const row = await this.row(id);
    await this.stores.enforcements.save(
      { ...row, state: 'lifting', liftedBy: 'tester', revision: row.revision + 1 },
      { actor: 'tester', act: 'enforcement.undo' },
    );
    await this.jobs.enqueue('enforcement.lift', { v: 1, enforcementId: id }, { jobId: `lift-${id}`, delayMs: 0 });
    await this.reaches(id, 'lifted');
  }
}

const call = async (sim: KongSim, key: string, path = '/orders'): Promise<number> =>
  (await fetch(`${sim.proxyUrl}${path}`, { headers: { apikey: key } })).status;

/** All plugins, as Kong shows them, but for their times. */
const standing = (sim: KongSim) => sim.list('plugins').map(({ created_at: _c, updated_at: _u, ...plugin }) => plugin);

describe('the respond stage on PostgreSQL, BullMQ and kong-sim', () => {
  let sim: KongSim;
  let stage: Stage;
  beforeEach(async () => {
    sim = await startKongSim({ propagationMs: 0 });
    sim.seed({
      services: [
        {
          name: 'orders',
          url: sim.upstreamUrl,
          routes: [
            { name: 'orders', paths: ['/orders'] },
            { name: 'slow', paths: ['/slow'] },
          ],
        },
      ],
      consumers: [
        { id: ALICE, username: 'alice', keyauth_credentials: [{ key: 'alice-key' }] },
        { id: BOB, username: 'bob', keyauth_credentials: [{ key: 'bob-key' }] },
      ],
      plugins: [{ name: 'key-auth' }],
    });
    stage = await new Stage(sim).start();
  });
  afterEach(async () => {
    await stage.stop();
    await sim.stop();
  });

  test('blocks the consumer and nobody else, says when it is effective, and releases when its time is up', async () => {
    const before = standing(sim);
    const id = await stage.ask({ endsAt: Date.now() + 2_500 });
    await stage.reaches(id, 'effective');
    expect([await call(sim, 'alice-key'), await call(sim, 'bob-key')]).toEqual([403, 200]);
    const lifted = await stage.reaches(id, 'lifted');
    expect(lifted).toMatchObject({ liftedBy: 'outrider', effectiveBy: 'propagation' });
    expect(await call(sim, 'alice-key')).toBe(200);
    expect(standing(sim)).toEqual(before);
  });

  test('an operator’s own plugins come back field by field, whatever was blocked over them', async () => {
    sim.seed({
      plugins: [
        {
          name: 'request-termination',
          consumer: { id: ALICE },
          enabled: false,
          instance_name: 'alice-off',
          tags: ['team-a'],
          protocols: ['http'],
          config: { status_code: 418, body: 'tea', content_type: 'text/plain' },
        },
        {
          name: 'rate-limiting',
          consumer: { id: ALICE },
          tags: ['gold'],
          config: { minute: 1000, policy: 'redis', redis: { host: 'redis', password: 'hunter2' } },
        },
        { name: 'rate-limiting', route: 'slow', config: { minute: 3 } },
        { name: 'ip-restriction', config: { deny: ['192.0.2.0/24'], message: 'no' } },
        { name: 'ip-restriction', route: 'slow', config: { allow: ['0.0.0.0/0'] } },
      ],
    });
    const before = standing(sim);
    const ids = [
      await stage.ask({}),
      await stage.ask({ action: { kind: 'rate-limit-consumer', durationSeconds: 60, limits: { minute: 10 } } }),
      await stage.ask({
        action: { kind: 'block-address', durationSeconds: 60 },
        entity: { kind: 'ip', id: '203.0.113.7', name: 'x' },
      }),
      await stage.ask({
        action: { kind: 'block-address', durationSeconds: 60 },
        entity: { kind: 'ip', id: '203.0.113.8', name: 'x' },
      }),
    ];
    for (const id of ids) await stage.reaches(id, 'effective');
    expect(await call(sim, 'alice-key')).toBe(403);
    const restrictions = sim.list('plugins').filter(({ name }) => name === 'ip-restriction');
    for (const { config } of restrictions)
      expect(config).toMatchObject({ deny: expect.arrayContaining(['203.0.113.7', '203.0.113.8']) });
    const limit = sim.list('plugins').find((p) => p['name'] === 'rate-limiting' && p['consumer'] !== null);
    expect(limit).toMatchObject({ config: { minute: 3 } });
    expect(JSON.stringify(await Promise.all(ids.map((id) => stage.row(id))))).not.toContain('hunter2');
    for (const id of [ids[2], ids[0], ids[3], ids[1]]) await stage.undo(id ?? '');
    expect(standing(sim)).toEqual(before);
  });

  test('limits a consumer never more loosely than before, through the proxy', async () => {
    sim.seed({ plugins: [{ name: 'rate-limiting', route: 'slow', config: { minute: 2 } }] });
    const id = await stage.ask({ action: { kind: 'rate-limit-consumer', durationSeconds: 60, limits: { minute: 4 } } });
    await stage.reaches(id, 'applied');
    const statuses = [];
    for (let at = 0; at < 4; at++) statuses.push(await call(sim, 'alice-key', '/slow'));
    // a minute may turn in between: then two more pass
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(1);
    await stage.undo(id);
  });

  test('while Kong is away it waits and shows why; once Kong is back it is applied, and likewise lifted', async () => {
    const before = standing(sim);
    await sim.fault({ kind: 'refuse' });
    const id = await stage.ask({});
    await eventually(async () => (await stage.row(id)).attempts >= 2, 20_000);
    expect(await stage.row(id)).toMatchObject({
      state: 'pending',
      lastError: expect.stringContaining('cannot be reached'),
    });
    await sim.fault(undefined);
    await stage.reaches(id, 'effective');
    await sim.fault({ kind: 'status', status: 503 });
    const row = await stage.row(id);
    await stage.stores.enforcements.save(
      { ...row, state: 'lifting', liftedBy: 'tester', revision: row.revision + 1 },
      { actor: 'tester', act: 'undo' },
    );
    await stage.jobs.enqueue('enforcement.lift', { v: 1, enforcementId: id }, { jobId: `lift-${id}`, delayMs: 0 });
    await eventually(async () => (await stage.row(id)).attempts >= 1, 20_000);
    await sim.fault(undefined);
    await stage.reaches(id, 'lifted');
    expect(standing(sim)).toEqual(before);
  });

  test('what should have ended while nobody was running is undone at start', async () => {
    const before = standing(sim);
    const id = await stage.ask({ endsAt: Date.now() + 1_500 });
    await stage.reaches(id, 'applied');
    const { endsAt } = await stage.row(id);
    await stage.stop();
    await eventually(() => Date.now() > (endsAt ?? 0), 5_000);
    expect(await call(sim, 'alice-key')).toBe(403);
    stage = await new Stage(sim).start();
    await stage.reaches(id, 'lifted');
    expect(standing(sim)).toEqual(before);
  });

  test.each([false, true])(
    'a call that breaks anywhere leaves the same state in the end (its effect kept: %s)',
    async (applies) => {
      sim.seed({
        plugins: [
          { name: 'ip-restriction', route: 'slow', config: { allow: ['0.0.0.0/0'] } },
          { name: 'ip-restriction', route: 'orders', config: { deny: ['192.0.2.1'] } },
        ],
      });
      const before = standing(sim);
      for (let at = 0; at < 3; at++) {
        const fail = async (): Promise<void> => {
          let seen = 0;
          await sim.fault({ kind: 'reset', applies, match: ({ method }) => method !== 'GET' && seen++ === at });
        };
        await fail();
        const id = await stage.ask({
          action: { kind: 'block-address', durationSeconds: 60 },
          entity: { kind: 'ip', id: '203.0.113.7', name: 'x' },
        });
        await stage.reaches(id, 'effective');
        expect(sim.list('plugins').filter(({ name }) => name === 'ip-restriction')).toHaveLength(3);
        await fail();
        await stage.undo(id);
        expect(standing(sim)).toEqual(before);
      }
      await sim.fault(undefined);
    },
  );
});
