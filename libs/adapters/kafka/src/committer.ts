import { backOffMs } from '@outrider/platform/back-off';
import { pause, Signal } from '@outrider/platform/bus/signal';
import { TransientError } from '@outrider/platform/errors';
import type { Logger } from '@outrider/platform/logger';
import { chainOf } from './connect-errors.ts';
import type { PartitionConsumer } from './partition-consumer.ts';
import { encodePlans } from './plan-metadata.ts';

const RETRY_BASE_MS = 50;
const RETRY_MAX_MS = 1_000;

export interface Commit {
  readonly partition: number;
  readonly offset: number;
  readonly metadata: string;
}

/** What the committer needs of the membership in the group. */
export interface CommitTarget {
  /** Grows whenever this process begins to join, or leaves: a commit counts only if it is the same before and after. */
  readonly epoch: number;
  /** False while the group rebalances, and while there is no connection. */
  readonly stable: boolean;
  /** One attempt, under the generation of now. */
  commit(commits: readonly Commit[]): Promise<void>;
}

interface Plan {
  readonly consumer: PartitionConsumer;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The only writer of a group's commits: finished runs now and then, all partitions together, plans at once. What is written under one
 * generation and confirmed under another proves nothing, and is written again.
 */
export class Committer {
  /** What the broker has of a partition, as far as we know, and what it may have. */
  readonly #written = new Map<PartitionConsumer, { readonly sure: Commit; readonly maybe: Commit }>();
  readonly #dirty = new Set<PartitionConsumer>();
  #plans: Plan[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  readonly #wake = new Signal();
  readonly #closed = new AbortController();

  constructor(
    private readonly target: CommitTarget,
    private readonly intervalMs: number,
    private readonly log: Logger,
  ) {}

  /** The partition is ours and `found` is what the broker has of it. */
  gained(consumer: PartitionConsumer, found: Commit): void {
    this.#written.set(consumer, { sure: found, maybe: found });
  }

  /** Whether `found` is what we wrote last: nobody else had the partition meanwhile. */
  isOurs(consumer: PartitionConsumer, found: Commit): boolean {
    const written = this.#written.get(consumer);
    return written !== undefined && (same(written.sure, found) || same(written.maybe, found));
  }

  lost(consumer: PartitionConsumer): void {
    this.#written.delete(consumer);
    this.#dirty.delete(consumer);
    const mine = this.#plans.filter((plan) => plan.consumer === consumer);
    this.#plans = this.#plans.filter((plan) => plan.consumer !== consumer);
    for (const plan of mine) plan.reject(notOurs());
  }

  /** Writes within the interval. */
  touch(consumer: PartitionConsumer): void {
    if (!this.#written.has(consumer)) return;
    this.#dirty.add(consumer);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#write();
    }, this.intervalMs);
  }

  /** Resolves when the broker has it. Waits as long as the partition is ours: through a rebalance, and until the broker is back. */
  async plan(consumer: PartitionConsumer, through: number): Promise<void> {
    if (!this.#written.has(consumer) || this.#closed.signal.aborted) throw notOurs();
    const { run } = consumer;
    if (encodePlans(run.committable, [...run.plans, through]) === undefined)
      throw new TransientError('too many blocks are planned ahead', 'too-many-plans');
    run.plan(through);
    await this.#durable(consumer);
  }

  plansDurable(consumer: PartitionConsumer): Promise<void> {
    return this.#plans.some((plan) => plan.consumer === consumer) ? this.#durable(consumer) : Promise.resolve();
  }

  /** The group is stable again. */
  resume(): void {
    this.#wake.raise();
    if (this.#dirty.size > 0) this.#write();
  }

  /** Writes what is left, for at most `ms`; plans that still wait are refused. */
  async close(ms: number): Promise<void> {
    clearTimeout(this.#timer);
    this.#write();
    const written = new AbortController();
    await Promise.race([this.#writing, pause(ms, written.signal)]);
    written.abort();
    this.#closed.abort();
    this.#wake.raise();
    for (const plan of this.#plans.splice(0)) plan.reject(notOurs());
  }

  #durable(consumer: PartitionConsumer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#plans.push({ consumer, resolve, reject });
      this.#dirty.add(consumer);
      this.#write();
    });
  }

  #write(): void {
    this.#writing ??= this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    // One turn later, so that plans of one turn share a request.
    await Promise.resolve();
    for (let failures = 0; this.#dirty.size > 0 && !this.#closed.signal.aborted;) {
      if (!this.target.stable) {
        await Promise.race([this.#wake.wait(), pause(RETRY_MAX_MS, this.#closed.signal)]);
        continue;
      }
      const error = await this.#attempt();
      if (error === undefined) failures = 0;
      else await this.#failed(error, failures++);
    }
    // In the same turn as the last look: what becomes dirty from now on starts the next run.
    this.#writing = undefined;
  }

  /** One request for everything that changed. */
  async #attempt(): Promise<unknown> {
    const plans = this.#plans.splice(0);
    const consumers = [...this.#dirty];
    this.#dirty.clear();
    const commits = consumers.flatMap((consumer) => {
      const commit = commitOf(consumer);
      const written = this.#written.get(consumer);
      if (!written || (same(written.sure, commit) && same(written.maybe, commit))) return [];
      this.#written.set(consumer, { sure: written.sure, maybe: commit });
      return [{ consumer, commit }];
    });
    const { epoch } = this.target;
    try {
      if (commits.length > 0) await this.target.commit(commits.map(({ commit }) => commit));
      if (this.target.epoch !== epoch) throw new TransientError('the group rebalanced meanwhile', 'rebalanced');
    } catch (error) {
      for (const { consumer } of commits) if (this.#written.has(consumer)) this.#dirty.add(consumer);
      for (const plan of plans)
        if (this.#written.has(plan.consumer)) {
          this.#plans.push(plan);
          this.#dirty.add(plan.consumer);
        } else plan.reject(notOurs());
      return error;
    }
    for (const { consumer, commit } of commits)
      if (this.#written.has(consumer)) this.#written.set(consumer, { sure: commit, maybe: commit });
    for (const plan of plans)
      if (this.#written.has(plan.consumer)) plan.resolve();
      else plan.reject(notOurs());
    return undefined;
  }

  async #failed(error: unknown, failures: number): Promise<void> {
    this.log.info({ names: chainOf(error) }, 'commits could not be written: trying again');
    const delay = backOffMs(failures, RETRY_BASE_MS, RETRY_MAX_MS, Math.random());
    await Promise.race([this.#wake.wait(), pause(delay, this.#closed.signal)]);
  }
}

const commitOf = ({ partition, run }: PartitionConsumer): Commit => ({
  partition,
  offset: run.committable,
  metadata: encodePlans(run.committable, run.plans) ?? '',
});

const same = (a: Commit, b: Commit): boolean => a.offset === b.offset && a.metadata === b.metadata;

const notOurs = (): TransientError =>
  new TransientError('the partition is not ours any more: its new owner gets the message', 'partition-lost');
