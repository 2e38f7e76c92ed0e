import { afterAll } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { Service } from '@outrider/services/service';
import { startRedis } from '@outrider/services/start-redis';
import { severalResponders } from './testing/several-responders.suite.ts';

let redis: Service | undefined;
afterAll(() => redis?.stop());

severalResponders('Redis', async () => {
  redis = await startRedis();
  return redisJobs(redis.url);
});

/** Each test has a queue of its own: its database is new too. */
const redisJobs = (url: string) => {
  const prefixes = new Map<string, string>();
  return {
    redisUrl: url,
    options: (databaseUrl: string) => {
      const prefix = prefixes.get(databaseUrl) ?? randomUUID();
      prefixes.set(databaseUrl, prefix);
      return { kind: 'redis', url, prefix } as const;
    },
    prefixOf: (databaseUrl: string) => prefixes.get(databaseUrl) ?? '',
  };
};
