import { TransientError } from '@outrider/platform/errors';
import type { Logger } from '@outrider/platform/logger';
import type { Metrics } from '@outrider/platform/metrics';
import type { Clock } from '@outrider/ports/clock';
import {
  ConsumableBus,
  type AssignmentListener,
  type ConsumeOptions,
  type Delivery,
  type Lag,
  type OutgoingMessage,
} from '@outrider/ports/event-bus';
import type { Subscription } from '@outrider/platform/bus/group-strategy';
import { busMetrics, type BusMetrics } from './bus-metrics.ts';
import { GroupConsumer } from './group-consumer.ts';
import { resolveSettings, topicSettings, type LocalBusSettings, type ResolvedSettings } from './settings.ts';
import { TopicLog } from './topic-log.ts';

export interface LocalBusDeps {
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

/** The event bus on local disk, within one process: a durable log that survives `kill -9` at any moment. */
export class LocalBus extends ConsumableBus {
  readonly #settings: ResolvedSettings;
  readonly #metrics: BusMetrics;
  readonly #opening = new Map<string, Promise<TopicLog>>();
  readonly #topics = new Map<string, TopicLog>();
  readonly #consumers = new Set<GroupConsumer>();
  readonly #listeners = new Map<string, AssignmentListener[]>();
  #maintenance: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(
    settings: LocalBusSettings,
    private readonly deps: LocalBusDeps,
  ) {
    super();
    this.#settings = resolveSettings(settings);
    this.#metrics = busMetrics(deps.metrics);
  }

  /** Locks and recovers the topics of the settings. */
  async start(): Promise<void> {
    for (const name of Object.keys(this.#settings.topics)) await this.#topic(name);
    this.#maintenance ??= setInterval(() => void this.#maintain(), this.#settings.maintenanceMs);
    this.#maintenance.unref();
  }

  async publish(topic: string, messages: readonly OutgoingMessage[]): Promise<void> {
    await (this.#topics.get(topic) ?? (await this.#topic(topic))).publish(messages);
  }

  pressure(topic: string): number {
    return this.#topics.get(topic)?.pressure() ?? 0;
  }

  partitions(topic: string): number {
    return this.#topics.get(topic)?.logs.length ?? topicSettings(this.#settings, topic).partitions;
  }

  /** One process has all partitions: the listener hears of them once, when the group begins to consume. */
  onAssignment(topic: string, group: string, listener: AssignmentListener): void {
    const key = `${topic} ${group}`;
    this.#listeners.set(key, [...(this.#listeners.get(key) ?? []), listener]);
  }

  async ping(): Promise<void> {
    if (this.#stopped) throw new TransientError('the event bus is closed', 'bus-closed');
  }

  /** Calls `handler` for every message of the topic; its promise is the acknowledgement. A durable group runs once at a time. */
  async consume(options: ConsumeOptions, handler: (delivery: Delivery) => Promise<void>): Promise<Subscription> {
    const topic = await this.#topic(options.topic);
    const group = options.durable === false ? undefined : await topic.group(options.group);
    if (group?.consumed) throw new Error(`group ${options.group} consumes ${options.topic} already`);
    if (group) group.consumed = true;
    try {
      await this.#announce(options, topic);
    } catch (error) {
      if (group) group.consumed = false;
      throw error;
    }
    const consumer = new GroupConsumer(topic, group, handler, options, {
      log: this.deps.log,
      metrics: this.#metrics,
      onStopped: () => {
        if (group) group.consumed = false;
        this.#consumers.delete(consumer);
      },
    });
    this.#consumers.add(consumer);
    return consumer;
  }

  /** Of the durable groups of all open topics. */
  lag(): readonly Lag[] {
    const now = this.deps.clock.now();
    const lags: Lag[] = [];
    for (const topic of this.#topics.values())
      for (const group of topic.groups.values())
        for (const log of topic.logs) {
          const { run, position, oldestAt } = group.progress(log.partition);
          const messages = log.end - run.committable;
          const since = oldestAt ?? log.appendedAt(run.committable) ?? now;
          const ageMs = messages === 0 ? 0 : Math.max(0, now - since);
          const bytes = messages === 0 ? 0 : log.last.position - position;
          lags.push({ topic: topic.name, group: group.name, partition: log.partition, messages, bytes, ageMs });
        }
    return lags;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#maintenance);
    await Promise.allSettled([...this.#consumers].map((consumer) => consumer.stop()));
    const opened = await Promise.allSettled(this.#opening.values());
    for (const topic of opened) if (topic.status === 'fulfilled') await topic.value.close();
  }

  async #announce({ topic, group }: ConsumeOptions, { logs }: TopicLog): Promise<void> {
    const gained = logs.map(({ partition }) => partition);
    for (const listener of this.#listeners.get(`${topic} ${group}`) ?? [])
      await listener({ topic, group, gained, lost: [] });
  }

  #topic(name: string): Promise<TopicLog> {
    if (this.#stopped) return Promise.reject(new TransientError('the event bus is closed', 'bus-closed'));
    const opening = this.#opening.get(name);
    if (opening) return opening;
    const made = TopicLog.open(name, topicSettings(this.#settings, name), this.#settings, {
      log: this.deps.log,
      metrics: this.#metrics,
      now: () => this.deps.clock.now(),
    });
    this.#opening.set(name, made);
    made.then(
      (topic) => this.#topics.set(name, topic),
      () => this.#opening.delete(name),
    );
    return made;
  }

  async #maintain(): Promise<void> {
    for (const topic of this.#topics.values()) {
      await topic
        .sweep()
        .catch((error: unknown) => this.deps.log.error({ err: error, topic: topic.name }, 'retention failed'));
      this.#metrics.pressure({ topic: topic.name }, topic.pressure());
    }
    for (const { topic, group, partition, messages, bytes, ageMs } of this.lag()) {
      const labels = { topic, group, partition: String(partition) };
      this.#metrics.lagMessages(labels, messages);
      this.#metrics.lagBytes(labels, bytes);
      this.#metrics.lagSeconds(labels, ageMs / 1_000);
    }
  }
}
