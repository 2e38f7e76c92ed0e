import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { Lifecycle } from '@outrider/platform/lifecycle';
import { createLogger } from '@outrider/platform/logger';
import { Metrics } from '@outrider/platform/metrics';
import { readConfig } from '@outrider/platform/read-config';
import { UNKNOWN_ADDRESS } from '@outrider/ports/address-facts';
import { checkEnrichmentSettings, enrichmentSettings } from '../settings/enrichment-settings.ts';
import { openAddressFacts, watchAddressFacts } from './open-address-facts.ts';

const dir = mkdtempSync(join(tmpdir(), 'outrider-enrichment-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const Settings = z.object(enrichmentSettings).superRefine(checkEnrichmentSettings);
const file = (name: string, content: string): string => {
  const path = join(dir, name);
  writeFileSync(path, content);
  return path;
};
const csv = file('own.csv', 'cidr,country\n198.51.100.0/24,NL\n');
const list = file('bad.csv', '198.51.100.7,2020-01-01\n198.51.100.8\n');

describe('address facts', () => {
  it('reads lists of places, and refuses plain http and databases behind addresses, each with its reason', () => {
    expect(
      readConfig(Settings, { GEOIP_FILES: ' a.mmdb, ,b.csv', THREAT_LISTS: 'x=https://a.example/l?b=c' }),
    ).toMatchObject({
      GEOIP_FILES: ['a.mmdb', 'b.csv'],
      THREAT_LISTS: ['x=https://a.example/l?b=c'],
      THREAT_LIST_MAX_AGE_HOURS: 72,
    });
    expect(() => readConfig(Settings, { THREAT_LISTS: 'tor=http://a.example/tor' })).toThrow(/needs https/);
    expect(
      readConfig(Settings, { THREAT_LISTS: 'http://a', THREAT_LISTS_ALLOW_PRIVATE: 'yes' }).THREAT_LISTS,
    ).toHaveLength(1);
    expect(() => readConfig(Settings, { GEOIP_FILES: 'https://a.example/city.mmdb' })).toThrow(/is a path/);
  });

  it('holds old logs against lists whose entries have ended since', async () => {
    const facts = await openAddressFacts({ GEOIP_FILES: [csv], THREAT_LISTS: [list] });
    expect(facts.lookup('198.51.100.7')).toMatchObject({ country: 'NL', threat: 'bad' });
  });

  it('names the file that a command cannot read; a process starts without it', async () => {
    const missing = { GEOIP_FILES: [join(dir, 'nowhere.mmdb')], THREAT_LISTS: [list] };
    await expect(openAddressFacts(missing)).rejects.toThrow(/^nowhere cannot be read: missing/);
    const log = createLogger({ name: 'spec', level: 'silent', pretty: false });
    const lifecycle = new Lifecycle(log);
    const settings = { ...readConfig(Settings, {}), ...missing };
    const facts = await watchAddressFacts(settings, { dataDir: dir, log, metrics: new Metrics(), lifecycle });
    expect([facts.lookup('198.51.100.7').threat, facts.lookup('198.51.100.8').threat]).toEqual(['', 'bad']);
    expect(facts.status().sources.map(({ inUse }) => inUse)).toEqual([false, true]);
    await lifecycle.stop();
  });

  it('costs nothing where nothing is configured', async () => {
    expect(await openAddressFacts({ GEOIP_FILES: [], THREAT_LISTS: [] })).toBe(UNKNOWN_ADDRESS);
  });
});
