import { describe, expect, test } from '@jest/globals';
import type { GatewayPlugin } from '@outrider/ports/gateway-admin';
import { ALICE, aPlugin, BOB, RespondWorld } from '../testing/respond-world.ts';

const route = (id: string) => ({ id: `aaaaaaaa-0000-4000-8000-00000000000${id}` });
const service = (id: string) => ({ id: `bbbbbbbb-0000-4000-8000-00000000000${id}` });
const alice = { id: ALICE };
const limitsOf = ({ config }: GatewayPlugin): unknown =>
  Object.fromEntries(
    ['second', 'minute', 'hour', 'day', 'month', 'year'].flatMap((p) =>
      typeof config[p] === 'number' ? [[p, config[p]]] : [],
    ),
  );
const limited = (world: RespondWorld, limits: object) =>
  world.add({ action: { kind: 'rate-limit-consumer', durationSeconds: 600, limits } });

describe('blocking a consumer', () => {
  test('makes one plugin under the enforcement’s id, tagged as ours, and applying twice is applying once', async () => {
    const world = new RespondWorld();
    const { id } = world.add();
    await world.apply(id);
    const first = structuredClone(world.standing());
    expect(first).toMatchObject([
      { id, name: 'request-termination', enabled: true, consumer: alice, route: null, service: null },
    ]);
    expect(first[0]?.tags).toEqual(expect.arrayContaining(['outrider', `outrider-enforcement-${id}`]));
    expect(first[0]?.config).toMatchObject({ status_code: 403, message: 'Blocked for abuse' });
    world.enforcements.records.set(id, { ...world.row(id), state: 'pending' });
    await world.apply(id);
    expect(world.standing()).toEqual(first);
    expect(world.kong.writes).toHaveLength(1);
  });

  test('saves the operator’s own termination whole, replaces it in place and restores it field by field', async () => {
    const world = new RespondWorld();
    const own = aPlugin('request-termination', {
      consumer: alice,
      enabled: false,
      protocols: ['http'],
      tags: ['team-a', 'prod'],
      instance_name: 'alice-maintenance',
      config: {
        status_code: 503,
        message: null,
        body: '{}',
        content_type: 'application/json',
        echo: false,
        trigger: 'x-off',
      },
    });
    world.kong.place(own);
    const before = structuredClone(world.standing());
    const { id } = world.add();
    await world.apply(id);
    expect(world.standing()).toMatchObject([
      {
        id: own.id,
        enabled: true,
        instance_name: 'alice-maintenance',
        config: { status_code: 403, message: 'Blocked for abuse', body: null, content_type: null, trigger: null },
      },
    ]);
    expect(world.standing()[0]?.protocols).toContain('https');
    await world.undo(id);
    expect(world.standing()).toEqual(before);
    expect(world.row(id).state).toBe('lifted');
  });

  test('keeps what the operator changed meanwhile, gives the rest back and says so', async () => {
    const world = new RespondWorld();
    const own = aPlugin('request-termination', {
      consumer: alice,
      enabled: false,
      config: { status_code: 503, message: 'old' },
    });
    world.kong.place(own);
    const { id } = world.add();
    await world.apply(id);
    await world.kong.patchPlugin(own.id, { config: { status_code: 429 } });
    await world.undo(id);
    expect(world.standing()).toMatchObject([
      { enabled: false, tags: null, config: { status_code: 429, message: 'old' } },
    ]);
    expect(world.row(id).gaps.join(' ')).toContain('changed by hand');
  });

  test('does not bring back what the operator deleted, nor touch what he wrote anew', async () => {
    const world = new RespondWorld();
    const own = aPlugin('request-termination', { consumer: alice, enabled: false });
    world.kong.place(own);
    const first = world.add();
    await world.apply(first.id);
    await world.kong.deletePlugin(own.id);
    await world.undo(first.id);
    expect(world.standing()).toEqual([]);

    const second = world.add();
    await world.apply(second.id);
    const anew = {
      ...aPlugin('request-termination', { consumer: alice, config: { status_code: 418 } }),
      id: second.id,
    };
    world.kong.place(anew);
    await world.undo(second.id);
    expect(world.standing()).toMatchObject([{ id: second.id, config: { status_code: 418 }, tags: null }]);
  });

  test('reaches past narrower terminations that would let the consumer through, and leaves those alone that end every request', async () => {
    const world = new RespondWorld();
    const onRoute = aPlugin('request-termination', {
      consumer: alice,
      route: route('1'),
      config: { trigger: 'x-down' },
    });
    const total = aPlugin('request-termination', { consumer: alice, route: route('2'), config: { status_code: 410 } });
    const forAll = aPlugin('request-termination', {
      route: route('3'),
      service: service('1'),
      config: { trigger: 'x-down' },
    });
    const bobs = aPlugin('request-termination', {
      consumer: { id: BOB },
      route: route('1'),
      config: { trigger: 'x-down' },
    });
    for (const plugin of [onRoute, total, forAll, bobs]) world.kong.place(plugin);
    const before = structuredClone(world.standing());
    const { id } = world.add();
    await world.apply(id);
    const standing = world.standing();
    expect(standing.find((p) => p.id === onRoute.id)).toMatchObject({ config: { status_code: 403, trigger: null } });
    expect(standing.find((p) => p.id === total.id)).toEqual(before.find((p) => p.id === total.id));
    expect(standing.find((p) => p.id === bobs.id)).toEqual(before.find((p) => p.id === bobs.id));
    const made = standing.find((p) => p.route?.id === route('3').id && p.consumer?.id === ALICE);
    expect(made).toMatchObject({ service: null, config: { status_code: 403 } });
    await world.undo(id);
    expect(world.standing()).toEqual(before);
  });

  test('names what a block does not cover', async () => {
    const world = new RespondWorld();
    const routes = Array.from({ length: 12 }, (_, at) => ({
      id: `r${at}`,
      name: `open-${at}`,
      service: null,
      paths: ['/x'],
    }));
    world.kong.allRoutes = [...routes, { id: 'safe', name: 'safe', service: null, paths: ['/s'] }];
    world.kong.place(aPlugin('key-auth', { route: { id: 'safe' }, config: { anonymous: 'somebody' } }));
    world.kong.place(aPlugin('proxy-cache', { route: { id: 'safe' } }));
    const { id } = world.add();
    await world.apply(id);
    const gaps = world.row(id).gaps.join('\n');
    expect(gaps).toMatch(/Routes open-0, .*open-9 and 2 more have no authentication/);
    expect(gaps).toContain('Route safe has an anonymous fallback');
    expect(gaps).toContain('proxy-cache on route safe answers from its cache');
  });
});

