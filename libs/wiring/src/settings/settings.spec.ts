import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { readConfig } from '@outrider/platform/read-config';
import { checkCollectSettings, collectSettings } from './collect-settings.ts';
import { detectOptions } from '../stage-options.ts';
import { busAddress } from './bus-address.ts';
import { detectSettings } from './detect-settings.ts';
import { busSettings, checkClickHouseSettings, clickhouseSettings, postgresSettings } from './engine-settings.ts';
import { gatewaySettings, gatewaysOf } from './gateway-options.ts';
import { checkKafkaSettings } from './kafka-settings.ts';
import { processSettings } from './process-settings.ts';
import { sharedBus, sharedKeys, sharedStores } from './shared-engines.ts';

const dir = mkdtempSync(join(tmpdir(), 'outrider-settings-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const Gateways = z.object(gatewaySettings);
const file = (content: string): string => {
  const path = join(dir, `gateways-${content.length}.json`);
  writeFileSync(path, content);
  return path;
};

describe('settings', () => {
  it('bounds what is learned again at a start, and hands it to the detect stage in its units', () => {
    const read = (environment: Record<string, string>) => readConfig(z.object(detectSettings), environment);
    expect(detectOptions(read({}), undefined)).toEqual({ learnMs: 7 * 86_400_000, maxReplayed: 1_000_000 });
    expect(detectOptions(read({ RELEARN_DAYS: '0' }), '/rules')).toMatchObject({ learnMs: 0, rulesDir: '/rules' });
    expect(() => read({ RELEARN_DAYS: '40' })).toThrow(/RELEARN_DAYS/);
    expect(() => read({ RELEARN_MAX_EVENTS: '10' })).toThrow(/RELEARN_MAX_EVENTS/);
  });

  it('refuses a TLS port without certificate and key, and says why', () => {
    const schema = z.object(collectSettings).superRefine(checkCollectSettings);
    expect(() => readConfig(schema, { COLLECT_TLS_PORT: '7516' })).toThrow(/COLLECT_TLS_CERT and COLLECT_TLS_KEY/);
    expect(
      readConfig(schema, { COLLECT_TLS_PORT: '7516', COLLECT_TLS_CERT: 'a', COLLECT_TLS_KEY: 'b' }).COLLECT_TLS_PORT,
    ).toBe(7516);
  });

  it.each([
    ['kafka://a:9092,b:9093', { kind: 'kafka', brokers: ['a:9092', 'b:9093'] }],
    ['kafka://kafka', { kind: 'kafka', brokers: ['kafka:9092'] }],
    ['kafka://[::1]:9092, 10.0.0.1/', { kind: 'kafka', brokers: ['[::1]:9092', '10.0.0.1:9092'] }],
    ['file:///var/lib/out%20rider', { kind: 'local', dir: '/var/lib/out rider' }],
    [undefined, { kind: 'local', dir: undefined }],
  ])('reads the address of the bus: %s', (url, address) => {
    expect(busAddress(readConfig(z.object(busSettings), { BUS_URL: url }).BUS_URL)).toEqual(address);
  });

  it.each([
    ['redis://a:1', /kafka:\/\//],
    ['kafka://', /broker 1/],
    ['kafka://a:9092,', /broker 2/],
    ['kafka://a:99999', /broker 1/],
    ['kafka://a:9092/topic', /only kafka:/],
    ['kafka://user:hunter2@a:9092', /KAFKA_USERNAME/],
    ['file://folder', /three slashes/],
  ])('says what is wrong with the address of a bus, without repeating it: %s', (url, message) => {
    const read = (): unknown => readConfig(z.object(busSettings), { BUS_URL: url });
    expect(read).toThrow(message);
    expect(read).toThrow(expect.objectContaining({ message: expect.not.stringContaining('hunter2') }));
  });

  it.each([
    [{ KAFKA_TLS_CA: 'ca.pem' }, 'KAFKA_TLS'],
    [{ KAFKA_TLS: '1', KAFKA_TLS_CERT: 'c.pem' }, 'KAFKA_TLS_KEY'],
    [{ KAFKA_SASL: 'plain', KAFKA_USERNAME: 'u' }, 'KAFKA_SASL'],
    [{ KAFKA_USERNAME: 'u', KAFKA_PASSWORD: 'p' }, 'KAFKA_SASL'],
  ])('refuses half a Kafka security: %j', (environment, setting) => {
    const schema = z.object(busSettings).superRefine(checkKafkaSettings);
    const parsed = schema.safeParse({ BUS_URL: 'kafka://a', ...environment });
    expect(parsed.error?.issues.map(({ path }) => path[0])).toEqual([setting]);
    // What is left over in a shared file does not matter to the embedded bus.
    expect(schema.safeParse(environment).success).toBe(true);
  });

  it('refuses a cluster without a server, and an authority without TLS', () => {
    const schema = z.object(clickhouseSettings).superRefine(checkClickHouseSettings);
    const problems = (environment: object) => schema.safeParse(environment).error?.issues.map(({ path }) => path[0]);
    expect(problems({ CLICKHOUSE_CLUSTER: 'c' })).toEqual(['CLICKHOUSE_CLUSTER']);
    expect(problems({ CLICKHOUSE_URL: 'http://a:8123', CLICKHOUSE_TLS_CA: 'f' })).toEqual(['CLICKHOUSE_TLS_CA']);
    expect(problems({ CLICKHOUSE_URL: 'https://a', CLICKHOUSE_CLUSTER: 'c', CLICKHOUSE_TLS_CA: 'f' })).toBeUndefined();
  });

  it('tells a process that would run apart what it lacks and what to do instead', () => {
    const schema = z
      .object({ ...busSettings, ...clickhouseSettings, ...postgresSettings })
      .superRefine((settings, context) => {
        sharedBus(settings, context);
        sharedStores(settings, ['CLICKHOUSE_URL', 'DATABASE_URL'], context);
      });
    const parsed = schema.safeParse({ BUS_URL: 'file:///tmp/bus' });
    expect(parsed.error?.issues.map(({ path }) => path[0])).toEqual(['BUS_URL', 'CLICKHOUSE_URL', 'DATABASE_URL']);
    expect(parsed.error?.issues.every(({ message }) => message.includes('outrider start'))).toBe(true);
  });

  it('lets no process make a key of its own that others must share', () => {
    const schema = z
      .object({ ...processSettings, ...collectSettings })
      .superRefine((settings, context) => sharedKeys(settings, ['FINGERPRINT_KEY', 'INGEST_TOKEN'], context));
    const problems = (environment: object) => schema.safeParse(environment).error?.issues.map(({ path }) => path[0]);
    expect(problems({})).toEqual(['FINGERPRINT_KEY', 'INGEST_TOKEN']);
    expect(problems({ FINGERPRINT_KEY: 'ab'.repeat(32) })).toEqual(['INGEST_TOKEN']);
    expect(problems({ OUTRIDER_KEYS: '/shared/keys' })).toBeUndefined();
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
