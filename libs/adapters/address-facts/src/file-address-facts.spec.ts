import { mkdtemp, mkdir, readdir, rename, rm, unlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TransientError } from '@outrider/platform/errors';
import { createLogger } from '@outrider/platform/logger';
import { Metrics } from '@outrider/platform/metrics';
import { NO_FACTS } from '@outrider/ports/address-facts';
import { OutboundDownloads, type DownloadedBody, type OutboundDownload } from '@outrider/ports/outbound-http';
import { FileAddressFacts, type AddressFactsOptions } from './file-address-facts.ts';
import { mmdbOf, type MmdbValue } from './testing/mmdb-writer.ts';

const HOUR_MS = 3_600_000;
const IP = '81.2.69.142';
const LIST = 'https://lists.example/feeds/bad.txt?key=secret';
const log = createLogger({ name: 'spec', level: 'silent', pretty: false });

/** A server of lists: a body with a tag; `away` answers nothing. */
class FakeDownloads extends OutboundDownloads {
  body = '';
  etag = 'one';
  status = 200;
  away = false;
  readonly requests: OutboundDownload[] = [];

  download(request: OutboundDownload): Promise<DownloadedBody> {
    this.requests.push(request);
    if (this.away) return Promise.reject(new TransientError('no answer', 'timeout'));
    const same = request.headers['if-none-match'] === this.etag;
    const status = same ? 304 : this.status;
    return Promise.resolve({
      status,
      body: Buffer.from(same ? '' : this.body),
      etag: this.etag,
      lastModified: undefined,
    });
  }
}

