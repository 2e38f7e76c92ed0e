import * as z from 'zod';
import type { Certificates } from './certificates.ts';
import type { BrokerLayout } from './server-properties.ts';

/** No character that would need escaping in a JAAS line or in the storage tool's list. */
const WORD = /^[A-Za-z0-9._~-]{1,128}$/;

export const SASL_MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;

/** How clients must come in; nothing = anybody on this machine. */
export const KafkaSecurity = z.strictObject({
  /** TLS with a certificate of an authority of our own; `clientAuth` asks the client for one of that authority too. */
  tls: z.strictObject({ clientAuth: z.boolean().default(false) }).optional(),
  sasl: z
    .strictObject({
      mechanism: z.enum(SASL_MECHANISMS),
      username: z.string().regex(WORD),
      password: z.string().regex(WORD),
    })
    .optional(),
});
export type KafkaSecurity = z.output<typeof KafkaSecurity>;

export const protocolOf = ({ tls, sasl }: KafkaSecurity): BrokerLayout['clientProtocol'] => {
  if (sasl) return tls ? 'SASL_SSL' : 'SASL_PLAINTEXT';
  return tls ? 'SSL' : 'PLAINTEXT';
};

/** The broker's settings of the client's listener. */
export const listenerSettings = (
  security: KafkaSecurity,
  certificates: Certificates | undefined,
): Record<string, string> => ({
  ...(security.tls && certificates ? tlsSettings(security.tls.clientAuth, certificates) : {}),
  ...(security.sasl ? saslSettings(security.sasl) : {}),
});

const tlsSettings = (clientAuth: boolean, { serverStore, ca }: Certificates): Record<string, string> => ({
  'listener.name.client.ssl.keystore.type': 'PEM',
  'listener.name.client.ssl.keystore.location': serverStore,
  'listener.name.client.ssl.truststore.type': 'PEM',
  'listener.name.client.ssl.truststore.location': ca,
  'listener.name.client.ssl.client.auth': clientAuth ? 'required' : 'none',
});

const saslSettings = (sasl: NonNullable<KafkaSecurity['sasl']>): Record<string, string> => ({
  'sasl.enabled.mechanisms': sasl.mechanism.toUpperCase(),
  'listener.name.client.sasl.enabled.mechanisms': sasl.mechanism.toUpperCase(),
  [`listener.name.client.${sasl.mechanism}.sasl.jaas.config`]:
    sasl.mechanism === 'plain'
      ? `org.apache.kafka.common.security.plain.PlainLoginModule required user_${sasl.username}="${sasl.password}";`
      : 'org.apache.kafka.common.security.scram.ScramLoginModule required;',
});

/** SCRAM users live in the cluster's metadata: they are made when the storage is formatted. */
export const formatArguments = ({ sasl }: KafkaSecurity): string[] =>
  sasl === undefined || sasl.mechanism === 'plain'
    ? []
    : ['--add-scram', `${sasl.mechanism.toUpperCase()}=[name=${sasl.username},password=${sasl.password}]`];

/** What Outrider is told to come in that way. */
export const clientEnvironment = (
  { tls, sasl }: KafkaSecurity,
  certificates: Certificates | undefined,
): Record<string, string> => ({
  ...(tls && certificates ? { KAFKA_TLS: 'true', KAFKA_TLS_CA: certificates.ca } : {}),
  ...(tls?.clientAuth && certificates ? { KAFKA_TLS_CERT: certificates.cert, KAFKA_TLS_KEY: certificates.key } : {}),
  ...(sasl ? { KAFKA_SASL: sasl.mechanism, KAFKA_USERNAME: sasl.username, KAFKA_PASSWORD: sasl.password } : {}),
});
