import { describe, expect, test } from '@jest/globals';
import type { ConfigSnapshot, StoredPlugin } from './config-snapshot.ts';
import { judgeConfig, withBases } from './judge-config.ts';
import { aList, aPlugin, aRoute, aService, aSnapshot, GLOBAL, onConsumer, onRoute, onService } from './testing.ts';

const judged = (before: ConfigSnapshot, after: ConfigSnapshot): string[] =>
  judgeConfig({ gateway: 'default', before, after, limitFactor: 10 })
    .map(({ kind, severity, entity }) => `${kind} ${severity} ${entity.kind} ${entity.name}`)
    .sort();

type Case = [string, readonly StoredPlugin[], readonly StoredPlugin[], readonly string[]];

const key = aPlugin;
const jwt = (over: Partial<StoredPlugin> = {}) => aPlugin({ name: 'jwt', ...over });
const ip = (over: Partial<StoredPlugin> = {}) => aPlugin({ name: 'ip-restriction', ...over });
const acl = (over: Partial<StoredPlugin> = {}) => aPlugin({ name: 'acl', ...over });
const limit = (perSecond: number, over: Partial<StoredPlugin> = {}) =>
  aPlugin({ name: 'rate-limiting', perSecond, ...over });
const log = (to: string, over: Partial<StoredPlugin> = {}) =>
  aPlugin({ name: 'tcp-log', ...GLOBAL, destination: { hash: to, shown: to }, ...over });
const end = (consumer: string, over: Partial<StoredPlugin> = {}) =>
  aPlugin({ name: 'request-termination', ...onConsumer(consumer), stops: true, ...over });

describe('authentication', () => {
  const shop = onService('shop');
  test.each<Case>([
    ['removed from a route', [key()], [], ['auth-removed high route orders']],
    ['removed from a service', [key(shop)], [], ['auth-removed high service shop']],
    ['removed from the gateway', [key(GLOBAL)], [], ['auth-removed high gateway default']],
    ['disabled', [key()], [key({ enabled: false })], ['auth-removed high route orders']],
    ['opened to an anonymous consumer', [key()], [key({ anonymous: 'x' })], ['anonymous-set high route orders']],
    [
      'open to an anonymous consumer, then removed',
      [key({ anonymous: 'x' })],
      [],
      ['auth-removed medium route orders'],
    ],
    [
      'held to fewer protocols than the route has',
      [key()],
      [key({ protocols: ['https'] })],
      ['auth-removed high route orders'],
    ],
    [
      'shadowed by an open one on the route',
      [key(shop)],
      [key(shop), key({ anonymous: 'x' })],
      ['anonymous-set high route orders'],
    ],
    ['one of two kinds that are both needed', [key(), jwt()], [jwt()], []],
    ['replaced by another kind', [key()], [jwt()], []],
    ['replaced by another kind that is open', [key()], [jwt({ anonymous: 'x' })], ['anonymous-set high route orders']],
    ['moved from a route to its service', [key()], [key(shop)], []],
    ['moved from a service to all its routes', [key(shop)], [key(), key(onRoute('reports'))], []],
    ['moved from a service to one of its routes', [key(shop)], [key()], ['auth-removed high service shop']],
    ['removed where the gateway has it too', [key(), key(GLOBAL)], [key(GLOBAL)], []],
    [
      'two kinds, and who has neither is turned away',
      [key()],
      [key({ anonymous: 'x' }), jwt({ anonymous: 'x' }), end('x')],
      [],
    ],
    [
      'the one who was turned away is let in, once both are open',
      [key(), end('x')],
      [key({ anonymous: 'x' })],
      ['anonymous-set high route orders'],
    ],
    [
      'the one who was turned away is let in',
      [key({ anonymous: 'x' }), end('x')],
      [key({ anonymous: 'x' })],
      ['anonymous-set high route orders'],
    ],
    [
      'gone, and a session is no credential',
      [key(), aPlugin({ name: 'session' })],
      [aPlugin({ name: 'session' })],
      ['anonymous-set high route orders'],
    ],
    ['added', [], [key()], []],
    ['disabled all the time, and removed', [key({ enabled: false })], [], []],
    ['made anew under another id', [key()], [key({ id: 'new' })], []],
  ])('%s', (_what, before, after, expected) => {
    expect(judged(aSnapshot(before), aSnapshot(after))).toEqual(expected);
  });

  test('gone with its route weakens nothing', () => {
    expect(judged(aSnapshot([key()]), aSnapshot([], { routes: [aRoute('reports', 'shop')] }))).toEqual([]);
  });

  test('lost when a route is deleted and made anew under its name is told', () => {
    const renewed = { routes: [aRoute('orders-2', 'shop', { name: 'orders' }), aRoute('reports', 'shop')] };
    expect(judged(aSnapshot([key()]), aSnapshot([], renewed))).toEqual(['auth-removed high route orders']);
    expect(judged(aSnapshot([key()]), aSnapshot([key(onRoute('orders-2'))], renewed))).toEqual([]);
  });

  test('lost when a route is moved to a service without it is told', () => {
    const moved = { routes: [aRoute('orders', 'site'), aRoute('reports', 'shop'), aRoute('home', 'site')] };
    expect(judged(aSnapshot([key(shop)]), aSnapshot([key(shop)], moved))).toEqual(['auth-removed high route orders']);
  });

  test('of a service that has no routes yet is told as of the service', () => {
    const bare = { routes: [] };
    expect(judged(aSnapshot([key(shop)], bare), aSnapshot([], bare))).toEqual(['auth-removed high service shop']);
  });

  test('missing on a new route is no change', () => {
    const more = { routes: [aRoute('orders', 'shop'), aRoute('new', 'shop')] };
    expect(judged(aSnapshot([key()]), aSnapshot([key()], more))).toEqual([]);
  });
});

