import type { Topic } from '@outrider/contracts/topics/topic-catalogue';
import { CallerError, TransientError } from '@outrider/platform/errors';
import type { Logger } from '@outrider/platform/logger';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AdminSession } from './admin-session.ts';
import { chainOf, misconfiguration, transient } from './connect-errors.ts';
import { ConfigResourceTypes } from './driver.ts';
import { HOUR_MS, type ResolvedSettings } from './settings.ts';

/** Key, headers and framing of one message, beside its value. */
export const MAX_META_BYTES = 64 * 1024;
/** A given-up message carries its own headers and those that say why. */
const ROOM_BYTES = 4 * MAX_META_BYTES;
const BETWEEN_LOOKS_MS = 200;
/** How long a topic that somebody else makes may take to be known by the broker we ask. */
const APPEARS_MS = 15_000;
const DENIED = new Set(['TOPIC_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED', 'POLICY_VIOLATION']);

/** Messages that handlers gave up, as they were, with headers that say where they came from and why. */
export const GIVEN_UP_TOPIC = {
  name: 'outrider.given-up.v1',
  key: 'as it was: no order needed',
  retentionHours: 7 * 24,
  partitions: 1,
} as const satisfies Topic;

/** A topic as it is in the cluster. */
export interface KnownTopic {
  readonly name: string;
  readonly partitions: number;
  readonly retentionMs: number;
}

/** Topics as the catalogue wants them: made when they are missing, left as they are when they exist. */
export class Topics {
  readonly #known = new Map<string, KnownTopic>();
  readonly #asking = new Map<string, Promise<KnownTopic>>();

  constructor(
    private readonly admin: AdminSession,
    private readonly settings: ResolvedSettings,
    private readonly log: Logger,
  ) {}

  /** By its name in the catalogue; undefined until `ensure` has seen it. */
  known(topic: string): KnownTopic | undefined {
    return this.#known.get(topic);
  }

  wanted(topic: string): { readonly partitions: number; readonly retentionMs: number } {
    const entry = [...this.settings.catalogue, GIVEN_UP_TOPIC].find(({ name }) => name === topic);
    const partitions = entry?.partitions === 'scaled' ? this.settings.partitions : (entry?.partitions ?? 1);
    return { partitions, retentionMs: (entry?.retentionHours ?? 24) * HOUR_MS };
  }

  /** The name in the cluster. */
  physical(topic: string): string {
    return `${this.settings.topicPrefix}${topic}`;
  }

  /** Rejects with CallerError when a setting stands in the way, else with what kafkajs says. Several processes may do this at once. */
  ensure(topic: string): Promise<KnownTopic> {
    const known = this.#known.get(topic);
    if (known) return Promise.resolve(known);
    let asking = this.#asking.get(topic);
    if (!asking) {
      asking = this.#ensure(topic).finally(() => this.#asking.delete(topic));
      this.#asking.set(topic, asking);
    }
    return asking;
  }

  async #ensure(topic: string): Promise<KnownTopic> {
    const name = this.physical(topic);
    const wanted = this.wanted(topic);
    const all = await this.admin.ask((admin) => admin.listTopics());
    const made = all.includes(name) ? false : await this.#create(topic);
    const partitions = await this.#partitionsOf(name);
    const retentionMs = (made ? undefined : await this.#checked(topic, partitions)) ?? wanted.retentionMs;
    const known = { name, partitions, retentionMs };
    this.#known.set(topic, known);
    return known;
  }

  /** False when it exists meanwhile, or we may not make it: then somebody else does. */
  async #create(topic: string): Promise<boolean> {
    const name = this.physical(topic);
    const { partitions } = this.wanted(topic);
    const { replication } = this.settings;
    try {
      const made = await this.admin.ask((admin) =>
        admin.createTopics({
          waitForLeaders: true,
          timeout: this.settings.requestTimeoutMs,
          topics: [
            {
              topic: name,
              numPartitions: partitions,
              replicationFactor: replication,
              configEntries: Object.entries(this.#config(topic)).map(([key, value]) => ({ name: key, value })),
            },
          ],
        }),
      );
      if (made) this.log.info({ topic: name, partitions, replication }, 'topic made');
      return made;
    } catch (error) {
      const names = chainOf(error);
      if (names.includes('TOPIC_ALREADY_EXISTS')) return false;
      if (!names.some((one) => DENIED.has(one))) throw misconfiguration(error) ?? error;
      this.log.warn({ topic: name }, 'the topic is missing and we may not make it: waiting for somebody who may');
      return false;
    }
  }

  #config(topic: string): Record<string, string> {
    return {
      'retention.ms': String(this.wanted(topic).retentionMs),
      'max.message.bytes': String(this.settings.maxMessageBytes + ROOM_BYTES),
      'compression.type': 'producer',
      'cleanup.policy': 'delete',
      // The time is the broker's: a collector's clock that is wrong must neither shorten nor lengthen what is kept.
      'message.timestamp.type': 'LogAppendTime',
      ...(this.settings.replication >= 3 ? { 'min.insync.replicas': '2' } : {}),
    };
  }

  async #partitionsOf(name: string): Promise<number> {
    for (const until = Date.now() + APPEARS_MS; ;) {
      try {
        const { topics } = await this.admin.ask((admin) => admin.fetchTopicMetadata({ topics: [name] }));
        const partitions = topics.find((one) => one.name === name)?.partitions ?? [];
        if (partitions.length > 0) return partitions.length;
      } catch (error) {
        if (!chainOf(error).includes('UNKNOWN_TOPIC_OR_PARTITION')) throw error;
      }
      if (Date.now() > until)
        throw new CallerError(
          `the topic ${name} is missing and may not be made by this login: make it, or allow "create" on it`,
          'bus-topic-missing',
        );
      await sleep(BETWEEN_LOOKS_MS);
    }
  }

  /** Says how an existing topic differs from what was wanted; gives its retention. */
  async #checked(topic: string, partitions: number): Promise<number | undefined> {
    const name = this.physical(topic);
    const wanted = this.wanted(topic);
    if (partitions < wanted.partitions)
      this.log.warn(
        { topic: name, partitions, wanted: wanted.partitions },
        'the topic has fewer partitions than wanted',
      );
    try {
      const config = this.#config(topic);
      const found = await this.#describe(name, Object.keys(config));
      for (const [key, value] of Object.entries(config))
        if (found[key] !== undefined && found[key] !== value)
          this.log.warn({ topic: name, setting: key, is: found[key], wanted: value }, 'the topic has another setting');
      const retention = Number(found['retention.ms']);
      return retention > 0 ? retention : undefined;
    } catch (error) {
      this.log.info({ topic: name, names: chainOf(error) }, 'the settings of the topic cannot be read');
      return undefined;
    }
  }

  async #describe(name: string, keys: string[]): Promise<Record<string, string | undefined>> {
    const { resources } = await this.admin.ask((admin) =>
      admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ type: ConfigResourceTypes.TOPIC, name, configNames: keys }],
      }),
    );
    const entries = resources[0]?.configEntries ?? [];
    return Object.fromEntries(entries.map(({ configName, configValue }) => [configName, configValue]));
  }
}

/** For callers other than `start`: what waiting may cure is a TransientError. */
export const ensured = async (topics: Topics, topic: string): Promise<KnownTopic> => {
  try {
    return await topics.ensure(topic);
  } catch (error) {
    if (error instanceof CallerError || error instanceof TransientError) throw error;
    throw transient(error, 'the event bus cannot be reached', 'bus-away');
  }
};
