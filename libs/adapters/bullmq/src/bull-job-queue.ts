import { UnrecoverableError } from 'bullmq';
import type * as z from 'zod';
import { PermanentError, TransientError } from '@outrider/platform/errors';
import type { Logger } from '@outrider/platform/logger';
import type { Metrics } from '@outrider/platform/metrics';
import { JobQueue, type JobPayloads } from '@outrider/ports/job-queue';
import { Envelope, placementOf, pullForward, slotGroup, slotsOf } from './job-slots.ts';
import {
  queueEngine,
  type EngineJob,
  type EngineQueue,
  type EngineWorker,
  type JobEngineOptions,
  type QueueEngine,
} from './queue-engine.ts';
import { withoutCommand } from './redis-engine.ts';
import { SerialByKey } from './serial-by-key.ts';

/** Every job there is: `JOBS` of the job catalogue. */
export type JobCatalogue<P extends JobPayloads> = {
  readonly [N in keyof P & string]: { readonly queue: string; readonly payload: z.ZodType<P[N]> };
};

export interface BullJobQueueSettings {
  /** Jobs a queue runs at a time in this process. Default 16. */
  readonly concurrency?: number;
  /** Rows own the real schedule: a handler that throws is tried so often, then its row is. Default 3. */
  readonly attempts?: number;
  /** First back-off, doubled each time. Default 500 ms. */
  readonly backOffMs?: number;
  /** Failed jobs kept to be counted. Default 1,000, at most a week. */
  readonly keepFailed?: number;
  /** A job whose process died is given to another after twice this time. Default 10 s. */
  readonly lockMs?: number;
  /** How long `stop` waits for jobs that run. Default 15 s. */
  readonly stopTimeoutMs?: number;
  /** How long `start` waits for the engine, and `enqueue` and `counts` for an answer. Default 15 s, and 10 s for a call. */
  readonly startTimeoutMs?: number;
  readonly callTimeoutMs?: number;
}

const WEEK_SECONDS = 7 * 24 * 3_600;
/** Idle workers are woken by a notice; this is the safety net when one is lost. */
const DRAIN_SECONDS = 5;
/** A process may die often while its job runs (that is no fault of the job), but not for ever. */
const MAX_STALLED = 100;

/** How long a connection may take to say goodbye. */
const CLOSE_MS = 5_000;

type Handler = (payload: unknown) => Promise<void>;

/** Jobs on BullMQ, on PostgreSQL or on Redis. */
export class BullJobQueue<P extends JobPayloads = JobPayloads> extends JobQueue<P> {
  readonly #engine: QueueEngine;
  readonly #settings: Required<BullJobQueueSettings>;
  readonly #handlers = new Map<string, Handler>();
  readonly #queues = new Map<string, EngineQueue>();
  readonly #workers: EngineWorker[] = [];
  readonly #serial = new SerialByKey();
  readonly #enqueuing = new SerialByKey();
  /** Jobs that were taken and wait for another one of their id: to BullMQ they run, to us they have not begun. */
  readonly #held = new Set<string>();
  readonly #count: ReturnType<Metrics['counter']>;
  readonly #seconds: ReturnType<Metrics['histogram']>;
  #started = false;

