import { describe, expect, test } from '@jest/globals';
import { CHANGES_TOPIC } from '@outrider/contracts/topics/topic-catalogue';
import { PermanentError, TransientError } from '@outrider/platform/errors';
import { Responder } from '../responder.ts';
import { createLogger } from '@outrider/platform/logger';
import { FakeJobQueue } from '@outrider/testing/fakes/job-queue.fake';
import type { Jobs } from '@outrider/contracts/jobs/job-catalogue';
import { ALICE, RespondWorld, START } from '../testing/respond-world.ts';

describe('the life of an enforcement', () => {
  test('applied, effective after propagation, lifted at its end, each step announced', async () => {
    const world = new RespondWorld();
    const { id } = world.add({ endsAt: START + 60_000 });
    await world.apply(id);
    expect(world.row(id)).toMatchObject({
      state: 'applied',
      appliedAt: START,
      changes: [{ method: 'PUT', path: `/plugins/${id}` }],
    });
    expect(world.jobs.waiting.get(`verify-${id}`)?.delayMs).toBe(5_000);
    expect(world.jobs.waiting.get(`lift-${id}`)?.delayMs).toBe(60_000);
    world.time = START + 5_000;
    await world.jobs.run(`verify-${id}`);
    expect(world.row(id)).toMatchObject({ state: 'effective', effectiveBy: 'propagation', effectiveAt: START + 5_000 });
    world.time = START + 60_000;
    await world.jobs.run(`lift-${id}`);
    expect(world.row(id)).toMatchObject({ state: 'lifted', liftedBy: 'outrider', liftedAt: START + 60_000 });
    expect(world.standing()).toEqual([]);
    const changes = world.bus.published.map(({ topic, message }) => [
      topic,
      JSON.parse(message.value.toString()).change,
    ]);
    expect(changes).toEqual(['applied', 'effective', 'lifting', 'lifted'].map((state) => [CHANGES_TOPIC.name, state]));
  });

  test('is not called effective before Kong’s time of propagation has passed, unless a refusal was seen', async () => {
    const world = new RespondWorld();
    const { id } = world.add();
    await world.apply(id);
    await world.responder.runner.verify(id);
    expect(world.row(id).state).toBe('applied');
    world.time += 100;
    const change = {
      v: 1,
      tenant: 'default',
      kind: 'enforcement',
      id,
      revision: 1,
      change: 'refusal-seen',
      at: world.time,
    };
    const delivery = { value: Buffer.from(JSON.stringify(change)) } as Parameters<
      typeof world.responder.listener.handle
    >[0];
    await world.responder.listener.handle(delivery);
    expect(world.row(id)).toMatchObject({ state: 'effective', effectiveBy: 'refusal-seen' });
  });

  test('whose end has passed before it was applied never touches Kong', async () => {
    const world = new RespondWorld();
    const { id } = world.add({ endsAt: START - 1 });
    await world.apply(id);
    expect(world.row(id)).toMatchObject({ state: 'lifted', liftedBy: 'outrider', appliedAt: null });
    expect(world.kong.writes).toEqual([]);
  });

  test('whose end was moved goes on', async () => {
    const world = new RespondWorld();
    const { id } = world.add({ endsAt: START + 10_000 });
    await world.apply(id);
    world.enforcements.records.set(id, { ...world.row(id), endsAt: START + 90_000 });
    world.time = START + 10_000;
    await world.jobs.run(`lift-${id}`);
    expect(world.row(id).state).toBe('applied');
    expect(world.jobs.waiting.get(`lift-${id}`)?.delayMs).toBe(80_000);
  });

  test('while Kong is away it waits visibly, with growing pauses, and then happens', async () => {
    const world = new RespondWorld();
    const { id } = world.add();
    world.kong.away = true;
    const pauses: number[] = [];
    for (let attempt = 1; attempt <= 10; attempt++) {
      await world.apply(id);
      const row = world.row(id);
      expect(row).toMatchObject({ state: 'pending', attempts: attempt, lastError: 'Kong is away' });
      pauses.push((row.nextAttemptAt ?? 0) - world.time);
      world.time = row.nextAttemptAt ?? 0;
    }
    expect(pauses[0]).toBeLessThanOrEqual(1_000);
    expect(pauses[0]).toBeGreaterThanOrEqual(500);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(60_000);
    expect(pauses.at(-1)).toBeGreaterThanOrEqual(30_000);
    world.kong.away = false;
    await world.jobs.run(`apply-${id}`);
    expect(world.row(id)).toMatchObject({ state: 'applied', attempts: 0, lastError: null });
  });

  test('what Kong refuses for good is failed with Kong’s words, and a read-only Kong with what to do', async () => {
    const world = new RespondWorld();
    world.kong.writable = false;
    const readOnly = world.add();
    await world.apply(readOnly.id);
    expect(world.row(readOnly.id)).toMatchObject({ state: 'failed' });
    expect(world.row(readOnly.id).lastError).toContain('point KONG_ADMIN_URL at a control plane');
    world.kong.writable = true;
    const missing = world.add({ entity: { kind: 'consumer', id: 'nobody', name: 'nobody' } });
    await world.apply(missing.id);
    expect(world.row(missing.id)).toMatchObject({ state: 'failed', lastError: 'consumer nobody is not in this Kong' });
    expect(world.kong.writes).toEqual([]);
  });

  test('half written when Kong refuses the rest, or when the kill switch goes on, it is taken back', async () => {
    for (const how of ['refused', 'kill switch'] as const) {
      const world = new RespondWorld();
      for (const [name, plugin] of Object.entries(STANDING))
        world.kong.place({ ...plugin, id: `${name}0000000-0000-4000-8000-000000000000` });
      const before = structuredClone(world.standing());
      const { id } = world.add({ action: { kind: 'rate-limit-consumer', durationSeconds: 60, limits: { minute: 7 } } });
      let writes = 0;
      world.kong.beforeWrite = () => {
        if (++writes !== 2) return;
        throw how === 'refused' ? new PermanentError('schema violation') : new TransientError('Kong is away');
      };
      await world.apply(id);
      if (how === 'kill switch') {
        expect(world.standing()).not.toEqual(before);
        await world.policies.setGuardRails('default', { killSwitch: true }, 'tester');
        await world.apply(id);
      }
      expect(world.standing()).toEqual(before);
      expect(world.row(id).state).toBe(how === 'refused' ? 'failed' : 'lifted');
    }
  });

  test('a lift never gives up, not even when Kong refuses', async () => {
    const world = new RespondWorld();
    const { id } = world.add();
    await world.apply(id);
    world.kong.away = true;
    await world.undo(id);
    for (let attempt = 2; attempt < 20; attempt++) await world.responder.runner.lift(id);
    const row = world.row(id);
    expect(row).toMatchObject({ state: 'lifting', liftedBy: 'tester', lastError: 'Kong is away' });
    expect((row.nextAttemptAt ?? 0) - world.time).toBeLessThanOrEqual(300_000);
    world.kong.away = false;
    await world.jobs.run(`lift-${id}`);
    expect(world.row(id).state).toBe('lifted');
    expect(world.standing()).toEqual([]);
  });

  test('of a consumer that was deleted is over', async () => {
    const world = new RespondWorld();
    const { id } = world.add();
    await world.apply(id);
    world.kong.stored.clear();
    world.kong.consumers.delete(ALICE);
    world.time += 5_000;
    await world.responder.runner.verify(id);
    expect(world.row(id).state).toBe('lifted');
  });

  test('is not begun while the kill switch is on; undo goes on', async () => {
    const world = new RespondWorld();
    const standing = world.add({ entity: { kind: 'consumer', id: ALICE, name: 'alice' } });
    await world.apply(standing.id);
    await world.policies.setGuardRails('default', { killSwitch: true }, 'tester');
    const waiting = world.add({ action: { kind: 'rate-limit-consumer', durationSeconds: 60, limits: { minute: 1 } } });
    await world.apply(waiting.id);
    expect(world.row(waiting.id)).toMatchObject({ state: 'refused', lastError: 'the kill switch is on' });
    await world.undo(standing.id);
    expect(world.row(standing.id).state).toBe('lifted');
    expect(world.standing()).toEqual([]);
  });

  test('is applied once by two responders at work on it at the same time', async () => {
    const world = new RespondWorld();
    const other = new Responder({
      ...world,
      jobs: new FakeJobQueue<Jobs>(),
      log: createLogger({ name: 'b', level: 'silent', pretty: false }),
    });
    const { id } = world.add();
    await Promise.all([world.apply(id), other.runner.apply(id)]);
    expect(world.row(id).state).toBe('applied');
    expect(world.standing()).toHaveLength(1);
    expect(world.enforcements.audits.filter(({ act }) => act === 'enforcement.applied')).toHaveLength(1);
    await Promise.all([world.undo(id), other.runner.lift(id)]);
    expect(world.standing()).toEqual([]);
    expect(world.enforcements.audits.filter(({ act }) => act === 'enforcement.lifted')).toHaveLength(1);
  });

  test('a share that another process overwrote is written again', async () => {
    const world = new RespondWorld();
    const { id } = world.add();
    await world.apply(id);
    world.kong.stored.clear();
    world.time += 5_000;
    await world.responder.runner.verify(id);
    expect(world.row(id)).toMatchObject({ state: 'applied', attempts: 1 });
    expect(world.standing()).toHaveLength(1);
    world.time += 5_000;
    await world.responder.runner.verify(id);
    expect(world.row(id).state).toBe('effective');
  });
});

