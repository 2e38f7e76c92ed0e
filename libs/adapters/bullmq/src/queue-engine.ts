import { createPostgresBackend, createRedisBackend, withBackend, type JobsOptions, type WorkerOptions } from 'bullmq';

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
  | { readonly kind: 'redis'; readonly url: string };

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
}

const REDIS_PREFIX = 'outrider';

export const queueEngine = (options: JobEngineOptions): QueueEngine =>
  options.kind === 'postgres' ? postgresEngine(options) : redisEngine(options.url);

const postgresEngine = (options: Extract<JobEngineOptions, { kind: 'postgres' }>): QueueEngine => {
  const { Queue, Worker } = withBackend(createPostgresBackend);
  const connection = {
    connectionString: options.url,
    schema: options.schema ?? 'bullmq',
    max: options.poolSize ?? 3,
    connectionTimeoutMillis: 10_000,
    migrate: true,
  };
  return {
    queue: (name) => new Queue<unknown>(name, { connection }),
    worker: (name, process, settings) => new Worker<unknown, void>(name, process, { ...settings, connection }),
  };
};

const redisEngine = (url: string): QueueEngine => {
  const { Queue, Worker } = withBackend(createRedisBackend);
  // Callers of a queue must not hang while Redis is away; a worker may wait for as long as it takes.
  const caller = { ...redisConnection(url), enableOfflineQueue: false };
  const worker = { ...redisConnection(url), maxRetriesPerRequest: null };
  return {
    queue: (name) => new Queue<unknown>(name, { connection: caller, prefix: REDIS_PREFIX }),
    worker: (name, process, settings) =>
      new Worker<unknown, void>(name, process, { ...settings, connection: worker, prefix: REDIS_PREFIX }),
  };
};

const redisConnection = (url: string) => {
  const { hostname, port, username, password, pathname, protocol } = new URL(url);
  return {
    host: hostname,
    port: Number(port || 6379),
    db: Number(pathname.slice(1) || 0),
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' ? { tls: {} } : {}),
  };
};
