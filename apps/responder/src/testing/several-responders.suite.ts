import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { JobEngineOptions } from '@outrider/bullmq/queue-engine';
import { anAlert } from '@outrider/domain/detection/testing';
import type { Alert } from '@outrider/domain/detection/alert';
import { TransientError } from '@outrider/platform/errors';
import { PolicyDraft } from '@outrider/domain/response/policy';
import { anEnforcement } from '@outrider/domain/response/testing';
import { startKongSim, type KongSim } from '@outrider/kong-sim/kong-sim';
import { migrateDeploy } from '@outrider/postgres/migrate-deploy';
import { startTestPostgres, type TestPostgres } from '@outrider/postgres/testing/test-postgres';
import { eventually } from '@outrider/testing/eventually';
import { TypescriptChild } from '@outrider/testing/process/typescript-child';
import pg from 'pg';
import { ResponderStack } from './responder-stack.ts';

export interface SuiteEngine {
  /** Of a fresh namespace each time, for the database that is given. */
  options(databaseUrl: string): JobEngineOptions;
  readonly redisUrl?: string;
  /** Of the keys in Redis. */
  prefixOf?(databaseUrl: string): string;
}

const CONSUMERS = 12;
const consumerId = (n: number): string => `c0ffee00-0000-4000-8000-${String(n).padStart(12, '0')}`;
const address = (n: number): string => `203.0.113.${n + 1}`;

