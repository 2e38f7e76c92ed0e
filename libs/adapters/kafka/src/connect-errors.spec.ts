import { describe, expect, test } from '@jest/globals';
import { misconfiguration, unreachable } from './connect-errors.ts';

const anError = (name: string, fields: Record<string, unknown> = {}, cause?: Error): Error =>
  Object.assign(new Error('x', { cause }), { name, ...fields });

describe('errors of connecting', () => {
  test.each([
    [anError('KafkaJSSASLAuthenticationError'), 'KAFKA_PASSWORD'],
    [anError('KafkaJSNonRetriableError', {}, anError('KafkaJSSASLAuthenticationError')), 'KAFKA_PASSWORD'],
    [anError('KafkaJSConnectionError', { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }), 'KAFKA_TLS_CA'],
    [anError('KafkaJSConnectionError', { code: 'ERR_SSL_WRONG_VERSION_NUMBER' }), 'KAFKA_TLS'],
    [anError('Error', { code: 'ERR_OSSL_PEM_NO_START_LINE' }), 'KAFKA_TLS_CERT'],
    [anError('KafkaJSAggregateError', { errors: [anError('E', { type: 'INVALID_REPLICATION_FACTOR' })] }), 'REPLICA'],
  ])('name the setting that is wrong (%s)', (error, setting) => {
    expect(misconfiguration(error)?.message).toContain(setting);
  });

  test.each(['ECONNREFUSED', 'ENOTFOUND', 'ECONNRESET'])('leave open what waiting may cure: %s', (code) => {
    expect(misconfiguration(anError('KafkaJSConnectionError', { code }))).toBeUndefined();
  });

  test('say what a silent broker may want', () => {
    const error = unreachable(['k:9092'], { tls: false, sasl: true }, anError('KafkaJSConnectionError'));
    expect(error.message).toMatch(/k:9092 \(BUS_URL\).*KAFKA_TLS is not set/);
  });
});
