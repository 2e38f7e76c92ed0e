import fc from 'fast-check';
import { isIban, passesElevenTest, passesLuhn } from './checksum.ts';
import { classify, type DataClass } from './data-class.ts';

describe('the class of a value', () => {
  it.each<[string, DataClass, string?]>([
    ['jan.jansen@example.org', 'email'],
    ["o'neil+news@mail.example.co.uk", 'email'],
    ['NL91ABNA0417164300', 'iban'],
    ['DE89 3704 0044 0532 0130 00', 'iban'],
    ['gb82west12345698765432', 'iban'],
    ['4111111111111111', 'card'],
    ['5555 5555 5555 4444', 'card'],
    ['378282246310005', 'card'],
    ['6011-1111-1111-1117', 'card'],
    ['111222333', 'bsn', 'bsn'],
    ['123456782', 'bsn', 'burgerservicenummer'],
    ['078-05-1120', 'ssn'],
    ['219099999', 'ssn', 'ssn'],
    ['+31612345678', 'phone'],
    ['+1 (415) 555-2671', 'phone'],
    ['(415) 555-2671', 'phone'],
    ['0612345678', 'phone', 'phoneNumber'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl', 'jwt'],
    ['AKIAIOSFODNN7EXAMPLE', 'key'],
    ['ghp_16C7e42F292c6912E7710c838347Ae178B4a', 'key'],
    [`sk_live_${'4eC39HqLyjWDarjtT1zdp7dc'}`, 'key'],
    [`xoxb-${'123456789012-abcdefABCDEF'}`, 'key'],
    ['-----BEGIN RSA PRIVATE KEY-----', 'key'],
  ])('%s is %s', (value, expected, name = '') => expect(classify(value, { name })).toBe(expected));

  it.each([
    '4111111111111112', // Luhn
    '1234567890123452', // Luhn holds, no issuer
    '0000000000000000',
    'NL91ABNA0417164301', // mod 97
    'XX91ABNA0417164300',
    '111222333', // a number, until its name says more
    '666-05-1120',
    '900-05-1120',
    '+0612345678',
    'user@host',
    'a@b@c.example',
    '@example.org',
    'a@.example',
    'eyJ.a.b',
    'eyJhbGciOiJIUzI1NiJ9',
    'AKIAIOSFODNN7EXAMPLE1',
    'sk-learn-is-a-library-for-machine-learning-in-python',
    'ghp_short',
    '6f9619ff-8b86-d011-b42d-00cf4fc964ff',
    '2024-02-29',
    '52.370216',
    '',
  ])('%s is none', (value) => expect(classify(value)).toBeUndefined());

  it('follows the check digits: one digit off is another number', () => {
    fc.assert(
      fc.property(fc.nat({ max: 15 }), fc.integer({ min: 1, max: 9 }), (at, by) => {
        const good = '4111111111111111';
        const changed = good.slice(0, at) + String((Number(good[at]) + by) % 10) + good.slice(at + 1);
        expect(passesLuhn(changed)).toBe(false);
      }),
    );
    expect(passesElevenTest('000000000')).toBe(false);
    expect(isIban('NL91ABNA041716430')).toBe(false);
  });

  it('takes at most one in a hundred of the ids that APIs use for personal data, and no UUID, hex or ULID', () => {
    let state = 7;
    const random = (): number => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) / 4_294_967_296;
    const digits = (n: number): string => Array.from({ length: n }, () => Math.floor(random() * 10)).join('');
    const hex = (n: number): string => Array.from({ length: n }, () => Math.floor(random() * 16).toString(16)).join('');
    const rate = (make: () => string): number =>
      Array.from({ length: 20_000 }, make).filter((value) => classify(value) !== undefined).length / 20_000;
    for (const length of [6, 8, 9, 10, 11, 12]) expect(rate(() => digits(length))).toBe(0);
    for (const length of [13, 14, 15, 17, 18, 19]) expect(rate(() => digits(length))).toBeLessThan(0.02);
    expect(rate(() => digits(16))).toBeLessThan(0.04);
    expect(rate(() => `17${digits(11)}`)).toBe(0); // milliseconds
    expect(rate(() => hex(24) + 'a')).toBe(0);
    expect(rate(() => `a${hex(7)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`)).toBe(0);
  });

  it('is found in time that grows with the length alone, for a hostile megabyte too', () => {
    const count = 1_000_000;
    for (const unit of ['a', '1', '@', '.', 'eyJ', 'a@', 'a.', '-', '4111 ', '+1', 'sk_live_', 'AKIA', '(', ' ', 'é']) {
      const value = unit.repeat(Math.ceil(count / unit.length));
      expect([undefined, 'jwt', 'key']).toContain(classify(value));
      expect([undefined, 'jwt', 'key']).toContain(classify(`a@${value}`));
      expect([undefined, 'jwt', 'key']).toContain(classify(`eyJhbGciOiJIUzI1NiJ9.${value}`));
    }
  });

  it('is told of any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (value, name) => classify(value, { name }) !== null),
    );
  });
});
