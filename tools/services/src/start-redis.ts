import { randomBytes } from 'node:crypto';
import { writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from './machine/free-port.ts';
import { Engine } from './process/engine.ts';
import { remember } from './process/remembered.ts';
import { inServiceFolder, type ServiceFolder } from './process/service-folder.ts';
import { findRedis, type RedisBinary } from './redis/find-redis.ts';
import { redisConfig } from './redis/redis-config.ts';
import type { Service, ServiceOptions } from './service.ts';

export interface RedisOptions extends ServiceOptions {
  /** A random one by default; empty = none. */
  readonly password?: string;
}

const START_MS = 30_000;
const STOP_MS = 10_000;
const PROBE_MS = 2_000;

/** Redis as BullMQ needs it: an append-only file, nothing evicted. At most the last second is lost by a power cut, nothing by a kill. */
export const startRedis = async (options: RedisOptions = {}): Promise<Service> => {
  const log = options.log ?? (() => undefined);
  const redis = await findRedis(log);
  return inServiceFolder('redis', options.dir, (folder) => launch(folder, redis, options, log));
};

const launch = async (
  folder: ServiceFolder,
  redis: RedisBinary,
  options: RedisOptions,
  log: (line: string) => void,
): Promise<Service> => {
  const known = await remember(folder.dir, options.port, async () => ({
    ports: [await freePort()],
    password: options.password ?? randomBytes(18).toString('base64url'),
  }));
  const password = options.password ?? known.password;
  const [port = 0] = known.ports;
  const data = join(folder.dir, 'data');
  mkdirSync(data, { recursive: true });
  const config = join(folder.dir, 'redis.conf');
  writeFileSync(config, redisConfig({ port, data, password }), { mode: 0o600 });
  const url = `redis://${password === '' ? '' : `:${encodeURIComponent(password)}@`}127.0.0.1:${port}`;
  const engine = new Engine({
    ...folder,
    name: 'redis',
    url,
    port,
    environment: { REDIS_URL: url },
    log,
    logFile: join(folder.dir, 'redis.log'),
    command: redis.path,
    args: [config],
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', ...redis.env },
    cwd: folder.dir,
    answers: () => redisAnswers(port, password),
    startMs: START_MS,
    stopSignal: 'SIGTERM',
    stopMs: STOP_MS,
  });
  await engine.start();
  return engine;
};

/** It answers PING with an error while it reads its file. */
const redisAnswers = async (port: number, password: string): Promise<boolean> => {
  const client = new Redis({
    host: '127.0.0.1',
    port,
    ...(password === '' ? {} : { password }),
    lazyConnect: true,
    connectTimeout: PROBE_MS,
    commandTimeout: PROBE_MS,
    enableReadyCheck: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.ping()) === 'PONG';
  } finally {
    client.disconnect();
  }
};
