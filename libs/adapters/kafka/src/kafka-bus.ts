import { backOffMs } from '@outrider/platform/back-off';
import type { Subscription } from '@outrider/platform/bus/group-strategy';
import { CallerError, PermanentError, TransientError } from '@outrider/platform/errors';
import type { Logger } from '@outrider/platform/logger';
import type { Metrics } from '@outrider/platform/metrics';
import type { Clock } from '@outrider/ports/clock';
import {
  ConsumableBus,
  type Assignment,
  type AssignmentListener,
  type ConsumeOptions,
  type Delivery,
  type Lag,
  type OutgoingMessage,
} from '@outrider/ports/event-bus';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSecureContext } from 'node:tls';
import { AdminSession } from './admin-session.ts';
import { busMetrics, type BusMetrics } from './bus-metrics.ts';
import { chainOf, misconfiguration, transient, unreachable } from './connect-errors.ts';
import { givenUpMessage } from './given-up.ts';
import { GroupConsumer } from './group-consumer.ts';
import { LagSampler } from './lag-sampler.ts';
import { endPositions } from './positions.ts';
import { Publisher } from './publisher.ts';
import { kafkaGroupOf, resolveSettings, type KafkaBusSettings, type ResolvedSettings } from './settings.ts';
import { ensured, GIVEN_UP_TOPIC, Topics } from './topics.ts';

const START_BASE_MS = 200;
const START_MAX_MS = 2_000;
const PING_MS = 2_000;

export interface KafkaBusDeps {
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

/** The event bus on Apache Kafka, shared by any number of processes. */
export class KafkaBus extends ConsumableBus {
  readonly #settings: ResolvedSettings;
  readonly #metrics: BusMetrics;
  readonly #log: Logger;
  readonly #admin: AdminSession;
  readonly #topics: Topics;
  readonly #publisher: Publisher;
  readonly #sampler: LagSampler;
  readonly #consumers = new Set<GroupConsumer>();
  readonly #consumed = new Set<string>();
  readonly #listeners = new Map<string, AssignmentListener[]>();
  #stopping: Promise<void> | undefined;

  /** Throws a ZodError that names the setting when one is outside its bounds. */
  constructor(settings: KafkaBusSettings, deps: KafkaBusDeps) {
    super();
    this.#settings = resolveSettings(settings);
    this.#metrics = busMetrics(deps.metrics);
    this.#log = deps.log;
    this.#admin = new AdminSession(this.#settings, deps.log);
    this.#topics = new Topics(this.#admin, this.#settings, deps.log);
    this.#publisher = new Publisher(this.#settings, { log: deps.log, metrics: this.#metrics });
    this.#sampler = new LagSampler(this.#admin, this.#topics, this.#settings, { ...deps, metrics: this.#metrics });
  }

