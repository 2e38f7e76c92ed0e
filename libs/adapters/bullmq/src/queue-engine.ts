import { createPostgresBackend, withBackend, type JobsOptions, type WorkerOptions } from 'bullmq';
import { redisEngine, type RedisEngineOptions } from './redis-engine.ts';

/** Where the queues live. */
export type JobEngineOptions =
  | {
      readonly kind: 'postgres';
      readonly url: string;
      /** Default `bullmq`; made and migrated at start. */
      readonly schema?: string;
      /** Connections of each queue and each worker, beside the one that listens. Default 3. */
      readonly poolSize?: number;
    }
  | RedisEngineOptions;

/** The part of BullMQ's job that we use. */
export interface EngineJob {
  readonly id?: string | undefined;
  readonly name: string;
  readonly data: unknown;
  readonly attemptsMade: number;
  promote(): Promise<void>;
  changeDelay(delayMs: number): Promise<void>;
  updateData(data: unknown): Promise<void>;
}

export interface EngineQueue {
  add(name: string, data: unknown, options: JobsOptions): Promise<unknown>;
  getJob(id: string): Promise<EngineJob | undefined>;
  getJobState(id: string): Promise<string>;
  getJobCounts(...states: ('waiting' | 'delayed' | 'active' | 'failed')[]): Promise<Record<string, number>>;
  remove(id: string): Promise<number>;
  waitUntilReady(): Promise<unknown>;
  close(): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

export interface EngineWorker {
  waitUntilReady(): Promise<unknown>;
  /** Stops taking jobs; resolves once those that run are done, or at once with `force`. */
  close(force?: boolean): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

export type WorkerSettings = Omit<WorkerOptions, 'connection' | 'prefix'>;

/** Queues and workers of one backend; callers never see which. */
export interface QueueEngine {
  queue(name: string): EngineQueue;
  worker(name: string, process: (job: EngineJob) => Promise<void>, settings: WorkerSettings): EngineWorker;
  /** A sentence for the log when jobs could get lost the way the engine is set up. */
  concern(): Promise<string | undefined>;
  /** Ends what queues and workers shared; after they were closed. */
  close(): void;
}

/** Of one statement of a caller: a server that was stopped must not hold callers for ever. */
const STATEMENT_MS = 10_000;

/** `report` hears of connections that broke, without secrets. */
export const queueEngine = (options: JobEngineOptions, report: (error: Error) => void): QueueEngine =>
  options.kind === 'postgres' ? postgresEngine(options) : redisEngine(options, report);

const postgresEngine = (options: Extract<JobEngineOptions, { kind: 'postgres' }>): QueueEngine => {
  const { Queue, Worker } = withBackend(createPostgresBackend);
  const connection = {
    connectionString: options.url,
    schema: options.schema ?? 'bullmq',
    max: options.poolSize ?? 3,
    connectionTimeoutMillis: 10_000,
    query_timeout: STATEMENT_MS,
    keepAlive: true,
    migrate: true,
  };
  return {
    queue: (name) => new Queue<unknown>(name, { connection }),
    worker: (name, process, settings) => new Worker<unknown, void>(name, process, { ...settings, connection }),
    concern: () => Promise.resolve(undefined),
    close: () => undefined,
  };
};