describe('FileAddressFacts', () => {
  let dir = '';
  let now = 0;
  let downloads = new FakeDownloads();
  const opened: FileAddressFacts[] = [];

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'outrider-facts-'));
    now = Date.parse('2026-06-15T12:00:00Z');
    downloads = new FakeDownloads();
  });
  afterEach(async () => {
    for (const facts of opened.splice(0)) await facts.stop();
    await rm(dir, { recursive: true, force: true });
  });

  const open = async (options: Partial<AddressFactsOptions>): Promise<FileAddressFacts> => {
    const facts = await FileAddressFacts.open(
      {
        geoipFiles: [],
        threatLists: [],
        threatListMaxAgeMs: 72 * HOUR_MS,
        threatListRefreshMs: HOUR_MS,
        allowPrivateAddresses: false,
        keepIn: join(dir, 'kept'),
        ...options,
      },
      { log, metrics: new Metrics(), clock: { now: () => now }, downloads },
    );
    opened.push(facts);
    return facts;
  };
  let stamp = 1_000_000;
  const write = async (name: string, content: string | Buffer): Promise<string> => {
    const path = join(dir, name);
    await writeFile(path, content);
    await utimes(path, ++stamp, stamp);
    return path;
  };
  const mmdb = (record: MmdbValue): Buffer => mmdbOf({ '81.2.69.0/24': record, '2a02:cf00::/24': record });

  it('merges what several databases know, field by field, the first one first', async () => {
    const facts = await open({
      geoipFiles: [
        await write(
          'city.mmdb',
          mmdb({ country: { iso_code: 'GB' }, location: { latitude: 51.5, longitude: -0.1, accuracy_radius: 20 } }),
        ),
        await write(
          'asn.mmdb',
          mmdb({
            country: { iso_code: 'XX' },
            autonomous_system_number: 24940,
            autonomous_system_organization: 'Hetzner Online GmbH',
          }),
        ),
      ],
    });
    const expected = {
      country: 'GB',
      asn: 24940,
      organization: 'Hetzner Online GmbH',
      network: 'hosting',
      location: '51.5,-0.1,20',
      threat: '',
    };
    expect(facts.lookup(IP)).toEqual(expected);
    expect(facts.lookup(`::ffff:${IP}`)).toEqual(expected);
    expect(facts.lookup('2A02:CFFF:0::1')).toEqual(expected);
    expect(facts.lookup(IP)).toBe(facts.lookup(IP));
  });

  it('lets a database of what hides an address win over one that tells what a network is for', async () => {
    const facts = await open({
      geoipFiles: [
        await write('isp.mmdb', mmdb({ connection_type: 'Cable/DSL' })),
        await write('anonymous.mmdb', mmdb({ is_anonymous_vpn: true })),
      ],
    });
    expect(facts.lookup(IP).network).toBe('vpn');
  });

  it('reads a CSV with its columns in any order, the narrowest range first', async () => {
    const path = await write(
      'own.csv',
      '# ours\nlat,asn,CIDR,country,organization,lon,network\n52.4,AS1136,81.2.0.0/16,nl,"KPN, B.V.",4.9,Residential\n,64500,81.2.69.0/24,de,,,mobile\n1,2,garbage,us,,,\n',
    );
    const facts = await open({ geoipFiles: [path] });
    expect(facts.lookup('81.2.70.1')).toEqual({
      country: 'NL',
      asn: 1136,
      organization: 'KPN, B.V.',
      network: 'isp',
      location: '52.4,4.9,0',
      threat: '',
    });
    expect(facts.lookup(IP)).toMatchObject({ country: 'DE', asn: 64500, network: 'mobile', organization: '' });
    expect(facts.status().sources).toMatchObject([{ name: 'own', kind: 'csv', entries: 2, refused: 1 }]);
  });

  it.each(['192.168.0.1', '::1', '', 'x', '1'.repeat(10_000)])('knows nothing of %.20j', async (ip) => {
    const facts = await open({
      geoipFiles: [
        await write(
          'all.mmdb',
          mmdbOf({ '0.0.0.0/1': { country: { iso_code: 'US' } }, '128.0.0.0/1': { country: { iso_code: 'US' } } }),
        ),
      ],
    });
    expect(facts.lookup(ip)).toBe(NO_FACTS);
  });

  it('takes a changed file into use, written in place or renamed over; a broken one keeps the old in use, and is told until it is mended', async () => {
    const path = await write('city.mmdb', mmdb({ country: { iso_code: 'GB' } }));
    const facts = await open({ geoipFiles: [path] });
    const after = async (): Promise<[string, string]> => {
      await facts.refresh();
      return [facts.lookup(IP).country, facts.status().sources[0]?.error?.split(':')[0] ?? ''];
    };
    expect(await after()).toEqual(['GB', '']);
    await write('city.mmdb', mmdb({ country: { iso_code: 'FR' } }));
    expect(await after()).toEqual(['FR', '']);
    await rename(await write('city.new', mmdb({ country: { iso_code: 'DE' } })), path);
    expect(await after()).toEqual(['DE', '']);
    await write('city.mmdb', mmdb({ country: { iso_code: 'IT' } }).subarray(0, 100));
    expect(await after()).toEqual(['DE', 'bad-mmdb']);
    expect(await after()).toEqual(['DE', 'bad-mmdb']);
    await unlink(path);
    expect(await after()).toEqual(['DE', 'missing']);
    await write('city.mmdb', mmdb({ country: { iso_code: 'ES' } }));
    expect(await after()).toEqual(['ES', '']);
  });

  it('starts without a file that is not there, says so, and takes it when it comes', async () => {
    const facts = await open({ geoipFiles: [join(dir, 'later.mmdb')] });
    expect(facts.lookup(IP)).toBe(NO_FACTS);
    expect(facts.status().sources).toMatchObject([
      { name: 'later', inUse: false, error: expect.stringMatching(/^missing/) },
    ]);
    await write('later.mmdb', mmdb({ country: { iso_code: 'GB' } }));
    await facts.refresh();
    expect(facts.lookup(IP).country).toBe('GB');
  });

  it('names the first list that has an address, also of a folder whose files come and go', async () => {
    await mkdir(join(dir, 'lists'));
    await write('lists/zeta.txt', IP);
    await write('lists/.hidden', IP);
    const facts = await open({ threatLists: [`renamed=${await write('x.netset', '9.9.9.0/24')}`, join(dir, 'lists')] });
    expect([facts.lookup(IP).threat, facts.lookup('9.9.9.9').threat]).toEqual(['zeta', 'renamed']);
    await write('lists/alpha.netset', '81.2.0.0/16');
    await facts.refresh();
    expect(facts.lookup(IP).threat).toBe('alpha');
    await unlink(join(dir, 'lists/alpha.netset'));
    await unlink(join(dir, 'lists/zeta.txt'));
    await facts.refresh();
    expect(facts.lookup(IP)).toBe(NO_FACTS);
  });

  it('ends an entry at its time, though its address was asked for a moment before', async () => {
    const facts = await open({ threatLists: [await write('own.csv', `${IP},2026-06-15T12:00:10Z`)] });
    expect(facts.lookup(IP).threat).toBe('own');
    now += 10_000;
    expect(facts.lookup(IP).threat).toBe('');
  });

  it('calls an address of a list of Tor exits so, over a guess and under what a database says', async () => {
    const tor = await write('tor-exits.txt', `${IP}\n9.9.9.9`);
    const facts = await open({
      threatLists: [await write('bad.txt', IP), tor],
      geoipFiles: [
        await write(
          'asn.mmdb',
          mmdbOf({ '81.0.0.0/8': { autonomous_system_number: 16276 }, '9.0.0.0/8': { type: 'isp' } }),
        ),
      ],
    });
    expect(facts.lookup(IP)).toMatchObject({ network: 'tor', threat: 'bad' });
    expect(facts.lookup('9.9.9.9')).toMatchObject({ network: 'isp', threat: 'tor-exits' });
    expect(facts.lookup('81.1.1.1').network).toBe('hosting');
  });

  it('fetches an address when due and only what changed, and survives a restart without the server', async () => {
    downloads.body = IP;
    const facts = await open({ threatLists: [`feed=${LIST}`] });
    expect([facts.lookup(IP).threat, downloads.requests.length]).toEqual(['', 0]);
    await facts.refresh();
    await facts.refresh();
    expect([facts.lookup(IP).threat, downloads.requests.length]).toEqual(['feed', 1]);
    now += HOUR_MS;
    await facts.refresh();
    expect(downloads.requests.map(({ headers }) => headers['if-none-match'])).toEqual([undefined, 'one']);
    downloads.away = true;
    const again = await open({ threatLists: [`feed=${LIST}`] });
    expect(again.lookup(IP).threat).toBe('feed');
    expect(await readdir(join(dir, 'kept'))).toEqual([expect.stringMatching(/^feed-[0-9a-f]{12}\.list$/)]);
    now += HOUR_MS;
    await again.refresh();
    expect(again.status().sources).toMatchObject([{ inUse: true, entries: 1, error: 'timeout: no answer' }]);
    expect(JSON.stringify(again.status())).not.toContain('secret');
  });

  it('no longer counts a list that was not fetched for longer than its age limit, until it is confirmed', async () => {
    downloads.body = IP;
    const facts = await open({ threatLists: [LIST] });
    await facts.refresh();
    expect(facts.lookup(IP).threat).toBe('bad');
    downloads.away = true;
    now += 72 * HOUR_MS;
    await facts.refresh();
    expect(facts.lookup(IP).threat).toBe('');
    expect(facts.status().sources).toMatchObject([{ inUse: false, entries: 0, error: 'timeout: no answer' }]);
    downloads.away = false;
    now += HOUR_MS;
    await facts.refresh();
    expect(facts.lookup(IP).threat).toBe('bad');
    expect(facts.status().sources[0]?.error).toBeUndefined();
  });

  it.each([
    ['an error page', 200, '<html><body>Sorry</body></html>'],
    ['another status', 503, ''],
  ])('keeps the old list when the address gives %s', async (_name, status, body) => {
    downloads.body = IP;
    const facts = await open({ threatLists: [LIST] });
    await facts.refresh();
    Object.assign(downloads, { status, body, etag: 'two' });
    now += HOUR_MS;
    await facts.refresh();
    expect(facts.lookup(IP).threat).toBe('bad');
    expect(facts.status().sources[0]?.error).toMatch(/no-entries|bad-status/);
    Object.assign(downloads, { status: 200, body: '9.9.9.9' });
    now += HOUR_MS;
    await facts.refresh();
    expect([facts.lookup(IP).threat, facts.lookup('9.9.9.9').threat]).toEqual(['', 'bad']);
  });

  it('keeps no more addresses ready than its bound', async () => {
    const facts = await open({ threatLists: [await write('own.txt', '9.0.0.0/8')], cacheEntries: 1_000 });
    for (let i = 0; i < 5_000; i++) expect(facts.lookup(`9.0.${i >> 8}.${i & 255}`).threat).toBe('own');
    expect(facts.status().cached).toBeLessThanOrEqual(1_000);
  });
});
