import { backOffMs } from '@outrider/platform/back-off';
import { FinishedRun } from '@outrider/platform/bus/finished-run';
import type { Subscription } from '@outrider/platform/bus/group-strategy';
import { InFlight } from '@outrider/platform/bus/in-flight';
import { pause, Signal } from '@outrider/platform/bus/signal';
import type { Logger } from '@outrider/platform/logger';
import type { Assignment, ConsumeOptions, Delivery } from '@outrider/ports/event-bus';
import { Announcer } from './announcer.ts';
import type { AdminSession } from './admin-session.ts';
import type { BusMetrics } from './bus-metrics.ts';
import { Committer, type Commit, type CommitTarget } from './committer.ts';
import type { FetchedBatch } from './fetched-batch.ts';
import { GroupMember } from './group-member.ts';
import { PartitionConsumer, type ConsumerHooks } from './partition-consumer.ts';
import { durablePositions, type Position } from './positions.ts';
import type { ResolvedSettings } from './settings.ts';

const MIB = 1024 * 1024;
const RETRY_BASE_MS = 100;
const RETRY_MAX_MS = 2_000;
/** After so long without a place in the group health says so. */
const ABSENT_MS = 60_000;
/** How long `stop` tries to write the last commits. */
const LAST_COMMIT_MS = 5_000;
/** Of one partition, fetched and not handed out. */
const MAX_QUEUED = 2_000;

export interface GroupConsumerDeps {
  readonly settings: ResolvedSettings;
  readonly admin: AdminSession;
  readonly log: Logger;
  readonly metrics: BusMetrics;
  /** Tells the listeners, and rejects when one of them does. */
  readonly announce: (assignment: Assignment) => Promise<void>;
  readonly deadLetter: (delivery: Delivery, error: unknown) => Promise<void>;
  readonly onStopped: () => Promise<void>;
}

export interface GroupPlace {
  /** In the cluster. */
  readonly topicName: string;
  readonly groupId: string;
  /** Undefined: durable. Else where each partition begins; nothing is committed. */
  readonly from: ReadonlyMap<number, number> | undefined;
}