describe('limiting a consumer', () => {
  test.each([
    [
      'a tighter limit on a route',
      [aPlugin('rate-limiting', { route: route('1'), config: { minute: 2 } })],
      { minute: 4 },
      { minute: 2 },
    ],
    [
      'the tightest of several',
      [
        aPlugin('rate-limiting', { route: route('1'), config: { minute: 9, hour: 50 } }),
        aPlugin('rate-limiting', { service: service('1'), config: { hour: 40 } }),
        aPlugin('rate-limiting', { config: { day: 400 } }),
      ],
      { minute: 10 },
      { minute: 9, hour: 40, day: 400 },
    ],
    [
      'a disabled one does not count',
      [aPlugin('rate-limiting', { enabled: false, config: { minute: 1 } })],
      { minute: 10 },
      { minute: 10 },
    ],
    [
      'another consumer’s does not count',
      [aPlugin('rate-limiting', { consumer: { id: BOB }, config: { minute: 1 } })],
      { minute: 10 },
      { minute: 10 },
    ],
    [
      'windows are kept in ascending order',
      [aPlugin('rate-limiting', { config: { second: 20 } })],
      { minute: 10 },
      { second: 10, minute: 10 },
    ],
    [
      'its own limit',
      [aPlugin('rate-limiting', { consumer: alice, config: { minute: 3, month: 90 } })],
      { minute: 10 },
      { minute: 3, month: 90 },
    ],
    [
      'its own disabled limit does not count',
      [aPlugin('rate-limiting', { consumer: alice, enabled: false, config: { minute: 3 } })],
      { minute: 10 },
      { minute: 10 },
    ],
  ])('never loosens: %s', async (_name, standing, asked, expected) => {
    const world = new RespondWorld();
    for (const plugin of standing) world.kong.place(plugin);
    const before = structuredClone(world.standing());
    const { id } = limited(world, asked);
    await world.apply(id);
    const ours = world.standing().find((p) => p.consumer?.id === ALICE);
    expect(ours).toMatchObject({ enabled: true, config: { limit_by: 'consumer' } });
    expect(ours && limitsOf(ours)).toEqual(expected);
    await world.undo(id);
    expect(world.standing()).toEqual(before);
  });

  test('tightens the consumer’s looser limits on routes, which outrank ours, and covers route + service ones', async () => {
    const world = new RespondWorld();
    const loose = aPlugin('rate-limiting', {
      consumer: alice,
      route: route('1'),
      config: { minute: 1000, limit_by: 'ip' },
    });
    const tight = aPlugin('rate-limiting', { consumer: alice, service: service('2'), config: { minute: 5 } });
    const both = aPlugin('rate-limiting', {
      route: route('3'),
      service: service('3'),
      config: { minute: 700, hour: 900 },
    });
    for (const plugin of [loose, tight, both]) world.kong.place(plugin);
    const before = structuredClone(world.standing());
    const { id } = limited(world, { minute: 10 });
    await world.apply(id);
    const standing = world.standing();
    expect(standing.find((p) => p.id === loose.id)).toMatchObject({ config: { minute: 10, limit_by: 'consumer' } });
    expect(standing.find((p) => p.id === tight.id)).toEqual(before.find((p) => p.id === tight.id));
    const made = standing.find((p) => p.route?.id === route('3').id && p.consumer?.id === ALICE);
    expect(made && limitsOf(made)).toEqual({ minute: 10, hour: 900 });
    await world.undo(id);
    expect(world.standing()).toEqual(before);
  });

  test('counts for all nodes together where the limit that it replaces did, and keeps no Redis password', async () => {
    const world = new RespondWorld();
    const redis = { host: 'redis', password: 'hunter2' };
    world.kong.place(
      aPlugin('rate-limiting', { config: { minute: 100, policy: 'redis', redis, redis_password: 'hunter2' } }),
    );
    world.kong.place(
      aPlugin('rate-limiting', { consumer: { id: BOB }, config: { minute: 9, policy: 'redis', redis } }),
    );
    const made = limited(world, { minute: 10 });
    const borrowed = world.add({
      action: { kind: 'rate-limit-consumer', durationSeconds: 600, limits: { minute: 1 } },
      entity: { kind: 'consumer', id: BOB, name: 'bob' },
    });
    await world.apply(made.id);
    await world.apply(borrowed.id);
    expect(world.kong.stored.get(made.id)?.config).toMatchObject({ policy: 'redis', redis });
    expect(JSON.stringify([...world.enforcements.records.values()])).not.toContain('hunter2');
    await world.undo(borrowed.id);
    expect(world.standing().find((p) => p.consumer?.id === BOB)?.config).toMatchObject({ minute: 9, redis });
  });

  test('and a block of the same consumer end without each other, in either order', async () => {
    for (const order of [
      [0, 1],
      [1, 0],
    ] as const) {
      const world = new RespondWorld();
      const rows = [world.add(), limited(world, { minute: 10 })];
      for (const { id } of rows) await world.apply(id);
      expect(
        world
          .standing()
          .map(({ name }) => name)
          .sort(),
      ).toEqual(['rate-limiting', 'request-termination']);
      await world.undo(rows[order[0]]?.id ?? '');
      expect(world.standing()).toHaveLength(1);
      await world.undo(rows[order[1]]?.id ?? '');
      expect(world.standing()).toEqual([]);
    }
  });
});

test('a scope that is taken between plan and write is planned anew', async () => {
  const world = new RespondWorld();
  const own = aPlugin('request-termination', { consumer: alice, config: { status_code: 500, message: 'mine' } });
  let once = true;
  world.kong.beforeWrite = () => {
    if (once) world.kong.place(own);
    once = false;
  };
  const { id } = world.add();
  await world.apply(id);
  expect(world.row(id).state).toBe('applied');
  expect(world.standing()).toMatchObject([{ id: own.id, config: { status_code: 403 } }]);
  await world.undo(id);
  expect(world.standing()).toMatchObject([{ id: own.id, tags: null, config: { status_code: 500, message: 'mine' } }]);
});
