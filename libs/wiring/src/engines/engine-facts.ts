import pg from 'pg';
import { openClickHouse } from '@outrider/clickhouse/open-clickhouse';
import { EVENTS_TOPIC } from '@outrider/contracts/topics/topic-catalogue';
import { Kafka, logLevel } from '@outrider/kafka/driver';
import { resolveSettings } from '@outrider/kafka/settings';
import { kafkaOptions } from './kafka-options.ts';
import type { BusSettings } from './open-bus.ts';
import { clickHouseAddress, type ClickHouseSettings } from './open-event-store.ts';

const ANSWER_MS = 5_000;

export interface KafkaFacts {
  readonly brokers: number;
  /** Undefined: the topic of events is not there yet. */
  readonly events: { readonly partitions: number; readonly replication: number } | undefined;
}

/** Of the Kafka that the settings name; nothing is made. Rejects with what the driver says. */
export const kafkaFacts = async (brokers: readonly string[], settings: BusSettings): Promise<KafkaFacts> => {
  const { tls, sasl, clientId = 'outrider' } = resolveSettings(kafkaOptions(brokers, settings));
  const kafka = new Kafka({
    brokers: [...brokers],
    clientId,
    connectionTimeout: ANSWER_MS,
    authenticationTimeout: ANSWER_MS,
    requestTimeout: ANSWER_MS,
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
    ...(tls ? { ssl: { ...given('ca', tls.caPem), ...given('cert', tls.certPem), ...given('key', tls.keyPem) } } : {}),
    ...(sasl ? { sasl: { ...sasl, mechanism: sasl.mechanism as 'plain' } } : {}), // the three differ in name only
  });
  const admin = kafka.admin();
  try {
    await within(admin.connect());
    const cluster = await within(admin.describeCluster());
    const name = `${settings.KAFKA_TOPIC_PREFIX ?? ''}${EVENTS_TOPIC.name}`;
    const known = (await within(admin.listTopics())).includes(name);
    const { topics } = known ? await within(admin.fetchTopicMetadata({ topics: [name] })) : { topics: [] };
    const partitions = topics[0]?.partitions;
    return {
      brokers: cluster.brokers.length,
      events: partitions && { partitions: partitions.length, replication: partitions[0]?.replicas.length ?? 0 },
    };
  } finally {
    await within(admin.disconnect()).catch(() => undefined);
  }
};

const given = <K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> =>
  value === undefined ? {} : ({ [key]: value } as Record<K, string>); // a computed key is a string to the compiler

/** Its version. */
export const clickHouseFacts = async (settings: ClickHouseSettings): Promise<string> => {
  const clickhouse = await openClickHouse(clickHouseAddress(settings, ''));
  try {
    const asked = clickhouse.outside.query({ query: 'SELECT version() AS version', format: 'JSONEachRow' });
    const [row] = await (await within(asked)).json<{ version: string }>();
    return row?.version ?? 'unknown';
  } finally {
    await clickhouse.close();
  }
};

export interface PostgresFacts {
  readonly version: string;
  readonly maxConnections: number;
}

export const postgresFacts = async (url: string): Promise<PostgresFacts> => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: ANSWER_MS, query_timeout: ANSWER_MS });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ version: string; max: string }>(
      `select current_setting('server_version') as version, current_setting('max_connections') as max`,
    );
    return { version: rows[0]?.version ?? 'unknown', maxConnections: Number(rows[0]?.max) };
  } finally {
    await client.end().catch(() => undefined);
  }
};

const within = async <T>(asked: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), ANSWER_MS);
  });
  return Promise.race([asked, late]).finally(() => clearTimeout(timer));
};
