import type * as z from 'zod';
import { BullJobQueue } from '@outrider/bullmq/bull-job-queue';
import type { JobEngineOptions } from '@outrider/bullmq/queue-engine';
import { JOBS, type Jobs } from '@outrider/contracts/jobs/job-catalogue';
import type { jobSettings } from '../settings/engine-settings.ts';
import type { Ground } from './ground.ts';
import { pingRedis } from './redis.ts';
import { hostOf } from './start-up.ts';

export type JobSettings = z.output<z.ZodObject<typeof jobSettings>>;

/** Connections to PostgreSQL, per queue and worker. */
const JOB_CONNECTIONS = 3;

/** BullMQ, on Redis where one is given, else on the control store's PostgreSQL. */
export const openJobs = async (
  settings: JobSettings,
  databaseUrl: string,
  ground: Ground,
): Promise<BullJobQueue<Jobs>> => {
  const { REDIS_URL: redis } = settings;
  if (redis !== undefined)
    await ground.startUp.engine({ name: 'Redis', setting: 'REDIS_URL', at: hostOf(redis) }, () => pingRedis(redis));
  const engine: JobEngineOptions =
    redis === undefined
      ? { kind: 'postgres', url: databaseUrl, schema: 'bullmq', poolSize: JOB_CONNECTIONS }
      : { kind: 'redis', url: redis };
  return new BullJobQueue<Jobs>(JOBS, engine, { log: ground.log, metrics: ground.metrics });
};