describe('restrictions', () => {
  const ten = aList('10.0.0.0/8');
  test.each<Case>([
    ['removed', [ip({ allow: ten })], [], ['restriction-removed high route orders']],
    [
      'disabled',
      [acl({ allow: aList('a') })],
      [acl({ allow: aList('a'), enabled: false })],
      ['restriction-removed high route orders'],
    ],
    [
      'one address more',
      [ip({ allow: ten })],
      [ip({ allow: aList('10.0.0.0/8', '192.0.2.1') })],
      ['restriction-widened medium route orders'],
    ],
    [
      'half the world more',
      [ip({ allow: ten })],
      [ip({ allow: aList('10.0.0.0/8', '0.0.0.0/0') })],
      ['restriction-widened high route orders'],
    ],
    [
      'an address that its range held already',
      [ip({ allow: ten })],
      [ip({ allow: aList('10.0.0.0/8', '10.1.2.3') })],
      [],
    ],
    ['fewer addresses', [ip({ allow: aList('10.0.0.0/8', '192.0.2.1') })], [ip({ allow: ten })], []],
    ['another order', [acl({ allow: aList('a', 'b') })], [acl({ allow: aList('b', 'a') })], []],
    [
      'a denied address less',
      [ip({ deny: aList('192.0.2.1', '192.0.2.2') })],
      [ip({ deny: aList('192.0.2.2') })],
      ['restriction-widened medium route orders'],
    ],
    [
      'denied addresses as a range',
      [ip({ deny: aList('192.0.2.1', '192.0.2.2') })],
      [ip({ deny: aList('192.0.2.0/24') })],
      [],
    ],
    ['an allow list in place of a deny list', [acl({ deny: aList('a') })], [acl({ allow: aList('b') })], []],
    [
      'a deny list in place of an allow list',
      [acl({ allow: aList('b') })],
      [acl({ deny: aList('a') })],
      ['restriction-widened high route orders'],
    ],
    [
      'a looser one on the route',
      [ip({ ...GLOBAL, allow: ten })],
      [ip({ ...GLOBAL, allow: ten }), ip({ deny: aList('192.0.2.1') })],
      ['restriction-widened high route orders'],
    ],
    [
      'the same on the service instead',
      [acl({ allow: aList('a') })],
      [acl({ ...onService('shop'), allow: aList('a') })],
      [],
    ],
    [
      'long lists that only have a hash: longer',
      [ip({ allow: { n: 900, hash: 'x' } })],
      [ip({ allow: { n: 901, hash: 'y' } })],
      ['restriction-widened medium route orders'],
    ],
    [
      'long lists that only have a hash: shorter',
      [ip({ allow: { n: 900, hash: 'x' } })],
      [ip({ allow: { n: 899, hash: 'y' } })],
      [],
    ],
  ])('%s', (_what, before, after, expected) => {
    expect(judged(aSnapshot(before), aSnapshot(after))).toEqual(expected);
  });
});

