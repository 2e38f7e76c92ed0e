import { describe, expect, test } from '@jest/globals';
import { ALICE, aPlugin, RespondWorld } from '../../testing/respond-world.ts';
import { listMatches } from './address-match.ts';

const block = (world: RespondWorld, address: string) =>
  world.add({
    action: { kind: 'block-address', durationSeconds: 600 },
    entity: { kind: 'ip', id: address, name: address },
  });
const denied = (world: RespondWorld, id: string): unknown => world.kong.stored.get(id)?.config['deny'];

describe('blocking addresses', () => {
  test('two in one restriction end in either order, each taking out its own entry; the last one deletes what we made', async () => {
    for (const order of [
      [0, 1],
      [1, 0],
    ] as const) {
      const world = new RespondWorld();
      const rows = [block(world, '203.0.113.7'), block(world, '2001:db8::7')];
      for (const { id } of rows) await world.apply(id);
      expect(world.standing()).toMatchObject([
        { config: { deny: ['203.0.113.7', '2001:db8::7'], status: 403 }, consumer: null },
      ]);
      const [first, second] = order.map((at) => rows[at]);
      await world.undo(first?.id ?? '');
      expect(world.standing()).toMatchObject([{ config: { deny: [second?.entity.id] } }]);
      await world.undo(second?.id ?? '');
      expect(world.standing()).toEqual([]);
    }
  });

  test('merges into the operator’s own restriction and leaves his later entries and the order of his list', async () => {
    const world = new RespondWorld();
    const own = aPlugin('ip-restriction', {
      config: { deny: ['198.51.100.0/24', '192.0.2.1'], message: 'go away' },
      tags: ['a'],
    });
    world.kong.place(own);
    const row = block(world, '203.0.113.7');
    await world.apply(row.id);
    expect(denied(world, own.id)).toEqual(['198.51.100.0/24', '192.0.2.1', '203.0.113.7']);
    await world.kong.patchPlugin(own.id, {
      config: { deny: ['198.51.100.0/24', '192.0.2.1', '203.0.113.7', '192.0.2.99'] },
    });
    await world.undo(row.id);
    expect(world.standing()).toMatchObject([
      { id: own.id, tags: ['a'], config: { deny: ['198.51.100.0/24', '192.0.2.1', '192.0.2.99'], message: 'go away' } },
    ]);
  });

  test('an entry that the operator had himself stays at the end', async () => {
    const world = new RespondWorld();
    const own = aPlugin('ip-restriction', { config: { deny: ['203.0.113.7'] } });
    world.kong.place(own);
    const before = structuredClone(world.standing());
    const row = block(world, '203.0.113.7');
    await world.apply(row.id);
    await world.undo(row.id);
    expect(world.standing()).toEqual(before);
  });

  test('goes into narrower restrictions that would let the address pass, and into no others', async () => {
    const world = new RespondWorld();
    const passes = aPlugin('ip-restriction', { route: { id: 'r1' }, config: { deny: ['10.0.0.1'] } });
    const allows = aPlugin('ip-restriction', { service: { id: 's1' }, config: { allow: ['203.0.113.0/24'] } });
    const consumers = aPlugin('ip-restriction', { consumer: { id: ALICE }, config: { deny: ['10.0.0.9'] } });
    const shut = aPlugin('ip-restriction', { route: { id: 'r2' }, config: { allow: ['10.0.0.0/8'] } });
    const off = aPlugin('ip-restriction', { route: { id: 'r3' }, enabled: false, config: { deny: ['10.0.0.1'] } });
    for (const plugin of [passes, allows, consumers, shut, off]) world.kong.place(plugin);
    const before = structuredClone(world.standing());
    const row = block(world, '203.0.113.7');
    await world.apply(row.id);
    expect(denied(world, passes.id)).toEqual(['10.0.0.1', '203.0.113.7']);
    expect(denied(world, allows.id)).toEqual(['203.0.113.7']);
    expect(denied(world, consumers.id)).toEqual(['10.0.0.9', '203.0.113.7']);
    for (const { id } of [shut, off]) expect(world.kong.stored.get(id)).toEqual(before.find((p) => p.id === id));
    await world.undo(row.id);
    expect(world.standing()).toEqual(before);
  });

  test('does not switch the operator’s disabled lists on with it, and puts them back', async () => {
    const world = new RespondWorld();
    const own = aPlugin('ip-restriction', {
      enabled: false,
      config: { allow: ['10.0.0.0/8'], status: 401, message: 'office only' },
    });
    world.kong.place(own);
    const before = structuredClone(world.standing());
    const rows = [block(world, '203.0.113.7'), block(world, '203.0.113.8')];
    for (const { id } of rows) await world.apply(id);
    expect(world.standing()).toMatchObject([
      { enabled: true, config: { allow: null, deny: ['203.0.113.7', '203.0.113.8'], status: 403, message: null } },
    ]);
    for (const { id } of rows) await world.undo(id);
    expect(world.standing()).toEqual(before);
  });

  test('what an operator adds to the restriction that we made outlives us', async () => {
    const world = new RespondWorld();
    const row = block(world, '203.0.113.7');
    await world.apply(row.id);
    await world.kong.patchPlugin(row.id, { config: { deny: ['203.0.113.7', '192.0.2.1'] } });
    const other = block(world, '203.0.113.8');
    await world.apply(other.id);
    await world.undo(row.id);
    expect(denied(world, row.id)).toEqual(['192.0.2.1', '203.0.113.8']);
    await world.undo(other.id);
    expect(world.standing()).toMatchObject([{ tags: null, config: { deny: ['192.0.2.1'] } }]);
  });

  test('never leaves both lists empty: when the operator emptied his own, the plugin is switched off', async () => {
    const world = new RespondWorld();
    const own = aPlugin('ip-restriction', { config: { deny: ['192.0.2.1'] } });
    world.kong.place(own);
    const row = block(world, '203.0.113.7');
    await world.apply(row.id);
    await world.kong.patchPlugin(own.id, { config: { deny: ['203.0.113.7'] } });
    await world.undo(row.id);
    expect(world.row(row.id).state).toBe('lifted');
    expect(world.standing()).toMatchObject([{ id: own.id, enabled: false, tags: null }]);
  });

  test('takes its entry out of a plugin that was written anew without our tags', async () => {
    const world = new RespondWorld();
    const own = aPlugin('ip-restriction', { config: { deny: ['192.0.2.1'] } });
    world.kong.place(own);
    const row = block(world, '203.0.113.7');
    await world.apply(row.id);
    world.kong.place({ ...own, tags: ['deck'], config: { deny: ['192.0.2.1', '203.0.113.7'] } });
    await world.undo(row.id);
    expect(world.standing()).toMatchObject([{ tags: ['deck'], config: { deny: ['192.0.2.1'] } }]);
  });
});

test.each([
  [['10.0.0.0/8'], '10.1.2.3', true],
  [['10.0.0.0/8'], '11.1.2.3', false],
  [['203.0.113.7'], '203.0.113.7', true],
  [['2001:db8::/32'], '2001:db8:1::1', true],
  [['2001:db8::/32'], '10.0.0.1', false],
  [['0.0.0.0/0'], '192.0.2.1', true],
  [['nonsense', '10.0.0.0/99', '10.0.0.0/x'], '10.0.0.1', false],
])('%j contains %s: %s', (entries, address, expected) => {
  expect(listMatches(entries, address)).toBe(expected);
});
