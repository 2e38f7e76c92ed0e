import { describe, expect, test } from '@jest/globals';
import { ALICE, aPlugin, BOB, RespondWorld, START } from '../testing/respond-world.ts';

describe('following the rows', () => {
  test('a lost queue is rebuilt, and what should have ended while we were down ends at once', async () => {
    const world = new RespondWorld();
    const over = world.add({ endsAt: START + 1_000 });
    const waiting = world.add({ entity: { kind: 'consumer', id: BOB, name: 'bob' }, endsAt: START + 50_000 });
    await world.apply(over.id);
    world.jobs.waiting.clear();
    world.time = START + 20_000;
    await world.responder.watch.round();
    expect([...world.jobs.waiting.values()].map(({ jobId, delayMs }) => [jobId, delayMs]).sort()).toEqual([
      [`apply-${waiting.id}`, 0],
      [`lift-${over.id}`, 0],
      [`lift-${waiting.id}`, 30_000],
      [`verify-${over.id}`, 0],
    ]);
    for (const jobId of [...world.jobs.waiting.keys()].filter((one) => one.includes(over.id)))
      await world.jobs.run(jobId);
    expect(world.row(over.id).state).toBe('lifted');
    expect(world.standing()).toEqual([]);
  });

  test('waits for the next attempt that a row names', async () => {
    const world = new RespondWorld();
    world.kong.away = true;
    const { id } = world.add();
    await world.apply(id);
    world.jobs.waiting.clear();
    await world.responder.watch.round();
    expect(world.jobs.waiting.get(`apply-${id}`)?.delayMs).toBe((world.row(id).nextAttemptAt ?? 0) - world.time);
  });

  test('an end far ahead is not queued yet', async () => {
    const world = new RespondWorld();
    const { id } = world.add({ endsAt: START + 86_400_000 });
    await world.apply(id);
    expect(world.jobs.waiting.has(`lift-${id}`)).toBe(false);
  });
});

describe('the sweep of Kong', () => {
  test('takes out what an enforcement that is over left there, restoring what it had saved', async () => {
    const world = new RespondWorld();
    const own = aPlugin('request-termination', { consumer: { id: ALICE }, enabled: false, tags: ['team-a'] });
    world.kong.place(own);
    const before = structuredClone(world.standing());
    const { id } = world.add();
    await world.apply(id);
    const backup = structuredClone(world.standing());
    await world.undo(id);
    for (const plugin of backup) world.kong.place(plugin);
    await world.responder.watch.round();
    expect(world.standing()).toEqual(before);
  });

  test('deletes plugins that we made for enforcements that no row knows, and nothing that is not ours', async () => {
    const world = new RespondWorld();
    const { id } = world.add();
    await world.apply(id);
    world.enforcements.records.clear();
    const operators = aPlugin('request-termination', { consumer: { id: BOB }, tags: ['outrider-like'] });
    const claimed = aPlugin('rate-limiting', { tags: ['outrider', 'outrider-enforcement-x'], config: { minute: 1 } });
    world.kong.place(operators);
    world.kong.place(claimed);
    await world.responder.watch.round();
    expect(
      world
        .standing()
        .map((plugin) => plugin.id)
        .sort(),
    ).toEqual([operators.id, claimed.id].sort());
    expect(await world.metrics.text()).toContain('outrider_respond_sweep_total{finding="orphan-unknown"} 1');
  });

  test('leaves live enforcements alone', async () => {
    const world = new RespondWorld();
    const { id } = world.add();
    await world.apply(id);
    const before = structuredClone(world.standing());
    await world.responder.watch.round();
    expect(world.standing()).toEqual(before);
    expect(world.kong.writes).toHaveLength(1);
  });

  test('an orphan beside a live one goes alone', async () => {
    const world = new RespondWorld();
    const block = (address: string) =>
      world.add({
        action: { kind: 'block-address', durationSeconds: 60 },
        entity: { kind: 'ip', id: address, name: address },
      });
    const [over, live] = [block('203.0.113.7'), block('203.0.113.8')];
    await world.apply(over.id);
    await world.apply(live.id);
    world.enforcements.records.set(over.id, { ...world.row(over.id), state: 'lifted' });
    await world.responder.watch.round();
    expect(world.standing()).toMatchObject([{ config: { deny: ['203.0.113.8'] } }]);
  });

  test('an orphan outlives a lift beside it only until the sweep, and is not taken for an operator’s entry', async () => {
    const world = new RespondWorld();
    const rows = ['203.0.113.7', '203.0.113.8'].map((id) =>
      world.add({ action: { kind: 'block-address', durationSeconds: 60 }, entity: { kind: 'ip', id, name: id } }),
    );
    const [over, live] = rows.map(({ id }) => id);
    for (const { id } of rows) await world.apply(id);
    world.enforcements.records.set(over ?? '', { ...world.row(over ?? ''), state: 'lifted' });
    await world.undo(live ?? '');
    expect(world.standing()).toMatchObject([{ config: { deny: ['203.0.113.7'] } }]);
    await world.responder.watch.round();
    expect(world.standing()).toEqual([]);
  });

  test('an address whose share another process overwrote is put back; a block that somebody took out whole is not', async () => {
    const world = new RespondWorld();
    const rows = ['203.0.113.7', '203.0.113.8'].map((id) =>
      world.add({ action: { kind: 'block-address', durationSeconds: 60 }, entity: { kind: 'ip', id, name: id } }),
    );
    const block = world.add();
    for (const { id } of [...rows, block]) {
      await world.apply(id);
      world.time += 5_000;
      await world.responder.runner.verify(id);
    }
    const [first, second] = rows;
    const tags = world.kong.stored.get(first?.id ?? '')?.tags?.filter((tag) => !tag.includes(second?.id ?? '?')) ?? [];
    await world.kong.patchPlugin(first?.id ?? '', { tags, config: { deny: ['203.0.113.7'] } });
    await world.kong.deletePlugin(block.id);
    world.time += 120_000;
    await world.responder.watch.round();
    expect(world.standing()).toMatchObject([{ config: { deny: ['203.0.113.7', '203.0.113.8'] } }]);
    expect(await world.metrics.text()).toContain('outrider_respond_sweep_total{finding="missing"} 1');
    for (const { id } of rows) await world.undo(id);
    expect(world.standing()).toEqual([]);
  });

  test('a gateway that is away stops neither the round nor the start', async () => {
    const world = new RespondWorld();
    world.kong.away = true;
    world.responder.watch.start();
    await world.responder.watch.stop();
    const { id } = world.add();
    await expect(world.responder.watch.round()).resolves.toBeUndefined();
    expect(id).toBeDefined();
  });
});
