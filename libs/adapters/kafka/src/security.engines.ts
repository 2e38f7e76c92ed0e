import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { CallerError } from '@outrider/platform/errors';
import { startKafka, type KafkaService } from '@outrider/services/start-kafka';
import { eventually } from '@outrider/testing/eventually';
import type { KafkaBusSettings } from './settings.ts';
import { aKafkaBus, aPrefix, aTopic, quick } from './testing/kafka.ts';

const LOGIN = { username: 'outrider', password: 'correct-horse' };

describe.each([
  { mechanism: 'plain', tls: false },
  { mechanism: 'scram-sha-256', tls: true },
  { mechanism: 'scram-sha-512', tls: true },
] as const)('a broker with $mechanism, TLS: $tls', ({ mechanism, tls }) => {
  let kafka: KafkaService;
  let settings: KafkaBusSettings;
  const pem = async (file: string | undefined): Promise<string> => readFile(file ?? '', 'utf8');

  beforeAll(async () => {
    const security = { sasl: { mechanism, ...LOGIN }, ...(tls ? { tls: { clientAuth: true } } : {}) };
    kafka = await startKafka({ security });
    const files = kafka.certificates;
    settings = {
      ...quick(kafka.broker, aPrefix()),
      startTimeoutMs: 0,
      catalogue: [aTopic('t.v1')],
      sasl: { mechanism, ...LOGIN },
      ...(tls
        ? { tls: { caPem: await pem(files?.ca), certPem: await pem(files?.cert), keyPem: await pem(files?.key) } }
        : {}),
    };
  });
  afterAll(() => kafka.stop());
  const refusal = async (changed: KafkaBusSettings): Promise<unknown> => {
    const failed = await aKafkaBus(changed).then(
      (bus) => bus.stop(),
      (error: unknown) => error,
    );
    expect(failed).toBeInstanceOf(CallerError);
    expect(String(failed)).not.toContain(LOGIN.password);
    return failed instanceof Error ? failed.message : '';
  };

  test('carries messages', async () => {
    const bus = await aKafkaBus({ ...settings, startTimeoutMs: 20_000 });
    const seen: string[] = [];
    await bus.consume({ topic: 't.v1', group: 'g' }, async ({ value }) => void seen.push(value.toString()));
    await bus.publish('t.v1', [{ key: 'k', value: Buffer.from('v'), headers: {} }]);
    await eventually(() => seen.length === 1, 30_000);
    await bus.stop();
  });

  test('says at start that the password is wrong', async () => {
    expect(await refusal({ ...settings, sasl: { mechanism, username: LOGIN.username, password: 'guess' } })).toContain(
      'KAFKA_PASSWORD',
    );
  });

  test('says at start that a login is missing', async () => {
    const { sasl: _, ...without } = settings;
    expect(await refusal(without)).toContain('KAFKA_SASL');
  });

  if (tls) {
    test('says at start that the certificate is not trusted', async () => {
      expect(await refusal({ ...settings, tls: {} })).toContain('KAFKA_TLS_CA');
    });

    test('says at start that TLS is missing', async () => {
      const { tls: _, ...without } = settings;
      expect(await refusal(without)).toContain('KAFKA_TLS');
    });

    test('says at start that the PEM files are none', async () => {
      expect(await refusal({ ...settings, tls: { ...settings.tls, certPem: 'no', keyPem: 'no' } })).toContain(
        'KAFKA_TLS_KEY',
      );
    });
  }
});

test('says at start that nobody is there', async () => {
  await expect(aKafkaBus({ ...quick('127.0.0.1:1', aPrefix()), startTimeoutMs: 300 })).rejects.toMatchObject({
    code: 'bus-unreachable',
    message: expect.stringContaining('127.0.0.1:1 (BUS_URL)'),
  });
});