describe('loggers', () => {
  test.each<Case>([
    ['the only one removed', [log('a')], [], ['log-removed high gateway default']],
    [
      'one of two removed',
      [log('a'), log('b', { name: 'http-log' })],
      [log('b', { name: 'http-log' })],
      ['log-removed medium gateway default'],
    ],
    ['disabled', [log('a')], [log('a', { enabled: false })], ['log-removed high gateway default']],
    ['pointed elsewhere', [log('a')], [log('b')], ['log-redirected high gateway default']],
    ['shadowed on a route', [log('a')], [log('a'), log('b', onRoute('orders'))], ['log-shadowed high route orders']],
    [
      'shadowed on a consumer',
      [log('a')],
      [log('a'), log('b', onConsumer('alice'))],
      ['log-shadowed high consumer alice'],
    ],
    ['a further one to the same place', [log('a')], [log('a'), log('a', onRoute('orders'))], []],
    ['a shadow that is gone', [log('a'), log('b', onRoute('orders'))], [log('a')], []],
    ['held to fewer protocols', [log('a')], [log('a', { protocols: ['https'] })], ['log-removed high gateway default']],
    ['a sender of metrics removed', [log('a', { name: 'statsd' })], [], ['log-removed low gateway default']],
    ['Lua in its fields', [log('a')], [log('a', { code: '1' })], ['code high gateway default']],
    ['the first one', [], [log('a')], []],
  ])('%s', (_what, before, after, expected) => {
    expect(judged(aSnapshot(before), aSnapshot(after))).toEqual(expected);
  });

  test('a new route that comes with a logger of its own is a blind spot from its first request', () => {
    const more = { routes: [aRoute('orders', 'shop'), aRoute('new', 'shop')] };
    expect(judged(aSnapshot([log('a')]), aSnapshot([log('a'), log('b', onRoute('new'))], more))).toEqual([
      'log-shadowed high route new',
    ]);
  });
});

describe('limits, code, verification', () => {
  const fn = (code: string, over: Partial<StoredPlugin> = {}) => aPlugin({ name: 'pre-function', code, ...over });
  const verify = (on: boolean) =>
    aPlugin({ name: 'http-log', ...GLOBAL, destination: { hash: 'a', shown: 'a' }, verify: { ssl_verify: on } });
  test.each<Case>([
    ['a limit ten times as high', [limit(1)], [limit(10)], ['limit-raised medium route orders']],
    ['a limit nine times as high', [limit(1)], [limit(9)], []],
    ['a limit removed', [limit(1)], [], ['limit-raised medium route orders']],
    [
      'a limit removed where the service has one',
      [limit(1), limit(2, onService('shop'))],
      [limit(2, onService('shop'))],
      [],
    ],
    ['a quota of his own for a customer', [limit(1, GLOBAL)], [limit(1, GLOBAL), limit(99, onConsumer('a'))], []],
    [
      "a customer's own quota raised",
      [limit(1, onConsumer('a'))],
      [limit(99, onConsumer('a'))],
      ['limit-raised low consumer a'],
    ],
    ['code added', [], [fn('1')], ['code high route orders']],
    ['code changed', [fn('1')], [fn('2')], ['code high route orders']],
    ['code switched on', [fn('1', { enabled: false })], [fn('1')], ['code high route orders']],
    ['code added, switched off', [], [fn('1', { enabled: false })], []],
    ['code removed', [fn('1')], [], []],
    ['verification off', [verify(true)], [verify(false)], ['verification-off medium gateway default']],
    ['verification on', [verify(false)], [verify(true)], []],
    [
      'a new field of an upgrade',
      [aPlugin({ name: 'http-log', ...GLOBAL, destination: { hash: 'a', shown: 'a' } })],
      [verify(false)],
      [],
    ],
  ])('%s', (_what, before, after, expected) => {
    expect(judged(aSnapshot(before), aSnapshot(after))).toEqual(expected);
  });
});

