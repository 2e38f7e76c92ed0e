import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { parseCidr, inCidr, parseIp, formatIp } from '@outrider/domain/traffic/ip-address';
import { parseRange, publicAddress } from './address-words.ts';
import { RangeRows, RangeTable } from './range-table.ts';
import { readThreatList, type ThreatListOptions } from './threat-list.ts';

const NOW = Date.parse('2026-06-15T12:00:00Z');
const read = (text: string | Buffer, options: Partial<ThreatListOptions> = {}) =>
  readThreatList(Buffer.from(text), { name: 'own', maxEntries: 1_000, entriesEnd: true, ...options });
const named = async (text: string, ip: string, now = NOW): Promise<string> =>
  (await read(text)).find(publicAddress(ip) ?? [], now)?.name ?? '';

describe('threat lists', () => {
  it.each([
    ['a plain address', '198.51.100.7', true],
    ['a CIDR', '198.51.100.0/24', true],
    ['a CIDR whose address has more bits than it says', '198.51.100.99/24', true],
    ['Windows line ends, a byte order mark and a remark', '\ufeff# list\r\n198.51.100.7\r\n', true],
    ['Spamhaus DROP', '; Spamhaus DROP List\n198.51.100.0/24 ; SBL256894', true],
    ['a FireHOL netset', '#\n# firehol_level1\n#\n203.0.113.0/24\n198.51.100.0/25', true],
    ['ipsum, a number behind a tab', '198.51.100.7\t11', true],
    ['an inline remark', '198.51.100.7 # seen 2026-01-01', true],
    ['a remark with slashes', '// 198.51.100.7', false],
    [
      'Tor exit addresses, old form',
      'ExitNode 0011BD2485AD45D984EC4159C88FC066E5E3300E\nPublished 2026-06-15 01:00:00\nLastStatus 2026-06-15 02:00:00\nExitAddress 198.51.100.7 2026-06-15 02:05:00',
      true,
    ],
    ['CSV', '198.51.100.7,,', true],
    ['CSV with something else behind the address', '198.51.100.7,malware,US', true],
    ['CSV with an end to come', '198.51.100.0/24,2026-06-15T12:00:01Z', true],
    ['CSV with an end that is over', '198.51.100.0/24,2026-06-15T12:00:00Z', false],
    ['CSV with a last day', '198.51.100.7,2026-06-15', true],
    ['CSV with a last day that is over', '198.51.100.7,2026-06-14', false],
    ['CSV with seconds since 1970', `198.51.100.7,${NOW / 1000 + 5}`, true],
    ['CSV with milliseconds since 1970', `198.51.100.7,${NOW - 5}`, false],
    ['CSV with a header in another order', 'score,expires_at,ip_address\n9,2026-07-01 00:00:00,198.51.100.7', true],
    ['quoted CSV with semicolons', '"ip";"name"\n"198.51.100.7";"a ""quoted"" one"', true],
    ['a neighbour', '198.51.100.8', false],
    ['an address with leading zeros', '198.051.100.007', false],
    ['everything', '0.0.0.0/0', false],
  ])('%s', async (_name, text, listed) => {
    expect((await named(text, '198.51.100.7')) !== '').toBe(listed);
  });

  it('reads IPv6, mapped IPv4 and gzip', async () => {
    expect(await named('2001:db8:1::/48', '2001:DB8:1:0::5')).toBe('own');
    expect(await named('2001:db8:1::/48', '2001:db8:2::5')).toBe('');
    expect(await named('::ffff:198.51.100.0/120', '198.51.100.200')).toBe('own');
    expect((await read(gzipSync('198.51.100.7'))).entries).toBe(1);
  });

  it('takes the name of an entry where the CSV has one', async () => {
    const text = 'cidr,name,valid_until\n198.51.100.0/24,Botnet C&C,\n203.0.113.0/24,,2026-12-31';
    expect([await named(text, '198.51.100.7'), await named(text, '203.0.113.7')]).toEqual(['Botnet-C-C', 'own']);
  });

  it('counts a wider range where the narrower one around an address has ended', async () => {
    const list = await read(
      '198.51.100.0/24,2026-06-16\n198.51.100.7/32,2026-06-01\n198.51.100.7,2026-06-15T13:00:00Z',
    );
    const find = (now: number) => list.find(publicAddress('198.51.100.7') ?? [], now)?.endsAt;
    expect(find(NOW)).toBe(Date.parse('2026-06-15T13:00:00Z'));
    expect(find(Date.parse('2026-06-15T14:00:00Z'))).toBe(Date.parse('2026-06-17'));
    expect(find(Date.parse('2026-06-17'))).toBeUndefined();
  });

  it('looks at no end where old logs are held against it', async () => {
    const list = await read('198.51.100.7,2020-01-01', { entriesEnd: false });
    expect(list.find(publicAddress('198.51.100.7') ?? [], NOW)).toEqual({ name: 'own', endsAt: Infinity });
  });

  it('counts what it refuses: lines that are no entry, too long, too many', async () => {
    expect(await read(`<html>\nnot-an-ip\n198.51.100.7\n${'1'.repeat(5_000)}\n198.51.100.999`)).toMatchObject({
      entries: 1,
      refused: 4,
    });
    const many = Array.from({ length: 20 }, (_, i) => `198.51.100.${i}`).join('\n');
    expect(await read(many, { maxEntries: 5 })).toMatchObject({ entries: 5, refused: 15 });
  });

  it.each(['192.168.1.5', '10.0.0.1', '127.0.0.1', '::1', 'fe80::1', '224.0.0.1', 'ff02::1', 'not an address', ''])(
    'never looks up %j',
    (ip) => {
      expect(publicAddress(ip)).toBeUndefined();
    },
  );
});

describe('RangeTable', () => {
  /** A small generator, so that a failure can be seen again. */
  const random = (seed: number) => () => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;

  it.each([4, 6] as const)('finds the same as looking at every range of IPv%s, whatever nests in what', (version) => {
    const next = random(version);
    const address = (): string =>
      formatIp(
        Array.from({ length: version === 4 ? 4 : 16 }, (_, i) =>
          i < 2 ? 0x20 + Math.floor(next() * 2) : Math.floor(next() * (next() < 0.5 ? 2 : 256)),
        ),
      );
    const texts = Array.from(
      { length: 2_000 },
      () => `${address()}/${1 + Math.floor(next() * (version === 4 ? 32 : 128))}`,
    );
    const rows = new RangeRows();
    texts.forEach((text, i) => rows.add(parseRange(text) ?? { words: [0], prefix: 1 }, i));
    const table = new RangeTable(rows);
    const cidrs = texts.map((text) => parseCidr(text));
    for (let i = 0; i < 2_000; i++) {
      const ip = address();
      const bytes = parseIp(ip) ?? [];
      const widths = cidrs.flatMap((cidr) => (cidr && inCidr(bytes, cidr) ? [cidr.prefix] : []));
      const hit = table.find(publicAddress(ip) ?? [], 0);
      expect([ip, hit && cidrs[hit.value]?.prefix]).toEqual([
        ip,
        widths.length === 0 ? undefined : Math.max(...widths),
      ]);
    }
  });
});
