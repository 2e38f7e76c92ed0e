import type { Logger } from '@outrider/platform/logger';
import type { Clock } from '@outrider/ports/clock';
import type { Lag } from '@outrider/ports/event-bus';
import type { AdminSession } from './admin-session.ts';
import type { BusMetrics } from './bus-metrics.ts';
import { chainOf } from './connect-errors.ts';
import { OffsetTimes } from './offset-times.ts';
import { kafkaGroupOf, type ResolvedSettings } from './settings.ts';
import type { KnownTopic, Topics } from './topics.ts';

/** Shares of the retention at which the first look asks the broker how far the topic was then, for a backlog older than this process. */
const RUNGS = [1, 0.9, 0.75, 0.5, 0.25, 0.1, 0.03, 0.01];

type TopicLag = Omit<Lag, 'bytes'>;

/**
 * Looks now and then how far the durable groups are, whether or not they are consumed by this process. Kafka deletes by age and asks
 * nobody: what counts is how near the oldest message that a group has not committed has come to the end of the retention.
 */
export class LagSampler {
  readonly #groups = new Map<string, Set<string>>();
  readonly #times = new Map<string, Map<number, OffsetTimes>>();
  readonly #lags = new Map<string, readonly TopicLag[]>();
  readonly #pressure = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(
    private readonly admin: AdminSession,
    private readonly topics: Topics,
    private readonly settings: ResolvedSettings,
    private readonly deps: { readonly log: Logger; readonly metrics: BusMetrics; readonly clock: Clock },
  ) {
    for (const [topic, groups] of Object.entries(settings.watched)) this.#groups.set(topic, new Set(groups));
  }

  watch(topic: string, group: string): void {
    const groups = this.#groups.get(topic) ?? new Set();
    this.#groups.set(topic, groups.add(group));
  }

  start(): void {
    if (this.#stopped) return;
    this.#looking = this.#lookAtAll().finally(() => {
      if (this.#stopped) return;
      this.#timer = setTimeout(() => this.start(), this.settings.lagIntervalMs);
      this.#timer.unref();
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  pressure(topic: string): number {
    return this.#pressure.get(topic) ?? 0;
  }

  lags(): readonly TopicLag[] {
    return [...this.#lags.values()].flat();
  }

  async #lookAtAll(): Promise<void> {
    for (const [topic, groups] of this.#groups) {
      const known = this.topics.known(topic);
      if (!known || this.#stopped) continue;
      try {
        await this.#look(topic, known, [...groups]);
      } catch (error) {
        this.deps.log.debug({ topic, names: chainOf(error) }, 'the lag cannot be read now');
      }
    }
  }

  async #look(topic: string, known: KnownTopic, groups: readonly string[]): Promise<void> {
    const times = this.#times.get(topic) ?? (await this.#climb(topic, known));
    const ends = await this.admin.ask((admin) => admin.fetchTopicOffsets(known.name));
    const now = this.deps.clock.now();
    for (const { partition, high } of ends) timesOf(times, partition).add(now, Number(high));
    const lags: TopicLag[] = [];
    for (const group of groups) {
      const groupId = kafkaGroupOf(this.settings.topicPrefix, group, topic);
      const committed = await this.admin.ask((admin) => admin.fetchOffsets({ groupId, topics: [known.name] }));
      const offsets = new Map(committed[0]?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
      for (const { partition, low, high } of ends) {
        const from = Math.max(offsets.get(partition) ?? 0, Number(low));
        const messages = Math.max(0, Number(high) - from);
        const since = timesOf(times, partition).before(from) ?? now - known.retentionMs;
        // What was seen for the first time just now is as old as half a look.
        const ageMs = messages === 0 ? 0 : Math.max(1, now - since);
        lags.push({ topic, group, partition, messages, ageMs });
      }
    }
    this.#report(topic, lags, known.retentionMs);
  }

  /** What the broker can say about the time before this process began. */
  async #climb(topic: string, known: KnownTopic): Promise<Map<number, OffsetTimes>> {
    const times = new Map<number, OffsetTimes>();
    const now = this.deps.clock.now();
    for (const rung of RUNGS) {
      const at = Math.round(now - rung * known.retentionMs);
      const offsets = await this.admin.ask((admin) => admin.fetchTopicOffsetsByTimestamp(known.name, at));
      for (const { partition, offset } of offsets) timesOf(times, partition).add(at, Number(offset));
    }
    this.#times.set(topic, times);
    return times;
  }

  #report(topic: string, lags: readonly TopicLag[], retentionMs: number): void {
    const { metrics } = this.deps;
    this.#lags.set(topic, lags);
    const oldest = Math.max(0, ...lags.map(({ ageMs }) => ageMs));
    this.#pressure.set(topic, Math.min(1, oldest / retentionMs));
    metrics.pressure({ topic }, this.pressure(topic));
    for (const { group, partition, messages, ageMs } of lags) {
      const labels = { topic, group, partition: String(partition) };
      metrics.lagMessages(labels, messages);
      metrics.lagSeconds(labels, ageMs / 1_000);
    }
  }
}

const timesOf = (times: Map<number, OffsetTimes>, partition: number): OffsetTimes => {
  let found = times.get(partition);
  if (!found) times.set(partition, (found = new OffsetTimes()));
  return found;
};