/** Several complete responders against one Kong, one PostgreSQL and one queue: what each of them must leave to the others. */
export const severalResponders = (name: string, open: () => Promise<SuiteEngine>): void => {
  describe(`several responders, jobs on ${name}`, () => {
    let postgres: TestPostgres | undefined;
    let engine: SuiteEngine;
    let sim: KongSim;
    /** What a test has started, newest last: stopped however it ends, since one open handle keeps jest from exiting. */
    let started: (() => Promise<unknown>)[] | undefined;
    let databaseUrl: string;

    beforeAll(async () => {
      engine = await open();
      postgres = await startTestPostgres();
    });
    afterAll(() => postgres?.stop());
    beforeEach(async () => {
      started = [];
      databaseUrl = await freshDatabase(postgres?.url ?? '');
      sim = await startKongSim({ propagationMs: 0 });
      stopAfterwards(() => sim.stop());
      sim.seed({
        services: [{ name: 'orders', url: sim.upstreamUrl, routes: [{ name: 'orders', paths: ['/orders'] }] }],
        consumers: Array.from({ length: CONSUMERS }, (_, n) => ({ id: consumerId(n), username: `c${n}` })),
        plugins: [
          { name: 'key-auth' },
          { name: 'ip-restriction', config: { deny: ['192.0.2.0/24'], message: 'no' } },
          { name: 'ip-restriction', route: 'orders', config: { allow: ['0.0.0.0/0'] } },
        ],
      });
    });
    afterEach(async () => {
      const stops = started?.reverse() ?? [];
      started = undefined;
      const failed: unknown[] = [];
      for (const stop of stops) await stop().catch((error: unknown) => failed.push(error));
      if (failed.length > 0) throw failed[0];
    });
    /** A test that ran into its time limit goes on for a while: what it starts then, nobody would stop. */
    const stopAfterwards = (stop: () => Promise<unknown>): void => {
      if (!started) throw new Error('the test is over');
      started.push(stop);
    };

    const stack = (): ResponderStack => {
      const jobs = engine.options(databaseUrl);
      const made = new ResponderStack({ databaseUrl, adminUrl: sim.adminUrl, jobs, lockMs: 1_000 });
      stopAfterwards(() => made.stop());
      return made;
    };
    const three = async (): Promise<[ResponderStack, ResponderStack, ResponderStack]> => {
      const made = [stack(), stack(), stack()] as const;
      await Promise.all(made.map((one) => one.start()));
      return [...made];
    };
    const standing = () => sim.list('plugins').map(({ created_at: _c, updated_at: _u, ...plugin }) => plugin);
    const writes = (method: string): string[] =>
      sim.adminLog.filter((call) => call.method === method).map(({ path }) => path);
    const acts = async (one: ResponderStack, id: string): Promise<string[]> =>
      (await one.stores.audit.list({ tenant: 'default', limit: 1_000 }))
        .filter(({ subject }) => subject === `enforcement:${id}`)
        .map(({ act }) => act)
        .reverse();
    const alertOf = (n: number): Alert =>
      anAlert({ id: randomUUID(), entity: { kind: 'consumer', id: consumerId(n), name: `c${n}` } });

    test('the same alerts in every process: each consumer is blocked once, told of once, and released once', async () => {
      const receiver = await Receiver.start();
      stopAfterwards(() => receiver.stop());
      const all = await three();
      const [first] = all;
      const { webhook } = await first.stores.webhooks.create(
        'default',
        { name: 'siem', url: receiver.url, allowPrivateAddress: true, events: [] },
        'tester',
      );
      const actions = [
        { kind: 'block-consumer', durationSeconds: 600 },
        { kind: 'notify', webhookId: webhook.id },
      ];
      await first.stores.policies.create('default', PolicyDraft.parse({ name: 'block', actions }), 'tester');
      const before = standing();
      const alerts = Array.from({ length: CONSUMERS }, (_, n) => alertOf(n));
      for (const alert of alerts) await first.stores.alerts.insert(alert);
      await Promise.all(
        all.flatMap((one) => [...alerts, ...alerts].map((alert) => surely(() => one.evaluator.evaluate(alert)))),
      );
      const rows = await first.stores.enforcements.live();
      expect(rows).toHaveLength(CONSUMERS);
      await Promise.all(all.flatMap((one) => rows.map(({ id }) => surely(() => one.nudge('apply', id)))));
      // jobs that stalled are run beside each other, whatever the queue promises
      await Promise.all(all.flatMap((one) => rows.map(({ id }) => surely(() => one.responder.runner.apply(id)))));
      for (const { id } of rows) await first.reaches(id, 'effective', 60_000);
      expect(writes('PUT').sort()).toEqual(rows.map(({ id }) => `/plugins/${id}`).sort());
      await eventually(() => receiver.ids.length >= CONSUMERS, 60_000);
      for (const [n, { id }] of rows.entries()) await all[n % 2]?.undo(id);
      await Promise.all(all.flatMap((one) => rows.map(({ id }) => surely(() => one.responder.runner.lift(id)))));
      for (const { id } of rows) await first.reaches(id, 'lifted');
      expect(writes('DELETE').sort()).toEqual(rows.map(({ id }) => `/plugins/${id}`).sort());
      expect(writes('PATCH')).toEqual([]);
      expect(standing()).toEqual(before);
      for (const { id } of rows)
        expect(await acts(first, id)).toEqual([
          'enforcement.pending',
          'enforcement.planned',
          'enforcement.applied',
          'enforcement.effective',
          'enforcement.undo',
          'enforcement.lifted',
        ]);
      expect(new Set(receiver.ids).size).toBe(CONSUMERS);
      expect(receiver.ids).toHaveLength(CONSUMERS);
    }, 150_000);

    test('addresses that share one restriction: none is lost to another process, and the operator’s own list comes back', async () => {
      const all = await three();
      const before = standing();
      const ids = await Promise.all(
        Array.from({ length: CONSUMERS }, (_, n) =>
          (all[n % 3] ?? all[0]).ask({
            action: { kind: 'block-address', durationSeconds: 60 },
            entity: { kind: 'ip', id: address(n), name: address(n) },
          }),
        ),
      );
      for (const id of ids) await all[0].reaches(id, 'effective');
      const denied = sim
        .list('plugins')
        .filter(({ name: plugin }) => plugin === 'ip-restriction')
        .map(({ config }) => config);
      expect(denied).toHaveLength(2);
      for (const config of denied)
        expect(config).toMatchObject({ deny: expect.arrayContaining(ids.map((_, n) => address(n))) });
      // two plugins were changed once for each address: no share was overwritten and written again
      expect(writes('PATCH')).toHaveLength(2 * CONSUMERS);
      await Promise.all(ids.map((id, n) => (all[n % 3] ?? all[0]).undo(id)));
      for (const id of ids) await all[0].reaches(id, 'lifted');
      expect(standing()).toEqual(before);
    });

    test('the cap per hour holds over all processes, for policies and people together', async () => {
      const all = [stack(), stack(), stack()];
      const [first] = all as [ResponderStack];
      await first.stores.policies.setGuardRails('default', { capPerHour: 5 }, 'tester');
      const draft = PolicyDraft.parse({ name: 'block', actions: [{ kind: 'block-consumer', durationSeconds: 600 }] });
      await first.stores.policies.create('default', draft, 'tester');
      const alerts = Array.from({ length: 8 }, (_, n) => alertOf(n));
      for (const alert of alerts) await first.stores.alerts.insert(alert);
      const byHand = (one: ResponderStack, n: number) => {
        const now = Date.now();
        const asked = anEnforcement({
          id: randomUUID(),
          createdAt: now,
          endsAt: now + 60_000,
          entity: { kind: 'consumer', id: consumerId(n), name: `c${n}` },
        });
        return one.stores.enforcements.create({ ...asked, saved: null, revision: 1 }, 'tester', 'guarded');
      };
      const created = await Promise.all([
        ...all.map((one, n) => surely(() => byHand(one, 8 + n))),
        ...all.flatMap((one) => alerts.map((alert) => surely(() => one.evaluator.evaluate(alert)))),
      ]);
      expect(await first.stores.enforcements.countSince('default', 0)).toBe(5);
      for (const creation of created) if (creation?.kind === 'refused') expect(creation).toMatchObject({ by: 'cap' });
    });

    test.each([
      ['the kill switch', { killSwitch: true }, 'refused'],
      ['simulation', { simulateAll: true }, 'simulated'],
    ] as const)(
      '%s that comes between decision and change is seen by whoever makes the change',
      async (_, rails, state) => {
        const [decides, acting] = [stack(), stack()];
        const ids = [await decides.ask({ entity: { kind: 'consumer', id: consumerId(0), name: 'c0' } })];
        await decides.stores.policies.setGuardRails('default', rails, 'tester');
        await acting.start();
        for (const id of ids) await acting.reaches(id, state);
        expect(sim.adminWrites).toBe(0);
      },
    );

    test('a decision under rules that another process has just changed is held back where it is written', async () => {
      const [changes, decides] = [stack(), stack()];
      const draft = PolicyDraft.parse({ name: 'block', actions: [{ kind: 'block-consumer', durationSeconds: 600 }] });
      await changes.stores.policies.create('default', draft, 'tester');
      const [warm, late] = [alertOf(0), alertOf(1)];
      await changes.stores.alerts.insert(warm);
      await changes.stores.alerts.insert(late);
      await decides.evaluator.evaluate(warm); // its cache holds the rules now
      await changes.stores.policies.setGuardRails('default', { killSwitch: true }, 'tester');
      await decides.evaluator.evaluate(late);
      const [row] = await decides.stores.enforcements.list({ tenant: 'default', alertId: late.id, limit: 9 });
      expect(row).toMatchObject({ state: 'refused', reason: 'the kill switch is on' });
    });

    test('a process killed with -9 in the middle of a change: another one finishes it, and takes it back in time', async () => {
      const before = standing();
      engine.options(databaseUrl);
      const child = new TypescriptChild(new URL('./responder.child.ts', import.meta.url), [
        databaseUrl,
        sim.adminUrl,
        engine.redisUrl ?? '',
        engine.prefixOf?.(databaseUrl) ?? '',
      ]);
      stopAfterwards(() => child.kill());
      await eventually(() => child.lines.includes('ready') || !child.running, 30_000);
      expect(child.errors).toBe('');
      // the second plugin's change takes effect, and the answer never comes: the process hangs between its writes
      let seen = 0;
      await sim.fault({ kind: 'hang', applies: true, match: ({ method }) => method === 'PATCH' && ++seen === 2 });
      const asking = stack();
      const ids = await Promise.all(
        [0, 1].map((n) =>
          asking.ask({
            action: { kind: 'block-address', durationSeconds: 60 },
            entity: { kind: 'ip', id: address(n), name: address(n) },
            endsAt: Date.now() + 15_000,
          }),
        ),
      );
      await eventually(() => seen >= 2, 20_000);
      await child.kill();
      await sim.fault(undefined);
      const heir = await stack().start();
      for (const id of ids) await heir.reaches(id, 'effective', 25_000);
      for (const id of ids) await heir.reaches(id, 'lifted', 40_000);
      expect(standing()).toEqual(before);
      for (const id of ids) {
        const done = await acts(heir, id);
        expect(done.filter((act) => act === 'enforcement.applied')).toHaveLength(1);
        expect(done.filter((act) => act === 'enforcement.lifted')).toHaveLength(1);
      }
    }, 120_000);
  });
};

/** On a busy machine a pool may be used up for a moment: that is a TransientError, and whoever called tries again; not for ever. */
const surely = async <T>(work: () => Promise<T>): Promise<T> => {
  for (const until = Date.now() + SURELY_MS; ;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof TransientError) || Date.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
};
const SURELY_MS = 30_000;

/** A migrated database of one test's own, on the server that all share. */
const freshDatabase = async (serverUrl: string): Promise<string> => {
  const name = `t_${randomUUID().replaceAll('-', '')}`;
  const client = new pg.Client(serverUrl);
  try {
    await client.connect();
    await client.query(`create database ${name}`);
  } finally {
    await client.end();
  }
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  await migrateDeploy(url.href);
  return url.href;
};

/** A webhook receiver that keeps the ids of what it was sent. */
class Receiver {
  readonly ids: string[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      this.ids.push(String(request.headers['webhook-id']));
      request.resume().on('end', () => response.end());
    });
  }

  static async start(): Promise<Receiver> {
    const receiver = new Receiver();
    await new Promise<void>((resolve) => receiver.#server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
