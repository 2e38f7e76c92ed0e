import fc from 'fast-check';
import { canonicalIp, formatIp, inCidr, isPrivate, overlaps, parseCidr, parseIp, type Cidr } from './ip-address.ts';

const cidr = (text: string): Cidr => {
  const parsed = parseCidr(text);
  if (!parsed) throw new Error(`not a range: ${text}`);
  return parsed;
};
const within = (ip: string, range: string): boolean => {
  const parsed = parseIp(ip);
  if (!parsed) throw new Error(`not an address: ${ip}`);
  return inCidr(parsed, cidr(range));
};

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['0:0:0:0:0:0:0:0', '::'],
  ['::1', '::1'],
  ['fe80::', 'fe80::'],
  ['1:0:0:0:0:0:0:0', '1::'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::ffff:c000:201', '192.0.2.1'],
  ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
])('has one text form for each address: %s is %s', (text, canonical) => {
  expect(canonicalIp(text)).toBe(canonical);
});

test.each([
  ['', '1.2.3', '1.2.3.4.5', '256.1.1.1', '01.2.3.4', '0x7f.1.1.1', '1.2.3.4 ', '-1.2.3.4', '1.2.3.4/8', '2130706433'],
  [
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '12345::',
    'g::',
    '::1%eth0',
    '[::1]',
    '1:2:3:4:5:6:7::8',
  ],
  ['1.2.3.4::', '::1.2.3', '::1.2.3.4:5', ':1::', '1::2:', 'alice', `${'0:'.repeat(40)}1`],
])('takes no look-alike for an address', (...texts) => {
  for (const text of texts) expect([text, parseIp(text)]).toEqual([text, undefined]);
});

test('an address is the same after it was written and read again', () => {
  const bytes = fc.oneof(
    fc.array(fc.nat(255), { minLength: 4, maxLength: 4 }),
    fc.array(fc.oneof(fc.constant(0), fc.nat(255)), { minLength: 16, maxLength: 16 }),
  );
  fc.assert(
    fc.property(bytes, (address) => {
      const text = formatIp(address);
      expect(canonicalIp(text)).toBe(canonicalIp(canonicalIp(text) ?? ''));
      const mapped = address.length === 16 && text.startsWith('::ffff:');
      if (!mapped) expect(parseIp(text)).toEqual(address);
    }),
  );
});

test.each([
  ['10.1.2.3', '10.0.0.0/8', true],
  ['11.0.0.0', '10.0.0.0/8', false],
  ['192.0.2.127', '192.0.2.0/25', true],
  ['192.0.2.128', '192.0.2.0/25', false],
  ['192.0.2.7', '192.0.2.6/31', true],
  ['192.0.2.8', '192.0.2.6/31', false],
  ['192.0.2.7', '192.0.2.7', true],
  ['192.0.2.7', '0.0.0.0/0', true],
  ['192.0.2.7', '::/0', false],
  ['::ffff:10.9.9.9', '10.0.0.0/8', true],
  ['10.9.9.9', '::ffff:10.0.0.0/104', true],
  ['2001:db8::1', '2001:db8::/32', true],
  ['2001:db9::1', '2001:db8::/32', false],
  ['2001:db8:0:7fff::', '2001:db8::/49', true],
  ['2001:db8:0:8000::', '2001:db8::/49', false],
  ['192.0.2.9', '192.0.2.200/24', true],
])('%s in %s: %s', (ip, range, expected) => {
  expect(within(ip, range)).toBe(expected);
});

test.each([
  '10.0.0.0/33',
  '10.0.0.0/',
  '10.0.0.0/-1',
  '10.0.0.0/08',
  '::/129',
  '::ffff:10.0.0.0/95',
  '/8',
  'x/8',
  '10.0.0.0/8/8',
])('is no range: %s', (text) => {
  expect(parseCidr(text)).toBeUndefined();
});

test('membership agrees with arithmetic on the whole number, for every prefix', () => {
  const v4 = fc.array(fc.nat(255), { minLength: 4, maxLength: 4 });
  const number = (bytes: readonly number[]): bigint => bytes.reduce((n, byte) => n * 256n + BigInt(byte), 0n);
  fc.assert(
    fc.property(v4, v4, fc.nat(32), (ip, base, prefix) => {
      const shift = BigInt(32 - prefix);
      expect(inCidr(ip, { bytes: base, prefix })).toBe(number(ip) >> shift === number(base) >> shift);
    }),
  );
});

test('two ranges overlap exactly when one holds the first address of the other', () => {
  const range = fc.record({
    bytes: fc.array(fc.constantFrom(0, 128, 192, 255), { minLength: 4, maxLength: 4 }),
    prefix: fc.nat(32),
  });
  const first = ({ bytes, prefix }: Cidr): number[] =>
    bytes.map((byte, i) => byte & (0xff00 >> Math.min(8, Math.max(0, prefix - 8 * i))) & 0xff);
  fc.assert(
    fc.property(range, range, (a, b) => {
      expect(overlaps(a, b)).toBe(inCidr(first(a), b) || inCidr(first(b), a));
    }),
  );
});

test.each([
  ['127.0.0.1', true],
  ['10.0.0.1', true],
  ['172.15.255.255', false],
  ['172.16.0.1', true],
  ['172.32.0.0', false],
  ['192.168.1.1', true],
  ['169.254.169.254', true],
  ['100.64.0.1', true],
  ['100.128.0.1', false],
  ['0.0.0.0', true],
  ['::1', true],
  ['::', true],
  ['::ffff:127.0.0.1', true],
  ['fd00::1', true],
  ['fe80::1', true],
  ['8.8.8.8', false],
  ['2001:db8::1', false],
  ['8.0.0.0/6', true],
  ['0.0.0.0/0', true],
])('private, or touching what is private: %s %s', (text, expected) => {
  expect(isPrivate(cidr(text))).toBe(expected);
});
