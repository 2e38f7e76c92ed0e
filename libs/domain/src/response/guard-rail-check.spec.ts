import { guardRailRefusal } from './guard-rail-check.ts';
import { DEFAULT_GUARD_RAILS, type NeverBlockEntry } from './guard-rails.ts';
import { aUuid } from './testing.ts';

const rails = (...entries: [NeverBlockEntry['kind'], string][]) => ({
  ...DEFAULT_GUARD_RAILS,
  neverBlock: entries.map(([kind, value]) => ({ id: aUuid(), kind, value, reason: 'ours' })),
});
const strict = { privateAddresses: false };
const address = (id: string) => ({ entity: { kind: 'ip' as const, id, name: id } });
const alice = { entity: { kind: 'consumer' as const, id: 'c-1', name: 'alice' }, alsoKnownAs: ['alice@example.com'] };

test.each([
  ['c-1', true],
  ['alice', true],
  ['alice@example.com', true],
  ['bob', false],
])('a consumer is protected by its id, user name or custom id: %s %s', (value, expected) => {
  expect(guardRailRefusal(alice, rails(['consumer', value]), strict) !== undefined).toBe(expected);
});

test('an entry for one kind protects no other', () => {
  expect(guardRailRefusal(alice, rails(['credential', 'c-1'], ['address', '0.0.0.0/0']), strict)).toBeUndefined();
});

test.each([
  ['203.0.113.7', '203.0.113.0/24', true],
  ['203.0.113.7', '203.0.113.7', true],
  ['::ffff:203.0.113.7', '203.0.113.0/24', true],
  ['203.0.113.7', '::ffff:203.0.113.7', true],
  ['2001:DB8::7', '2001:db8::/32', true],
  ['203.0.114.7', '203.0.113.0/24', false],
  ['203.0.112.0/23', '203.0.113.9', true],
])('an address is protected in whatever form it is written: %s by %s: %s', (ip, value, expected) => {
  expect(guardRailRefusal(address(ip), rails(['address', value]), strict) !== undefined).toBe(expected);
});

test.each(['127.0.0.1', '10.0.0.9', '100.64.1.1', '169.254.1.1', 'fd00::1', '::ffff:192.168.0.1', '0.0.0.0/0'])(
  'a private address is protected by default: %s',
  (ip) => {
    expect(guardRailRefusal(address(ip), rails(), strict)).toContain('private');
    expect(guardRailRefusal(address(ip), rails(), { privateAddresses: true })).toBeUndefined();
    expect(guardRailRefusal(address(ip), { ...rails(), neverBlockPrivate: false }, strict)).toBeUndefined();
  },
);

test('the never-block list holds also where private addresses may be blocked', () => {
  expect(
    guardRailRefusal(address('127.0.0.1'), rails(['address', '127.0.0.0/8']), { privateAddresses: true }),
  ).toContain('ours');
});

test('what is no address is refused rather than handed to the gateway', () => {
  expect(guardRailRefusal(address('203.0.113.7, 0.0.0.0/0'), rails(), strict)).toContain('is not an address');
});

test('a public address that nobody listed may be blocked', () => {
  expect(guardRailRefusal(address('203.0.113.7'), rails(), strict)).toBeUndefined();
});
