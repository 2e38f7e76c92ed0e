import type { KafkaBusSettings } from '@outrider/kafka/settings';
import { pemFile } from '../pem-file.ts';
import type { BusSettings } from './open-bus.ts';

/** The adapter's settings out of the environment's; the files of TLS are read here. */
export const kafkaOptions = (brokers: readonly string[], settings: BusSettings): KafkaBusSettings => ({
  brokers: [...brokers],
  ...security(settings),
  ...(settings.KAFKA_TOPIC_PREFIX === undefined ? {} : { topicPrefix: settings.KAFKA_TOPIC_PREFIX }),
  partitions: settings.KAFKA_PARTITIONS,
  replication: settings.KAFKA_REPLICATION,
  compression: settings.KAFKA_COMPRESSION,
});

/** TLS and SASL as the settings say; checked before (`checkKafkaSettings`). */
const security = (settings: BusSettings): Pick<KafkaBusSettings, 'tls' | 'sasl'> => {
  const { KAFKA_TLS_CA: ca, KAFKA_TLS_CERT: cert, KAFKA_TLS_KEY: key } = settings;
  const { KAFKA_SASL: mechanism, KAFKA_USERNAME: username, KAFKA_PASSWORD: password } = settings;
  return {
    ...(settings.KAFKA_TLS
      ? {
          tls: {
            ...(ca === undefined ? {} : { caPem: pemFile('KAFKA_TLS_CA', ca) }),
            ...(cert === undefined ? {} : { certPem: pemFile('KAFKA_TLS_CERT', cert) }),
            ...(key === undefined ? {} : { keyPem: pemFile('KAFKA_TLS_KEY', key) }),
          },
        }
      : {}),
    ...(mechanism !== undefined && username !== undefined && password !== undefined
      ? { sasl: { mechanism, username, password } }
      : {}),
  };
};
