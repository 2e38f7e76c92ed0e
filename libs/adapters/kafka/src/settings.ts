import type { Topic } from '@outrider/contracts/topics/topic-catalogue';
import { CHANGES_TOPIC, DEAD_LETTERS_TOPIC, EVENTS_TOPIC, TOPICS } from '@outrider/contracts/topics/topic-catalogue';
import * as z from 'zod';

const KIB = 1024;
const MIB = 1024 * KIB;
export const HOUR_MS = 3_600_000;

const Pem = z.string().min(1).max(MIB);

const Schema = z.strictObject({
  /** `host:port` of one or more brokers; the others are learned from them. */
  brokers: z
    .array(z.string().regex(/^(\[[\da-fA-F:.]+\]|[\w.-]{1,253}):\d{1,5}$/))
    .min(1)
    .max(50),
  clientId: z
    .string()
    .regex(/^[\w.-]{1,100}$/)
    .default('outrider'),
  /** Absent: no TLS. Without `caPem` the certificate authorities of Node are trusted. */
  tls: z.strictObject({ caPem: Pem.optional(), certPem: Pem.optional(), keyPem: Pem.optional() }).optional(),
  sasl: z
    .strictObject({
      mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']),
      username: z.string().min(1).max(1_000),
      password: z.string().min(1).max(10_000),
    })
    .optional(),
  /** Before the names of topics and groups: several installations on one Kafka. */
  topicPrefix: z
    .string()
    .regex(/^[\w.-]{0,60}$/)
    .default(''),
  /** Of topics whose catalogue entry says `scaled`, when they are made. */
  partitions: z.int().min(1).max(1_000).default(12),
  replication: z.int().min(1).max(9).default(1),
  compression: z.enum(['none', 'gzip', 'lz4']).default('lz4'),
  /** Of one message's value, and of all messages that go to one partition in one request. */
  maxMessageBytes: z
    .int()
    .min(KIB)
    .max(64 * MIB)
    .default(8 * MIB),
  /** Of one request to the brokers, before compression. */
  maxRequestBytes: z
    .int()
    .min(KIB)
    .max(64 * MIB)
    .default(8 * MIB),
  /** Published and not yet acknowledged; beyond it `publish` rejects. */
  maxPendingBytes: z
    .int()
    .min(KIB)
    .max(1_024 * MIB)
    .default(64 * MIB),
  /** How long a publish waits for a connection, and then again for the acknowledgement; ms. */
  publishTimeoutMs: z.int().min(100).max(120_000).default(10_000),
  /** Of one request; ms. */
  requestTimeoutMs: z.int().min(100).max(120_000).default(8_000),
  connectTimeoutMs: z.int().min(100).max(60_000).default(3_000),
  /** How long `start` waits for brokers that do not answer yet; ms. */
  startTimeoutMs: z.int().min(0).max(600_000).default(60_000),
  /** A process that is not heard of for so long loses its partitions; ms. Brokers allow 6 s and more unless told otherwise. */
  sessionTimeoutMs: z.int().min(1_000).max(300_000).default(10_000),
  heartbeatMs: z.int().min(100).max(60_000).default(2_500),
  /** How long a rebalance waits for the members; ms. */
  rebalanceTimeoutMs: z.int().min(1_000).max(300_000).default(15_000),
  /** How long a fetch waits for the first message; ms. */
  fetchWaitMs: z.int().min(5).max(5_000).default(100),
  /** Of one fetch from one broker, compressed. */
  fetchBytes: z
    .int()
    .min(KIB)
    .max(64 * MIB)
    .default(4 * MIB),
  /** Fetched and not yet handed out, a subscription. */
  bufferBytes: z
    .int()
    .min(KIB)
    .max(256 * MIB)
    .default(16 * MIB),
  /** Commits are written at most this often; ms. */
  commitIntervalMs: z.int().min(5).max(60_000).default(100),
  /** Lag, pressure and gauges; ms. */
  lagIntervalMs: z.int().min(50).max(600_000).default(2_000),
});

/** What the bus is made of, beside what comes from the environment. */
export interface KafkaTopics {
  /** Made by `start`. Default: the topic catalogue. */
  readonly catalogue?: readonly Topic[];
  /** Durable groups whose lag is watched, by topic, whether this process consumes or not. */
  readonly watched?: Readonly<Record<string, readonly string[]>>;
}

export type KafkaBusSettings = z.input<typeof Schema> & KafkaTopics;
const SESSION_GRACE_MS = 5_000;

export type ResolvedSettings = Readonly<z.output<typeof Schema> & Required<KafkaTopics>>;

/** Who must see each message before it may be forgotten: collectors watch these groups without being in them. */
const WATCHED: Readonly<Record<string, readonly string[]>> = {
  [EVENTS_TOPIC.name]: ['analyzer'],
  [DEAD_LETTERS_TOPIC.name]: ['analyzer'],
  [CHANGES_TOPIC.name]: ['responder'],
};

/** Throws a ZodError that names the setting when a value is outside its bounds. */
export const resolveSettings = ({
  catalogue = TOPICS,
  watched = WATCHED,
  ...settings
}: KafkaBusSettings): ResolvedSettings => ({ ...Schema.parse(settings), catalogue, watched });

/** One Kafka group a topic: a rebalance of one topic leaves the other topics of the same group alone. */
export const kafkaGroupOf = (prefix: string, group: string, topic: string): string =>
  `${prefix}outrider-${group}-${topic.replace(/^outrider\./, '')}`;

/**
 * For a member of a group. The group answers it only once a leader that died has outlived its session: a request that is given up before
 * makes a further member, which the group then waits for in turn.
 */
export const memberSettings = (settings: ResolvedSettings): ResolvedSettings => ({
  ...settings,
  requestTimeoutMs: Math.max(settings.requestTimeoutMs, settings.sessionTimeoutMs + SESSION_GRACE_MS),
});
