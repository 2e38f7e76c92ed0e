import * as z from 'zod';
import { envFlag, envInteger } from '@outrider/platform/read-config';
import { isKafka } from './bus-address.ts';

const file = z.string().min(1).optional();

/** Read only when `BUS_URL` is kafka://…. */
export const kafkaSettings = {
  KAFKA_TLS: envFlag.default(false),
  /** PEM files: who signed the brokers (else the system's authorities), and this client's own certificate. */
  KAFKA_TLS_CA: file,
  KAFKA_TLS_CERT: file,
  KAFKA_TLS_KEY: file,
  KAFKA_SASL: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).optional(),
  KAFKA_USERNAME: z.string().min(1).optional(),
  KAFKA_PASSWORD: z.string().min(1).optional(),
  /** Of the topic of events when Outrider makes it: no more analyzers than this can share the work. */
  KAFKA_PARTITIONS: envInteger(1, 1_000).default(12),
  /** Copies of each topic that Outrider makes. */
  KAFKA_REPLICATION: envInteger(1, 9).default(1),
  KAFKA_COMPRESSION: z.enum(['none', 'gzip', 'lz4']).default('lz4'),
  /** Before the name of each topic and group: several installations on one Kafka. */
  KAFKA_TOPIC_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,60}$/, 'letters, digits, ".", "_" and "-", at most 60')
    .optional(),
};

type Kafka = z.output<z.ZodObject<typeof kafkaSettings>>;

/** Cross-field rules of the bus; each says what would break. */
export const checkKafkaSettings = (
  settings: Kafka & { readonly BUS_URL?: string | undefined },
  context: z.RefinementCtx,
): void => {
  if (!isKafka(settings.BUS_URL)) return;
  const need = (name: keyof Kafka, message: string): void => {
    context.addIssue({ code: 'custom', path: [name], message });
  };
  const { KAFKA_TLS_CA: ca, KAFKA_TLS_CERT: cert, KAFKA_TLS_KEY: key } = settings;
  if (!settings.KAFKA_TLS && (ca ?? cert ?? key) !== undefined)
    need('KAFKA_TLS', 'must be true when a certificate is named: without it the connection is in the clear');
  if ((cert === undefined) !== (key === undefined))
    need(
      cert === undefined ? 'KAFKA_TLS_CERT' : 'KAFKA_TLS_KEY',
      'certificate and key go together: one alone proves nothing',
    );
  const named = settings.KAFKA_USERNAME !== undefined && settings.KAFKA_PASSWORD !== undefined;
  if (settings.KAFKA_SASL !== undefined && !named)
    need('KAFKA_SASL', 'needs KAFKA_USERNAME and KAFKA_PASSWORD: the brokers would refuse');
  if (settings.KAFKA_SASL === undefined && (settings.KAFKA_USERNAME ?? settings.KAFKA_PASSWORD) !== undefined)
    need(
      'KAFKA_SASL',
      'names how user and password are shown (plain, scram-sha-256, scram-sha-512): unset, they are not',
    );
};
