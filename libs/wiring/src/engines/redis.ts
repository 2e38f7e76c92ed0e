import { Redis } from 'ioredis';
import { PermanentError, TransientError } from '@outrider/platform/errors';

const ANSWER_MS = 3_000;
const GOODBYE_MS = 200;

export interface RedisFacts {
  readonly version: string | undefined;
  /** Jobs are lost unless it is `noeviction`. */
  readonly maxmemoryPolicy: string | undefined;
  readonly appendOnly: boolean | undefined;
}

/** Rejects with TransientError when nobody answers (or it is still loading), PermanentError when it refuses us. */
export const pingRedis = (url: string): Promise<void> => withRedis(url, async (redis) => void (await redis.ping()));

/** What decides whether jobs are safe there. */
export const examineRedis = (url: string): Promise<RedisFacts> =>
  withRedis(url, async (redis) => {
    const info = await redis.info();
    const field = (name: string): string | undefined => new RegExp(`^${name}:(.*)$`, 'm').exec(info)?.[1]?.trim();
    const append = field('aof_enabled');
    return {
      version: field('redis_version'),
      maxmemoryPolicy: field('maxmemory_policy'),
      appendOnly: append === undefined ? undefined : append === '1',
    };
  });

const withRedis = async <T>(url: string, work: (redis: Redis) => Promise<T>): Promise<T> => {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: ANSWER_MS,
    disconnectTimeout: GOODBYE_MS,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    retryStrategy: () => null,
  });
  const problems: Error[] = [];
  redis.on('error', (error: Error) => problems.push(error));
  try {
    return await within(redis.connect().then(() => work(redis)));
  } catch (error) {
    const cause = problems.find((problem) => REFUSED.test(problem.message)) ?? error;
    const text = cause instanceof Error ? cause.message : '';
    const refusal = REFUSED.exec(text)?.[1];
    if (refusal !== undefined)
      throw new PermanentError(`user or password (${refusal})`, 'redis-refused', { cause: error });
    throw new TransientError('Redis does not answer', 'redis-away', { cause: problems[0] ?? error });
  } finally {
    redis.disconnect();
  }
};

/** Bounded here: a timer of the driver's own outlives its connection. */
const within = async <T>(asked: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), ANSWER_MS);
  });
  return Promise.race([asked, late]).finally(() => clearTimeout(timer));
};

/** The code in front of an error reply is Redis' error code. */
const REFUSED = /(WRONGPASS|NOAUTH|NOPERM)/;