  /**
   * Connects and makes the topics that are missing. Waits for brokers that are just starting; rejects with CallerError, which names the
   * setting, when they do not answer in time or do not accept us.
   */
  async start(): Promise<void> {
    this.#checkPems();
    const until = performance.now() + this.#settings.startTimeoutMs;
    for (let failures = 0; ; failures += 1)
      try {
        for (const { name } of [...this.#settings.catalogue, GIVEN_UP_TOPIC]) await this.#topics.ensure(name);
        await this.#publisher.open();
        break;
      } catch (error) {
        const wrong = error instanceof CallerError ? error : misconfiguration(error);
        const security = { tls: this.#settings.tls !== undefined, sasl: this.#settings.sasl !== undefined };
        if (wrong ?? performance.now() >= until) {
          await this.#admin.close();
          throw wrong ?? unreachable(this.#settings.brokers, security, error);
        }
        this.#log.warn({ brokers: this.#settings.brokers, names: chainOf(error) }, 'waiting for Kafka');
        await sleep(backOffMs(failures, START_BASE_MS, START_MAX_MS, Math.random()));
      }
    this.#sampler.start();
  }

  async publish(topic: string, messages: readonly OutgoingMessage[]): Promise<void> {
    if (this.#stopping) throw closed();
    const known = this.#topics.known(topic) ?? (await ensured(this.#topics, topic));
    await this.#publisher.publish(topic, known, messages);
  }

  /** Share of the retention that the oldest message has seen which a group has not committed: at 1 Kafka deletes it. */
  pressure(topic: string): number {
    return this.#sampler.pressure(topic);
  }

  partitions(topic: string): number {
    return (this.#topics.known(topic) ?? this.#topics.wanted(topic)).partitions;
  }

  onAssignment(topic: string, group: string, listener: AssignmentListener): void {
    const key = `${topic} ${group}`;
    this.#listeners.set(key, [...(this.#listeners.get(key) ?? []), listener]);
  }

  /** Of the durable groups that are watched or consumed here, as they were at the last look. Bytes are not known. */
  lag(): readonly Omit<Lag, 'bytes'>[] {
    return this.#sampler.lags();
  }

  /**
   * Joins the group in the background, and again after every failure. A group without commits begins at what the ends are when this
   * resolves.
   */
  async consume(options: ConsumeOptions, handler: (delivery: Delivery) => Promise<void>): Promise<Subscription> {
    if (this.#stopping) throw closed();
    if (!/^[\w.-]{1,100}$/.test(options.group))
      throw new PermanentError(`not a group name: ${options.group}`, 'bad-group');
    const durable = options.durable !== false;
    const key = `${options.topic} ${options.group}`;
    if (durable && this.#consumed.has(key)) throw new Error(`group ${options.group} consumes ${options.topic} already`);
    if (durable) this.#consumed.add(key);
    try {
      const consumer = await this.#consumer(options, handler, () => this.#consumed.delete(key));
      consumer.start();
      return consumer;
    } catch (error) {
      if (durable) this.#consumed.delete(key);
      throw error;
    }
  }

  /** Rejects with TransientError when no broker answers, or a consumer has had no place in its group for a minute. */
  async ping(): Promise<void> {
    if (this.#stopping) throw closed();
    for (const { complaint } of this.#consumers)
      if (complaint !== undefined) throw new TransientError(complaint, 'consumer-absent');
    try {
      await this.#admin.ask((admin) => admin.describeCluster(), PING_MS);
    } catch (error) {
      throw transient(error, 'the event bus cannot be reached', 'bus-away');
    }
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** kafkajs would take them for a connection that fails, and try again. */
  #checkPems(): void {
    const { caPem: ca, certPem: cert, keyPem: key } = this.#settings.tls ?? {};
    try {
      createSecureContext({ ca, cert, key });
    } catch (error) {
      throw misconfiguration(error) ?? error;
    }
  }

  async #stop(): Promise<void> {
    await Promise.allSettled([...this.#consumers].map((consumer) => consumer.stop()));
    await this.#sampler.stop();
    await this.#publisher.stop();
    await this.#admin.close();
  }

  async #consumer(
    options: ConsumeOptions,
    handler: (delivery: Delivery) => Promise<void>,
    onStopped: () => void,
  ): Promise<GroupConsumer> {
    const { topic, group } = options;
    const { name } = await ensured(this.#topics, topic);
    const durable = options.durable !== false;
    const groupId = kafkaGroupOf(this.#settings.topicPrefix, group, topic);
    const from = durable ? undefined : await this.#ends(name);
    if (durable) this.#sampler.watch(topic, group);
    const place = { topicName: name, groupId: durable ? groupId : `${groupId}-${randomUUID()}`, from };
    const consumer: GroupConsumer = new GroupConsumer(place, options, handler, {
      settings: this.#settings,
      admin: this.#admin,
      log: this.#log,
      metrics: this.#metrics,
      announce: (assignment) => this.#announce(assignment),
      deadLetter: async (delivery, error) => {
        if (options.onDeadLetter) await options.onDeadLetter(delivery, error);
        else await this.#keepGivenUp(delivery, group, error);
      },
      onStopped: async () => {
        if (!durable) await this.#forgetGroup(place.groupId);
        this.#consumers.delete(consumer);
        onStopped();
      },
    });
    this.#consumers.add(consumer);
    return consumer;
  }

  async #ends(topicName: string): Promise<ReadonlyMap<number, number>> {
    try {
      return await endPositions(this.#admin, topicName);
    } catch (error) {
      throw transient(error, 'the event bus cannot be reached', 'bus-away');
    }
  }

  async #announce(assignment: Assignment): Promise<void> {
    for (const listener of this.#listeners.get(`${assignment.topic} ${assignment.group}`) ?? [])
      await listener(assignment);
  }

  async #keepGivenUp(delivery: Delivery, group: string, error: unknown): Promise<void> {
    const known = await ensured(this.#topics, GIVEN_UP_TOPIC.name);
    await this.#publisher.publish(GIVEN_UP_TOPIC.name, known, [givenUpMessage(delivery, group, error)], true);
  }

  /** A group of one process has nothing committed: a broker forgets it by itself when this does not get through. */
  async #forgetGroup(groupId: string): Promise<void> {
    try {
      await this.#admin.ask((admin) => admin.deleteGroups([groupId]), PING_MS);
    } catch (error) {
      this.#log.debug({ groupId, names: chainOf(error) }, 'the group stays until it expires');
    }
  }
}

const closed = (): TransientError => new TransientError('the event bus is closed', 'bus-closed');