/** One group on one topic: the partitions that the group gives us, for as long as it does, across every failure of the connection. */
export class GroupConsumer implements Subscription, CommitTarget {
  /** Nothing is handed out any more. */
  readonly #abort = new AbortController();
  /** The last commits are written. */
  readonly #ended = new AbortController();
  readonly #inFlight: InFlight;
  readonly #settled = new Signal();
  readonly #hooks: ConsumerHooks;
  readonly #owned = new Map<number, PartitionConsumer>();
  readonly #paused = new Set<number>();
  /** Where a group without commits goes on. */
  readonly #reached: Map<number, number>;
  readonly #announcer: Announcer;
  readonly #committer: Committer;
  #member: GroupMember | undefined;
  #memberId = '';
  #handing = false;
  #absentSince = performance.now();
  #assigning: Promise<void> = Promise.resolve();
  #assignment = 0;
  #running: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  constructor(
    private readonly place: GroupPlace,
    private readonly options: ConsumeOptions,
    handler: (delivery: Delivery) => Promise<void>,
    private readonly deps: GroupConsumerDeps,
  ) {
    this.#inFlight = new InFlight(options.maxInFlight ?? 64, options.maxInFlightBytes ?? 32 * MIB);
    this.#reached = new Map(place.from);
    this.#hooks = this.#makeHooks(handler);
    const { topic, group } = options;
    this.#announcer = new Announcer({ topic, group }, deps.announce, deps.log, this.#ended.signal);
    this.#committer = new Committer(this, deps.settings.commitIntervalMs, deps.log);
  }

  get epoch(): number {
    return this.#member?.epoch ?? -1;
  }

  get stable(): boolean {
    return this.#handing && (this.#member?.stable ?? false);
  }

  /** Why health should complain; undefined when the loop runs. */
  get complaint(): string | undefined {
    if (this.#absentSince === 0 || performance.now() - this.#absentSince < ABSENT_MS) return undefined;
    return `${this.options.group} has no place in its group`;
  }

  async commit(commits: readonly Commit[]): Promise<void> {
    await this.#member?.commit(commits);
  }

  start(): void {
    this.#running ??= this.#supervise();
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** One life after the other, for ever. */
  async #supervise(): Promise<void> {
    const labels = { topic: this.options.topic, group: this.options.group };
    for (let failures = 0; !this.#abort.signal.aborted;) {
      const began = performance.now();
      const member = this.#newMember();
      this.#member = member;
      member.run();
      const reason = await member.ended;
      if (this.#abort.signal.aborted) return;
      member.destroy();
      this.deps.metrics.consumerRestarts({ ...labels, reason });
      this.deps.log.warn({ ...labels, reason }, 'the consumer is started again');
      this.#dropAll();
      if (performance.now() - began > 30_000) failures = 0;
      await pause(backOffMs(failures++, RETRY_BASE_MS, RETRY_MAX_MS, Math.random()), this.#abort.signal);
    }
  }

  #newMember(): GroupMember {
    const { topicName, groupId, from } = this.place;
    const { settings, log } = this.deps;
    return new GroupMember(
      { topic: topicName, groupId, fromBeginning: from === undefined },
      settings,
      {
        holding: () => {
          this.#handing = false;
          this.#assignment += 1;
          return [...this.#owned.keys()];
        },
        onAssigned: (partitions, memberId) => this.#assigned(partitions, memberId),
        onRecords: (partition, batch) => this.#fetched(partition, batch),
      },
      log,
    );
  }

  /** The group has spoken. What is not in it is lost at once; the rest follows in order. */
  #assigned(partitions: readonly number[], memberId: string): void {
    this.deps.metrics.assignments({ topic: this.options.topic, group: this.options.group });
    this.#absentSince = 0;
    // Under another name we were out of the group meanwhile, and somebody else may have had what we get back.
    const kept = memberId === this.#memberId ? partitions : [];
    this.#memberId = memberId;
    for (const partition of this.#owned.keys()) if (!kept.includes(partition)) this.#drop(partition);
    this.#afterwards((current) => this.#settle(partitions, current));
  }

  /** Everything is somebody else's from now on, as far as we can know. */
  #dropAll(): void {
    if (this.#absentSince === 0) this.#absentSince = performance.now();
    this.#memberId = '';
    this.#handing = false;
    for (const partition of [...this.#owned.keys()]) this.#drop(partition);
    this.#afterwards(() => this.#announcer.lost([]));
  }

  #drop(partition: number): void {
    const consumer = this.#owned.get(partition);
    if (!consumer) return;
    this.#owned.delete(partition);
    this.#paused.delete(partition);
    this.#reached.set(partition, consumer.run.committable);
    consumer.close();
    this.#committer.lost(consumer);
  }

  /** One after the other; `current` says whether nothing newer has come. */
  #afterwards(step: (current: () => boolean) => Promise<void>): void {
    this.#assignment += 1;
    const mine = this.#assignment;
    const current = (): boolean => mine === this.#assignment && !this.#ended.signal.aborted;
    this.#assigning = this.#assigning
      .then(() => step(current))
      .catch((error: unknown) => this.deps.log.error({ err: error }, 'an assignment could not be taken over'));
  }

  async #settle(partitions: readonly number[], current: () => boolean): Promise<void> {
    await this.#announcer.lost(this.#owned.keys());
    if (!current()) return;
    const positions = await this.#announcer.untilDone(current, () => this.#positions(partitions));
    if (!positions || !current()) return;
    for (const [partition, consumer] of this.#owned) {
      const position = positions.get(partition);
      if (this.place.from || (position && this.#committer.isOurs(consumer, position))) continue;
      this.deps.log.warn({ partition }, 'somebody else had the partition meanwhile: beginning where the group is');
      this.#drop(partition);
    }
    await this.#announcer.lost(this.#owned.keys());
    if (!current()) return;
    // While we stop, only what we have is of interest: its commits are to be written.
    const wanted = this.#abort.signal.aborted ? [] : partitions;
    await this.#announcer.gained(wanted, current);
    if (!current()) return;
    for (const partition of wanted) if (!this.#owned.has(partition)) this.#begin(partition, positions);
    this.deps.metrics.ownedPartitions({ topic: this.options.topic, group: this.options.group }, partitions.length);
    this.#handing = true;
    this.#paused.clear();
    for (const [partition, consumer] of this.#owned) {
      this.#member?.fetch(partition, consumer.expected);
      consumer.wake.raise();
    }
    this.#committer.resume();
  }

  async #positions(partitions: readonly number[]): Promise<Map<number, Position>> {
    const { groupId, topicName, from } = this.place;
    if (!from) return durablePositions(this.deps.admin, groupId, topicName, this.deps.log);
    return new Map(
      partitions.map((partition) => {
        const start = this.#reached.get(partition) ?? 0;
        return [partition, { partition, offset: start, metadata: '', start, plans: [], lost: 0 }];
      }),
    );
  }

  #begin(partition: number, positions: ReadonlyMap<number, Position>): void {
    const position = positions.get(partition) ?? { partition, offset: -1, metadata: '', start: 0, plans: [], lost: 0 };
    if (position.lost > 0) this.#hooks.onLost(partition, position.lost);
    const run = new FinishedRun(position.start, position.plans);
    const { topic } = this.options;
    const consumer = new PartitionConsumer(topic, partition, run, this.#inFlight, this.#hooks, this.deps.log);
    this.#owned.set(partition, consumer);
    if (!this.place.from) this.#committer.gained(consumer, position);
    consumer.start();
  }

  #fetched(partition: number, { records, next, end }: FetchedBatch): void {
    const consumer = this.#owned.get(partition);
    if (!consumer || this.#abort.signal.aborted) return;
    if (end < consumer.expected) {
      // The topic was made anew, or has lost its end: what we know of it is worth nothing.
      this.deps.log.error({ partition, expected: consumer.expected, end }, 'the topic ends before what was fetched');
      this.#member?.destroy();
      return;
    }
    consumer.offer(records, next);
    if (!this.#paused.has(partition) && this.#isFull(consumer, 1)) {
      this.#paused.add(partition);
      this.#member?.pause([partition]);
    }
  }

  #isFull(consumer: PartitionConsumer, share: number): boolean {
    const bytes = this.deps.settings.bufferBytes / Math.max(1, this.#owned.size);
    return consumer.queuedBytes >= share * bytes || consumer.queuedMessages >= share * MAX_QUEUED;
  }

  #makeHooks(handler: (delivery: Delivery) => Promise<void>): ConsumerHooks {
    const labels = { topic: this.options.topic, group: this.options.group };
    const { metrics, log } = this.deps;
    return {
      // The extra turn makes a handler that throws at once look like one that rejects.
      handle: async (delivery) => handler(delivery),
      deadLetter: async (delivery, error) => {
        const { topic, partition, offset } = delivery;
        metrics.deadLetters(labels);
        log.error({ err: error, topic, partition, offset, group: labels.group }, 'message given up');
        await this.deps.deadLetter(delivery, error);
      },
      onDone: () => metrics.delivered(labels),
      onSettled: () => {
        this.#settled.raise();
        for (const consumer of this.#owned.values()) consumer.wake.raise();
      },
      onRetry: () => metrics.redelivered(labels),
      onLost: (partition, offsets) => {
        metrics.lost(labels, offsets);
        log.error({ ...labels, partition, offsets }, 'messages were deleted by age before they were finished');
      },
      onTaken: (consumer) => {
        if (!this.#paused.has(consumer.partition) || this.#isFull(consumer, 0.5)) return;
        this.#paused.delete(consumer.partition);
        this.#member?.resume(consumer.partition);
      },
      onProgress: (consumer) => this.#committer.touch(consumer),
      plan: async (consumer, through) => {
        if (!this.place.from) await this.#committer.plan(consumer, through);
      },
      plansDurable: (consumer) => this.#committer.plansDurable(consumer),
      mayHand: () => this.#handing && !this.#abort.signal.aborted,
    };
  }

  async #stop(): Promise<void> {
    this.#abort.abort();
    this.#member?.pause([...this.#owned.keys()]);
    await this.#drained();
    await this.#committer.close(LAST_COMMIT_MS);
    this.#ended.abort();
    await Promise.all([...this.#owned.values()].map((consumer) => consumer.stopped()));
    await this.#member?.leave();
    await this.#running;
    await this.deps.onStopped();
  }

  /** Our place in the group is kept meanwhile, so that what the handlers finish can be committed. */
  async #drained(): Promise<void> {
    const done = new AbortController();
    let late = false;
    const bound = pause(this.options.stopTimeoutMs ?? 10_000, done.signal).then(() => {
      late = true;
    });
    while (this.#inFlight.messages > 0 && !late) await Promise.race([this.#settled.wait(), bound]);
    done.abort();
    if (this.#inFlight.messages > 0)
      this.deps.log.warn(
        { messages: this.#inFlight.messages, group: this.options.group },
        'handlers still at work at stop: their messages come again',
      );
  }
}
