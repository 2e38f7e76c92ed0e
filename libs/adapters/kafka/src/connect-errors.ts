import { CallerError, TransientError } from '@outrider/platform/errors';
import { isNativeError } from 'node:util/types';

/** Codes of Node's TLS for "their certificate is not one that we trust". */
const UNTRUSTED = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
  'CERT_SIGNATURE_FAILURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);
/** What is wrong with the PEM files themselves. */
const BAD_PEM = /^ERR_OSSL_|^ERR_TLS_INVALID/;
/** The other side does not speak TLS. */
const NOT_TLS = new Set(['EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG']);

/** What of a setting is wrong, when the error says so for certain; undefined when waiting may help. */
export const misconfiguration = (error: unknown): CallerError | undefined => {
  const names = chainOf(error);
  const has = (test: (name: string) => boolean): boolean => names.some(test);
  if (has((name) => name === 'KafkaJSSASLAuthenticationError' || name === 'SASL_AUTHENTICATION_FAILED'))
    return wrong('Kafka refused the login: check KAFKA_SASL, KAFKA_USERNAME and KAFKA_PASSWORD', error);
  if (has((name) => name === 'UNSUPPORTED_SASL_MECHANISM' || name === 'ILLEGAL_SASL_STATE'))
    return wrong('Kafka does not offer this way to log in: check KAFKA_SASL, and BUS_URL for the right port', error);
  if (has((name) => UNTRUSTED.has(name)))
    return wrong("Kafka's certificate is not trusted: check KAFKA_TLS_CA, and that BUS_URL has its name", error);
  if (has((name) => NOT_TLS.has(name)))
    return wrong('Kafka does not speak TLS there: check KAFKA_TLS, and BUS_URL for the right port', error);
  if (has((name) => BAD_PEM.test(name)))
    return wrong('the PEM files cannot be used: check KAFKA_TLS_CA, KAFKA_TLS_CERT and KAFKA_TLS_KEY', error);
  if (has((name) => name === 'INVALID_REPLICATION_FACTOR'))
    return wrong('Kafka has fewer brokers than KAFKA_REPLICATION asks for', error);
  return undefined;
};

/** After waiting long enough for brokers that never answered. */
export const unreachable = (brokers: readonly string[], security: Security, error: unknown): CallerError =>
  new CallerError(
    `Kafka at ${brokers.join(', ')} (BUS_URL) cannot be used: ${reasonOf(error)}.${hint(security)} ` +
      'The names that the brokers advertise (advertised.listeners) must be reachable from here, too',
    'bus-unreachable',
    400,
    { cause: error },
  );

export interface Security {
  readonly tls: boolean;
  readonly sasl: boolean;
}

/** A broker that expects TLS or a login closes the connection without a word. */
const hint = ({ tls, sasl }: Security): string => {
  const absent = [...(tls ? [] : ['KAFKA_TLS']), ...(sasl ? [] : ['KAFKA_SASL'])];
  return absent.length === 0 ? '' : ` If it wants TLS or a login: ${absent.join(' and ')} ${one(absent)} not set.`;
};

const one = (names: readonly string[]): string => (names.length === 1 ? 'is' : 'are');

/** An error of the driver as one of ours, for callers that may try again. */
export const transient = (error: unknown, message: string, code: string): TransientError =>
  error instanceof TransientError ? error : new TransientError(message, code, { cause: error });

/** Names, protocol types and codes of the error and its causes. */
export const chainOf = (error: unknown): string[] => {
  const names: string[] = [];
  let at: unknown = error;
  for (let depth = 0; isNativeError(at) && depth < 10; depth += 1) {
    names.push(at.name);
    for (const field of ['type', 'code'] as const) {
      const value: unknown = Reflect.get(at, field);
      if (typeof value === 'string') names.push(value);
    }
    const several: unknown = Reflect.get(at, 'errors');
    if (Array.isArray(several)) for (const one of several) names.push(...chainOf(one));
    at = at.cause;
  }
  return names;
};

const wrong = (message: string, cause: unknown): CallerError =>
  new CallerError(message, 'bus-misconfigured', 400, { cause });

/** kafkajs's messages name addresses and never credentials. */
const reasonOf = (error: unknown): string => (error instanceof Error ? error.message.slice(0, 300) : 'no answer');