  constructor(
    private readonly catalogue: JobCatalogue<P>,
    options: JobEngineOptions,
    private readonly deps: { readonly log: Logger; readonly metrics: Metrics },
    settings: BullJobQueueSettings = {},
  ) {
    super();
    this.#engine = queueEngine(options, (error) => deps.log.warn({ err: error }, 'job engine'));
    this.#settings = {
      concurrency: 16,
      attempts: 3,
      backOffMs: 500,
      keepFailed: 1_000,
      lockMs: 10_000,
      stopTimeoutMs: 15_000,
      startTimeoutMs: 15_000,
      callTimeoutMs: 10_000,
      ...settings,
    };
    this.#count = deps.metrics.counter('outrider_jobs_total', 'Jobs by outcome of one attempt', ['kind', 'outcome']);
    this.#seconds = deps.metrics.histogram('outrider_jobs_seconds', 'One attempt', ['kind']);
  }

  async enqueue<N extends keyof P & string>(
    name: N,
    payload: P[N],
    options: { readonly jobId: string; readonly delayMs: number },
  ): Promise<void> {
    const entry = this.catalogue[name];
    const parsed = entry.payload.safeParse(payload);
    if (!parsed.success) throw new PermanentError(`${name}: ${parsed.error.message}`, 'bad-payload');
    const delayMs = Math.max(0, Math.round(options.delayMs));
    try {
      await this.#bounded(
        this.#enqueuing.run(`${name}|${options.jobId}`, () => this.#place(name, parsed.data, options.jobId, delayMs)),
        this.#settings.callTimeoutMs,
      );
    } catch (error) {
      if (error instanceof TransientError) throw error;
      const cause = error instanceof Error ? withoutCommand(error) : error;
      throw new TransientError('the job could not be queued', 'jobs-away', { cause });
    }
    this.#count({ kind: name, outcome: 'enqueued' });
  }

  handle<N extends keyof P & string>(name: N, handler: (payload: P[N]) => Promise<void>): void {
    if (this.#started) throw new Error(`${name}: handlers are named before the start`);
    if (this.#handlers.has(name)) throw new Error(`${name} has a handler already`);
    const schema = this.catalogue[name].payload;
    this.#handlers.set(name, async (raw) => {
      const payload = schema.safeParse(raw);
      if (!payload.success) throw new PermanentError(`${name}: ${payload.error.message}`, 'bad-payload');
      await handler(payload.data);
    });
  }

  async start(): Promise<void> {
    const served = this.#servedQueues();
    this.#started = true;
    const { startTimeoutMs } = this.#settings;
    for (const name of this.#queueNames()) await this.#bounded(this.#queue(name).waitUntilReady(), startTimeoutMs);
    await this.#sayConcern();
    for (const name of served) {
      const worker = this.#engine.worker(name, (job) => this.#process(job), {
        concurrency: this.#settings.concurrency,
        lockDuration: this.#settings.lockMs,
        stalledInterval: Math.max(500, Math.round(this.#settings.lockMs / 2)),
        maxStalledCount: MAX_STALLED,
        drainDelay: DRAIN_SECONDS,
        runRetryDelay: 1_000,
      });
      worker.on('error', (error) => this.deps.log.warn({ err: withoutCommand(error), queue: name }, 'job worker'));
      this.#workers.push(worker);
      await this.#bounded(worker.waitUntilReady(), startTimeoutMs);
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#workers.splice(0).map((worker) => this.#closeWorker(worker)));
    const queues = [...this.#queues.values()];
    this.#queues.clear();
    const closed = Promise.allSettled(queues.map((queue) => queue.close()));
    await this.#bounded(closed, CLOSE_MS).catch(() => undefined);
    this.#engine.close();
  }

  async counts(): Promise<Readonly<Record<string, Readonly<Record<string, number>>>>> {
    const counted = this.#queueNames().map(async (name) => {
      const counts = await this.#queue(name).getJobCounts('waiting', 'delayed', 'active', 'failed');
      return [name, counts] as const;
    });
    return Object.fromEntries(await this.#bounded(Promise.all(counted), this.#settings.callTimeoutMs));
  }

  /** Jobs of one queue are served together: a process that handled only some would take the others and fail them. */
  #servedQueues(): readonly string[] {
    const served = new Set([...this.#handlers.keys()].map((name) => this.#entry(name)?.queue));
    const missing = Object.entries<{ queue: string }>(this.catalogue)
      .filter(([name, entry]) => served.has(entry.queue) && !this.#handlers.has(name))
      .map(([name]) => name);
    if (missing.length > 0) throw new Error(`jobs without a handler: ${missing.join(', ')}`);
    return [...served].filter((name) => name !== undefined);
  }

  #queueNames(): readonly string[] {
    return [...new Set(Object.values<{ queue: string }>(this.catalogue).map((entry) => entry.queue))];
  }

  #entry(name: string): { readonly queue: string } | undefined {
    return Object.hasOwn(this.catalogue, name) ? this.catalogue[name] : undefined;
  }

  #queue(name: string): EngineQueue {
    let queue = this.#queues.get(name);
    if (!queue) {
      queue = this.#engine.queue(name);
      queue.on('error', (error) => this.deps.log.warn({ err: withoutCommand(error), queue: name }, 'job queue'));
      this.#queues.set(name, queue);
    }
    return queue;
  }

  async #place(name: string, payload: unknown, jobId: string, delayMs: number): Promise<void> {
    const queue = this.#queue(this.#entry(name)?.queue ?? '');
    const now = Date.now();
    const wanted: Envelope = { payload, dueAt: now + delayMs };
    const states = await Promise.all(
      slotsOf(name, jobId).map(async (id) => {
        const state = await queue.getJobState(id);
        return { id, state: state === 'active' && this.#held.has(id) ? 'waiting' : state };
      }),
    );
    const placement = placementOf(states);
    if (placement.kind === 'none') throw new TransientError('too many jobs of one id run at once', 'jobs-busy');
    if (placement.kind === 'pending') {
      if (placement.state === 'delayed') await pullForward(queue, placement.id, wanted, now);
      return;
    }
    if (placement.removeFirst) await queue.remove(placement.id);
    await queue.add(name, wanted, {
      jobId: placement.id,
      delay: delayMs,
      attempts: this.#settings.attempts,
      backoff: { type: 'exponential', delay: this.#settings.backOffMs },
      removeOnComplete: true,
      removeOnFail: { count: this.#settings.keepFailed, age: WEEK_SECONDS },
      stackTraceLimit: 5,
    });
    // Another process may have added the same id a moment before, for a later time: then ours was ignored.
    await pullForward(queue, placement.id, wanted, now);
  }

  async #process(job: EngineJob): Promise<void> {
    const held = job.id ?? '';
    this.#held.add(held);
    await this.#serial.run(slotGroup(held), async () => {
      this.#held.delete(held);
      const began = performance.now();
      const outcome = await this.#attempt(job);
      this.#seconds({ kind: this.#label(job) }, (performance.now() - began) / 1_000);
      this.#count({ kind: this.#label(job), outcome: outcome.slug });
      if (outcome.error) throw outcome.error;
    });
  }

  async #attempt(job: EngineJob): Promise<{ readonly slug: string; readonly error?: Error }> {
    const handler = this.#handlers.get(job.name);
    const envelope = Envelope.safeParse(job.data);
    try {
      if (!handler) throw new PermanentError(`no handler for ${job.name}`, 'no-handler');
      if (!envelope.success) throw new PermanentError('the job is not one of ours', 'bad-payload');
      await handler(envelope.data.payload);
      return { slug: 'done' };
    } catch (error) {
      const transient = error instanceof TransientError;
      this.deps.log[transient ? 'warn' : 'error'](
        { err: error, job: job.name, id: job.id, attempt: job.attemptsMade + 1 },
        'job failed',
      );
      if (error instanceof PermanentError) return { slug: 'refused', error: new UnrecoverableError(error.message) };
      return {
        slug: transient ? 'postponed' : 'failed',
        error: error instanceof Error ? error : new Error(String(error)),
      };
    }
  }

  async #sayConcern(): Promise<void> {
    const concern = await this.#bounded(this.#engine.concern(), this.#settings.callTimeoutMs).catch(() => undefined);
    if (concern !== undefined) this.deps.log.warn(concern);
  }

  /** An engine that stopped answering holds up nobody for ever. What answers late has its effect; jobs may come twice anyway. */
  async #bounded<T>(work: Promise<T>, ms: number): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new TransientError('the job engine does not answer', 'jobs-away')), ms);
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Names from the queue become labels only when they are ours. */
  #label(job: EngineJob): string {
    return this.#entry(job.name) ? job.name : 'unknown';
  }

  async #closeWorker(worker: EngineWorker): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), this.#settings.stopTimeoutMs);
    });
    const outcome = await Promise.race([worker.close(), late]);
    clearTimeout(timer);
    if (outcome !== 'late') return;
    this.deps.log.warn('jobs still at work at stop: they run again');
    await this.#bounded(worker.close(true), CLOSE_MS).catch(() => undefined);
  }
}