describe('a crash between any two steps', () => {
  test.each(['before', 'lost'] as const)('leaves nothing that a second run does not finish (%s)', async (kind) => {
    for (let at = 0; at < 4; at++) {
      const world = new RespondWorld();
      for (const [name, plugin] of Object.entries(STANDING))
        world.kong.place({ ...plugin, id: `${name}0000000-0000-4000-8000-000000000000` });
      const before = structuredClone(world.standing());
      const { id } = world.add({ action: { kind: 'rate-limit-consumer', durationSeconds: 60, limits: { minute: 7 } } });
      world.kong.failAt = { left: at, lost: kind === 'lost' };
      await world.apply(id);
      // the process dies: what it knew is gone but for the rows
      await world.apply(id);
      expect(world.row(id).state).toBe('applied');
      expect(
        world
          .standing()
          .filter((p) => p.consumer?.id === ALICE)
          .map((p) => p.config['minute']),
      ).toEqual([7, 7, 7]);
      world.kong.failAt = { left: at, lost: kind === 'lost' };
      await world.undo(id);
      await world.undo(id);
      expect(world.row(id).state).toBe('lifted');
      expect(world.standing()).toEqual(before);
    }
  });

  test('a store that fails after Kong was changed loses nothing', async () => {
    const world = new RespondWorld();
    const { id } = world.add();
    const save = world.enforcements.save.bind(world.enforcements);
    world.enforcements.save = async (record, audit) => {
      if (record.state === 'applied') throw new TransientError('PostgreSQL is away');
      return save(record, audit);
    };
    await world.apply(id);
    expect(world.row(id)).toMatchObject({ state: 'pending', attempts: 1 });
    world.enforcements.save = save;
    await world.apply(id);
    expect(world.row(id).state).toBe('applied');
    expect(world.kong.writes).toHaveLength(1);
  });
});

const rest = { name: 'rate-limiting', instance_name: null, enabled: true, tags: null };
const STANDING = {
  a: { ...rest, consumer: { id: ALICE }, route: null, service: null, config: { minute: 900 } },
  b: { ...rest, consumer: { id: ALICE }, route: { id: 'r1' }, service: null, config: { minute: 800 } },
  c: { ...rest, consumer: null, route: { id: 'r2' }, service: { id: 's2' }, config: { minute: 700 } },
};
