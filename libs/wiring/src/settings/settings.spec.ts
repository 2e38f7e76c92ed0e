import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { readConfig } from '@outrider/platform/read-config';
import { checkCollectSettings, collectSettings } from './collect-settings.ts';
import { busSettings } from './engine-settings.ts';
import { gatewaySettings, gatewaysOf } from './gateway-options.ts';

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
