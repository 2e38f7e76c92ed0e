import { describe, expect, it } from '@jest/globals';
import { clientEnvironment, formatArguments, KafkaSecurity, listenerSettings, protocolOf } from './security.ts';

const CERTIFICATES = { ca: '/t/ca.pem', cert: '/t/client.pem', key: '/t/client.key', serverStore: '/t/server.pem' };
const sasl = (mechanism: string) => ({ mechanism, username: 'outrider', password: 'secret' });

describe("the broker's security", () => {
  it.each([
    [{}, 'PLAINTEXT'],
    [{ tls: {} }, 'SSL'],
    [{ sasl: sasl('plain') }, 'SASL_PLAINTEXT'],
    [{ tls: {}, sasl: sasl('scram-sha-512') }, 'SASL_SSL'],
  ])('of %j is the protocol %s', (given, protocol) => {
    expect(protocolOf(KafkaSecurity.parse(given))).toBe(protocol);
  });

  it.each([['"; evil required;'], ['a]=['], ['two words'], ['']])(
    'refuses the password %j, which is syntax',
    (password) => {
      expect(KafkaSecurity.safeParse({ sasl: { ...sasl('plain'), password } }).success).toBe(false);
    },
  );

  it('enables the mechanism that was asked for, and no other', () => {
    const settings = listenerSettings(KafkaSecurity.parse({ sasl: sasl('scram-sha-256') }), undefined);
    expect(settings['listener.name.client.sasl.enabled.mechanisms']).toBe('SCRAM-SHA-256');
    expect(JSON.stringify(settings)).not.toContain('PlainLoginModule');
  });

  it('keeps the password of a SCRAM user in the metadata alone, and that of PLAIN in the settings alone', () => {
    const scram = KafkaSecurity.parse({ sasl: sasl('scram-sha-256') });
    expect(JSON.stringify(listenerSettings(scram, undefined))).not.toContain('secret');
    expect(formatArguments(scram).join(' ')).toContain('SCRAM-SHA-256=[name=outrider,password=secret]');
    expect(formatArguments(KafkaSecurity.parse({ sasl: sasl('plain') }))).toEqual([]);
  });

  it("tells Outrider of a client's certificate only where the broker asks for one", () => {
    const environment = (clientAuth: boolean) =>
      Object.keys(clientEnvironment(KafkaSecurity.parse({ tls: { clientAuth } }), CERTIFICATES));
    expect(environment(false)).toEqual(['KAFKA_TLS', 'KAFKA_TLS_CA']);
    expect(environment(true)).toEqual(['KAFKA_TLS', 'KAFKA_TLS_CA', 'KAFKA_TLS_CERT', 'KAFKA_TLS_KEY']);
  });
});
