import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { readConfig } from '@outrider/platform/read-config';
import { checkCollectSettings, collectSettings } from './collect-settings.ts';
import { busSettings, clickhouseSettings, postgresSettings } from './engine-settings.ts';
import { gatewaySettings, gatewaysOf } from './gateway-options.ts';
import { sharedBus, sharedStores } from './shared-engines.ts';

const dir = mkdtempSync(join(tmpdir(), 'outrider-settings-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const Gateways = z.object(gatewaySettings);
const file = (content: string): string => {
  const path = join(dir, `gateways-${content.length}.json`);
  writeFileSync(path, content);
  return path;
};

describe('settings', () => {
  it('refuses a TLS port without certificate and key, and says why', () => {
    const schema = z.object(collectSettings).superRefine(checkCollectSettings);
    expect(() => readConfig(schema, { COLLECT_TLS_PORT: '7516' })).toThrow(/COLLECT_TLS_CERT and COLLECT_TLS_KEY/);
    expect(
      readConfig(schema, { COLLECT_TLS_PORT: '7516', COLLECT_TLS_CERT: 'a', COLLECT_TLS_KEY: 'b' }).COLLECT_TLS_PORT,
    ).toBe(7516);
  });

  it('says of Kafka that it is not there yet, instead of failing later', () => {
    expect(() => readConfig(z.object(busSettings), { BUS_URL: 'kafka://localhost:9092' })).toThrow(
      /Kafka is not supported yet/,
    );
  });

  it('tells a process that would run apart what it lacks and what to do instead', () => {
    const schema = z
      .object({ ...busSettings, ...clickhouseSettings, ...postgresSettings })
      .superRefine((settings, context) => {
        sharedBus(settings, context);
        sharedStores(settings, ['CLICKHOUSE_URL', 'DATABASE_URL'], context);
      });
    const parsed = schema.safeParse({});
    expect(parsed.error?.issues.map(({ path }) => path[0])).toEqual(['BUS_URL', 'CLICKHOUSE_URL', 'DATABASE_URL']);
    expect(parsed.error?.issues.every(({ message }) => message.includes('outrider start'))).toBe(true);
  });

  it('adds the gateways of the file to the default one', () => {
    const path = file(
      JSON.stringify([
        { id: 'eu', ingestToken: 'sixteen-characters', tcpPort: 7520, adminUrl: 'http://10.0.0.5:8001' },
      ]),
    );
    const gateways = gatewaysOf(
      readConfig(Gateways, { GATEWAYS_FILE: path, TRUSTED_PROXIES: '10.0.0.0/8, 192.0.2.1' }),
      'another-token-here',
    );
    expect(gateways.map(({ id }) => id)).toEqual(['default', 'eu']);
    expect(gateways[0]?.trustedProxies).toEqual(['10.0.0.0/8', '192.0.2.1']);
  });

  it('names the setting that is wrong, not our own fields: a workspace with a space', () => {
    expect(() => readConfig(Gateways, { KONG_WORKSPACE: 'a b' })).toThrow(/KONG_WORKSPACE/);
    expect(readConfig(Gateways, { KONG_WORKSPACE: 'team-a' }).KONG_WORKSPACE).toBe('team-a');
  });

  it('refuses gateways that cannot be told apart, and a file that is wrong, without showing its tokens', () => {
    const twice = file(
      JSON.stringify([
        { id: 'eu', ingestToken: 'same-token-same-token' },
        { id: 'us', ingestToken: 'same-token-same-token' },
      ]),
    );
    expect(() => gatewaysOf(readConfig(Gateways, { GATEWAYS_FILE: twice }), undefined)).toThrow(
      /share the ingest token/,
    );
    const short = file(JSON.stringify([{ id: 'eu', ingestToken: 'hunter2' }]));
    expect(() => gatewaysOf(readConfig(Gateways, { GATEWAYS_FILE: short }), undefined)).toThrow(/ingestToken/);
    expect(() => gatewaysOf(readConfig(Gateways, { GATEWAYS_FILE: short }), undefined)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
    );
    expect(() => gatewaysOf(readConfig(Gateways, { GATEWAYS_FILE: '/nowhere.json' }), undefined)).toThrow(
      /cannot be read/,
    );
  });
});
