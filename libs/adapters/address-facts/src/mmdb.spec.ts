import { describe, expect, it } from '@jest/globals';
import { publicAddress } from './address-words.ts';
import type { FactsRecord } from './facts-record.ts';
import { readMmdb } from './facts-mmdb.ts';
import { mmdbOf, type MmdbOptions, type MmdbValue } from './testing/mmdb-writer.ts';

const find = (file: Buffer, ip: string): FactsRecord | undefined => readMmdb(file).find(ip, publicAddress(ip) ?? []);
const of = (record: MmdbValue): FactsRecord | undefined => find(mmdbOf({ '81.2.69.0/24': record }), '81.2.69.7');

describe('facts of MMDB files', () => {
  it.each<MmdbOptions>([
    { recordSize: 24 },
    { recordSize: 28 },
    { recordSize: 32 },
    { recordSize: 24, ipVersion: 4 },
    { recordSize: 32, ipVersion: 4 },
  ])('finds the narrowest network around an address in a tree of %o', (options) => {
    const file = mmdbOf(
      {
        '81.0.0.0/8': { country: { iso_code: 'FR' } },
        '81.2.69.0/24': { country: { iso_code: 'GB' } },
        '81.2.69.160/27': { country: { iso_code: 'IE' } },
        ...(options.ipVersion === 4 ? {} : { '2a02:cf00::/24': { country: { iso_code: 'DE' } } }),
      },
      options,
    );
    expect(
      ['81.9.9.9', '81.2.69.1', '81.2.69.161', '82.0.0.1', '2a02:cfff::1'].map((ip) => find(file, ip)?.country),
    ).toEqual(['FR', 'GB', 'IE', undefined, options.ipVersion === 4 ? undefined : 'DE']);
  });

  it.each<[string, MmdbValue, FactsRecord]>([
    [
      'GeoLite2-City',
      {
        city: { names: { en: 'London' } },
        country: { iso_code: 'GB', geoname_id: 2635167 },
        location: { latitude: 51.5142, longitude: -0.0931, accuracy_radius: 10, time_zone: 'Europe/London' },
        registered_country: { iso_code: 'US' },
      },
      { country: 'GB', location: '51.51,-0.09,10' },
    ],
    ['GeoLite2-Country of a satellite', { registered_country: { iso_code: 'us' } }, { country: 'US' }],
    [
      'GeoLite2-ASN and DB-IP ASN Lite',
      { autonomous_system_number: 20712, autonomous_system_organization: 'Andrews & Arnold Ltd' },
      { asn: 20712, organization: 'Andrews & Arnold Ltd' },
    ],
    [
      'GeoIP2-ISP',
      {
        autonomous_system_number: 1221,
        autonomous_system_organization: 'Telstra Pty Ltd',
        isp: 'Telstra Internet',
        organization: 'Telstra',
      },
      { asn: 1221, organization: 'Telstra Pty Ltd' },
    ],
    ['GeoIP2-Connection-Type', { connection_type: 'Cellular' }, { network: 'mobile' }],
    ['GeoIP2-Connection-Type at home', { connection_type: 'Cable/DSL' }, { network: 'isp' }],
    [
      'GeoIP2-Anonymous-IP',
      { is_anonymous: true, is_anonymous_vpn: true, is_hosting_provider: true },
      { network: 'vpn' },
    ],
    [
      'GeoIP2-Anonymous-IP of Tor',
      { is_anonymous: true, is_tor_exit_node: true, is_anonymous_vpn: true },
      { network: 'tor' },
    ],
    ['GeoIP2-Anonymous-IP, flags off', { is_anonymous_vpn: false, is_hosting_provider: false }, {}],
    [
      'GeoIP2-Enterprise',
      {
        country: { iso_code: 'NL' },
        traits: {
          autonomous_system_number: 1103,
          autonomous_system_organization: 'SURF B.V.',
          user_type: 'college',
          connection_type: 'Corporate',
        },
      },
      { country: 'NL', asn: 1103, organization: 'SURF B.V.', network: 'education' },
    ],
    [
      'IPinfo Lite',
      {
        asn: 'AS15169',
        as_name: 'Google LLC',
        as_domain: 'google.com',
        country: 'United States',
        country_code: 'US',
        continent: 'North America',
      },
      { country: 'US', asn: 15169, organization: 'Google LLC' },
    ],
    [
      'IPinfo country_asn',
      { country: 'DE', country_name: 'Germany', asn: 'AS24940', as_name: 'Hetzner Online GmbH' },
      { country: 'DE', asn: 24940, organization: 'Hetzner Online GmbH' },
    ],
    [
      'IPinfo asn',
      { asn: 'AS1103', name: 'SURF B.V.', type: 'education' },
      { asn: 1103, organization: 'SURF B.V.', network: 'education' },
    ],
    [
      'IPinfo privacy, texts',
      { hosting: 'true', proxy: 'false', relay: 'false', tor: 'false', vpn: 'true', service: 'NordVPN' },
      { network: 'vpn' },
    ],
    ['IPinfo relay', { hosting: true, relay: true }, { network: 'relay' }],
    [
      'IPinfo location',
      { city: 'Berlin', country: 'DE', lat: '52.52437', lng: '13.41053' },
      { country: 'DE', location: '52.52,13.41,0' },
    ],
    [
      'IPinfo Plus, nested',
      {
        geo: { country_code: 'JP', latitude: 35.69, longitude: 139.69, radius: 50 },
        as: { asn: 'AS2516', name: 'KDDI', type: 'isp' },
        is_mobile: true,
      },
      { country: 'JP', asn: 2516, organization: 'KDDI', network: 'mobile', location: '35.69,139.69,50' },
    ],
    [
      'nothing that we know',
      { colour: 'blue', asn: 'none', country: 'Narnia', location: { latitude: 999, longitude: 0 } },
      {},
    ],
    ['a record that is no map', 'text', {}],
  ])('understands %s', (_name, record, expected) => {
    expect(of(record)).toEqual(expected);
  });

  it('tells when the database was built', () => {
    const builtAt = new Date('2026-03-01T12:00:00Z');
    expect(readMmdb(mmdbOf({ '81.2.69.0/24': {} }, { builtAt })).contentAt).toEqual(builtAt);
  });

  const good = mmdbOf({
    '81.2.69.0/24': { country: { iso_code: 'GB' } },
    '9.0.0.0/8': { country: { iso_code: 'US' } },
  });
  it.each<[string, Buffer]>([
    ['an empty file', Buffer.alloc(0)],
    ['text', Buffer.from('not a database'.repeat(100))],
    ['a file cut off in its data', good.subarray(0, good.length - 60)],
    ['a file that lost its beginning', good.subarray(400)],
    ['a file with noise for its tree', Buffer.concat([Buffer.alloc(400, 0x5a), good.subarray(400)])],
    ['gzip', Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0])],
  ])('refuses %s', (_name, bytes) => {
    expect(() => readMmdb(bytes)).toThrow(/not a readable MaxMind DB/);
  });
});
