import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@outrider/testing/eventually';
import { Kafka, logLevel, type KafkaConfig } from 'kafkajs';
import { KAFKA_LINES } from './kafka/lock-file.ts';
import { startKafka, type KafkaService } from './start-kafka.ts';

const LIMIT_MS = 60_000;

/** `retry` of the client, not of the producer alone: connecting anew follows the client's, and gives up after seconds by default. */
const clientOf = (kafka: KafkaService, config: Partial<KafkaConfig> = {}): Kafka =>
  new Kafka({
    clientId: 'spec',
    brokers: [kafka.broker],
    logLevel: logLevel.NOTHING,
    retry: { retries: 60, initialRetryTime: 100, maxRetryTime: 500 },
    ...config,
  });

const valuesIn = async (client: Kafka, topic: string, groupId: string, count: number): Promise<string[]> => {
  const values: string[] = [];
  const consumer = client.consumer({ groupId, maxWaitTimeInMs: 200 });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachMessage: ({ message }) => {
      values.push(message.value?.toString() ?? '');
      return Promise.resolve();
    },
  });
  try {
    await eventually(() => values.length >= count, LIMIT_MS);
  } finally {
    await consumer.disconnect();
  }
  return values;
};

describe.each(KAFKA_LINES)('Kafka %s, spoken to by kafkajs,', (version) => {
  let kafka: KafkaService;
  let client: Kafka;
  beforeAll(async () => {
    kafka = await startKafka({ version });
    client = clientOf(kafka);
  });
  afterAll(() => kafka.stop());

  it('makes a topic with its partitions and settings, and none by itself', async () => {
    const admin = client.admin();
    await admin.connect();
    const configEntries = [{ name: 'retention.ms', value: '3600000' }];
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic: 'made', numPartitions: 3, configEntries }] });
    const { topics } = await admin.fetchTopicMetadata({ topics: ['made'] });
    expect(topics[0]?.partitions).toHaveLength(3);
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: 2, name: 'made', configNames: ['retention.ms'] }],
    });
    expect(resources[0]?.configEntries[0]?.configValue).toBe('3600000');
    await admin.disconnect();

    const producer = clientOf(kafka, { retry: { retries: 1, initialRetryTime: 50 } }).producer();
    await producer.connect();
    await expect(producer.send({ topic: 'unmade', messages: [{ value: 'x' }] })).rejects.toThrow(/topic-partition/);
    await producer.disconnect();
  });

  it('keeps what an idempotent producer was told is stored, and the offsets of a group, over a kill -9 on the same port', async () => {
    const admin = client.admin();
    await admin.connect();
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic: 'kept', numPartitions: 1 }] });
    const producer = client.producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false });
    await producer.connect();
    await producer.send({ topic: 'kept', acks: -1, messages: [{ value: 'before' }] });
    await commitWithMetadata(client, 'kept', '1', '{"done":[3]}');

    const { port, pid } = kafka;
    kafka.kill();
    const during = producer.send({ topic: 'kept', acks: -1, messages: [{ value: 'during' }] });
    await kafka.restart();
    await during;
    expect(kafka.port).toBe(port);
    expect(kafka.pid).not.toBe(pid);
    expect(await valuesIn(client, 'kept', 'reader', 2)).toEqual(['before', 'during']);
    const [offsets] = await admin.fetchOffsets({ groupId: 'committed', topics: ['kept'] });
    expect(offsets?.partitions[0]).toMatchObject({ offset: '1', metadata: '{"done":[3]}' });
    await producer.disconnect();
    await admin.disconnect();
  });

  it('answers nobody while it is paused, and goes on afterwards', async () => {
    const impatient = clientOf(kafka, { connectionTimeout: 500, requestTimeout: 500, retry: { retries: 0 } }).admin();
    kafka.pause();
    await expect(impatient.connect()).rejects.toThrow();
    kafka.resume();
    const admin = client.admin();
    await admin.connect();
    expect((await admin.describeCluster()).controller).toBe(1);
    await admin.disconnect();
    await impatient.disconnect();
  });
});

const commitWithMetadata = async (client: Kafka, topic: string, offset: string, metadata: string): Promise<void> => {
  const consumer = client.consumer({ groupId: 'committed', maxWaitTimeInMs: 200 });
  // from within a delivery: before the first, kafkajs takes a commit without a word and does not send it
  const committing = new Promise<void>((resolve, reject) => {
    const eachMessage = (): Promise<void> =>
      consumer.commitOffsets([{ topic, partition: 0, offset, metadata }]).then(resolve, reject);
    consumer
      .connect()
      .then(() => consumer.subscribe({ topics: [topic], fromBeginning: true }))
      .then(() => consumer.run({ autoCommit: false, eachMessage }))
      .catch(reject);
  });
  await committing;
  await consumer.disconnect();
};

const USER = { username: 'outrider', password: 'a-good-password' };

describe('Kafka with security', () => {
  it.each([
    ['PLAIN over TLS', { tls: {}, sasl: { mechanism: 'plain', ...USER } }],
    ['SCRAM-SHA-256', { sasl: { mechanism: 'scram-sha-256', ...USER } }],
    ['SCRAM-SHA-512 over TLS', { tls: {}, sasl: { mechanism: 'scram-sha-512', ...USER } }],
  ] as const)('lets in by %s who knows the password, and nobody else', async (_, security) => {
    const kafka = await startKafka({ security });
    try {
      await connects(kafka, security.sasl.mechanism, USER.password);
      await expect(connects(kafka, security.sasl.mechanism, 'wrong')).rejects.toThrow(/[Aa]uthentication/);
      await expect(connects(kafka, undefined, '')).rejects.toThrow();
      expect(kafka.environment).toMatchObject({ BUS_URL: kafka.url, KAFKA_SASL: security.sasl.mechanism });
    } finally {
      await kafka.stop();
    }
  });

  it('asks for a certificate of its own authority, where it is told to', async () => {
    const kafka = await startKafka({ security: { tls: { clientAuth: true } } });
    try {
      const { cert, key } = tlsFiles(kafka);
      await connects(kafka, undefined, '', { cert, key });
      await expect(connects(kafka, undefined, '')).rejects.toThrow();
    } finally {
      await kafka.stop();
    }
  });
});

const tlsFiles = ({ certificates }: KafkaService): { ca: string; cert: string; key: string } => {
  if (!certificates) throw new Error('no certificates');
  const read = (file: string): string => readFileSync(file, 'utf8');
  return { ca: read(certificates.ca), cert: read(certificates.cert), key: read(certificates.key) };
};

const connects = async (
  kafka: KafkaService,
  mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512' | undefined,
  password: string,
  client: { cert?: string; key?: string } = {},
): Promise<void> => {
  const admin = clientOf(kafka, {
    retry: { retries: 0 },
    connectionTimeout: 5_000,
    ...(kafka.certificates ? { ssl: { ca: [tlsFiles(kafka).ca], servername: 'localhost', ...client } } : {}),
    ...(mechanism ? { sasl: saslOf(mechanism, password) } : {}),
  }).admin();
  try {
    await admin.connect();
    await admin.listTopics();
  } finally {
    await admin.disconnect();
  }
};

const saslOf = (
  mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512',
  password: string,
): NonNullable<KafkaConfig['sasl']> => {
  const user = { username: USER.username, password };
  if (mechanism === 'plain') return { mechanism, ...user };
  return mechanism === 'scram-sha-256' ? { mechanism, ...user } : { mechanism, ...user };
};