describe('services and routes', () => {
  const own = (over = {}) => ({
    services: [aService('shop'), aService('in', { host: '127.0.0.1', port: 8001, ...over })],
  });
  const to = (over = {}, route = aRoute('way', 'in')) => ({ ...own(over), routes: [route] });
  test.each<[string, Partial<ConfigSnapshot>, Partial<ConfigSnapshot>, readonly StoredPlugin[], readonly string[]]>([
    ['to the Admin API', {}, to(), [], ['admin-exposed high service in']],
    ['to the Admin API, with authentication', {}, to(), [aPlugin(onRoute('way'))], ['admin-exposed medium service in']],
    ['to the status port', {}, to({ port: 8100 }), [], ['admin-exposed medium service in']],
    ['by name', {}, to({ host: 'LOCALHOST', port: 8444 }), [], ['admin-exposed high service in']],
    ['by IPv6', {}, to({ host: '[::1]', port: 8444 }), [], ['admin-exposed high service in']],
    ['by a new route', own(), to(), [], ['admin-exposed high service in']],
    ['by a changed port', to({ port: 80 }), to(), [], ['admin-exposed high service in']],
    ['on another machine', {}, to({ host: '10.0.0.5' }), [], []],
    ['on another port', {}, to({ port: 8080 }), [], []],
    ['as ever', to(), to(), [], []],
    [
      'unverified',
      { services: [aService('shop', { tlsVerify: true })] },
      { services: [aService('shop', { tlsVerify: null })] },
      [],
      ['verification-off medium service shop'],
    ],
  ])('%s', (_what, before, after, plugins, expected) => {
    expect(judged(aSnapshot([], before), aSnapshot(plugins, after))).toEqual(expected);
  });

  test('a consumer that joins administrators is told, once both looks went by the same words', () => {
    const groups = (words: string, ...members: string[]) => ({
      groups: { words, members: members.map((consumer) => ({ consumer, group: 'admin' })) },
    });
    const from = aSnapshot([], groups('admin', 'a'));
    expect(judged(from, aSnapshot([], groups('admin', 'a', 'b')))).toEqual(['admin-member medium consumer b']);
    expect(judged(from, aSnapshot([], groups('admin root', 'a', 'b')))).toEqual([]);
    expect(judged(aSnapshot([]), aSnapshot([], groups('admin', 'a', 'b')))).toEqual([]);
    expect(judged(from, aSnapshot([]))).toEqual([]);
  });
});

describe('what Outrider has a hand in', () => {
  const ours = { enforcements: ['e1'], print: 'p' };
  const operators = ip({ ...GLOBAL, deny: aList('192.0.2.1') });
  const borrowed = { ...ip({ ...GLOBAL, deny: aList('192.0.2.1', '198.51.100.7') }), ours };
  const made = { ...ip({ ...GLOBAL, deny: aList('198.51.100.7') }), ours };
  /** Look by look, as the watch does it. */
  const run = (...looks: readonly (readonly StoredPlugin[])[]): string[] => {
    let before: ConfigSnapshot | undefined;
    const told: string[] = [];
    for (const plugins of looks) {
      const after = aSnapshot(withBases(plugins, before?.plugins));
      if (before) told.push(...judged(before, after));
      before = after;
    }
    return told;
  };

  test('is not told while it comes, changes and goes', () => {
    expect(run([], [made], [{ ...made, deny: aList('198.51.100.7', '198.51.100.8') }], [made], [])).toEqual([]);
    expect(run([operators], [borrowed], [borrowed], [operators])).toEqual([]);
  });

  test('hides nothing that an operator changed in his own plugin meanwhile', () => {
    expect(run([operators], [borrowed], [borrowed], [])).toEqual(['restriction-removed high gateway default']);
    expect(run([operators], [borrowed], [ip({ ...GLOBAL, deny: aList('203.0.113.1') })])).toEqual([
      'restriction-widened medium gateway default',
    ]);
  });
});
