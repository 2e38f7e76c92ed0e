import { createRedisBackend, withBackend } from 'bullmq';
import { Redis, type RedisOptions } from 'ioredis';
import type { QueueEngine } from './queue-engine.ts';

export interface RedisEngineOptions {
  readonly kind: 'redis';
  /** `redis://` or, over TLS, `rediss://`; `user:password@host:port/db`. */
  readonly url: string;
  /** PEM: who must have signed the server's certificate; the system's authorities by default. */
  readonly tlsCa?: string;
  /** Begins every key: several installations on one Redis. Default `outrider`. */
  readonly prefix?: string;
}

const PREFIX = 'outrider';
const CONNECT_MS = 5_000;
/** Of one command of a caller. */
const COMMAND_MS = 5_000;
/** A worker's question is answered within 10 s, BullMQ's longest wait; a Redis that is silent for twice as long is connected to anew. */
const SILENT_MS = 20_000;
const KEEP_ALIVE_MS = 10_000;
const MAX_RECONNECT_MS = 2_000;

/** Jobs on Redis. Callers fail soon while it is away; workers wait for as long as it takes, and notice when it stopped answering. */
export const redisEngine = (options: RedisEngineOptions, report: (error: Error) => void): QueueEngine => {
  const { Queue, Worker } = withBackend(createRedisBackend);
  const prefix = options.prefix ?? PREFIX;
  const opened: Redis[] = [];
  const connect = (own: RedisOptions): Redis => {
    const client = new Redis({ ...connectionOf(options), ...own });
    client.on('error', (error: Error) => report(withoutCommand(error)));
    opened.push(client);
    return client;
  };
  let caller: Redis | undefined;
  let worker: Redis | undefined;
  const calling = (): Redis =>
    (caller ??= connect({ enableOfflineQueue: false, maxRetriesPerRequest: 1, commandTimeout: COMMAND_MS }));
  // BullMQ makes a connection of its own for each worker from this one
  const working = (): Redis => (worker ??= connect({ maxRetriesPerRequest: null, socketTimeout: SILENT_MS }));
  return {
    queue: (name) => new Queue<unknown>(name, { connection: calling(), prefix }),
    worker: (name, process, settings) =>
      new Worker<unknown, void>(name, process, { ...settings, connection: working(), prefix }),
    concern: async () => evictionConcern(await calling().info('memory')),
    close: () => {
      for (const client of opened.splice(0)) client.disconnect();
      caller = worker = undefined;
    },
  };
};

/** Redis may throw away keys when its memory is full, unless it is told to refuse new ones. */
const evictionConcern = (memory: string): string | undefined => {
  const policy = /^maxmemory_policy:(\S+)/m.exec(memory)?.[1];
  if (policy === undefined || policy === 'noeviction') return undefined;
  return `Redis may throw jobs away when its memory is full (maxmemory-policy ${policy}): set it to noeviction`;
};

const connectionOf = ({ url, tlsCa }: RedisEngineOptions): RedisOptions => {
  const { hostname, port, username, password, pathname, protocol } = new URL(url);
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || 6379),
    db: Number(pathname.slice(1) || 0),
    connectTimeout: CONNECT_MS,
    keepAlive: KEEP_ALIVE_MS,
    retryStrategy: (attempt) => Math.min(100 * attempt, MAX_RECONNECT_MS),
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' ? { tls: tlsCa === undefined ? {} : { ca: tlsCa } } : {}),
  };
};

/** The driver hangs the command that failed on the error: of AUTH the password, of others the payload. Neither goes into a log. */
export const withoutCommand = (error: Error): Error => {
  for (let next: unknown = error, depth = 0; next instanceof Error && depth < 5; next = next.cause, depth++) {
    Reflect.deleteProperty(next, 'command');
    Reflect.deleteProperty(next, 'previousErrors');
  }
  return error;
};
