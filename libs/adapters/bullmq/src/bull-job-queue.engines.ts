import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { TransientError } from '@outrider/platform/errors';
import { createLogger } from '@outrider/platform/logger';
import { Metrics } from '@outrider/platform/metrics';
import type { Service } from '@outrider/services/service';
import { startRedis } from '@outrider/services/start-redis';
import { conformanceJobs, type ConformanceJobs } from '@outrider/testing/conformance/conformance-jobs';
import { jobQueueConformance } from '@outrider/testing/conformance/job-queue.conformance';
import { eventually } from '@outrider/testing/eventually';
import { TypescriptChild } from '@outrider/testing/process/typescript-child';
import { Redis } from 'ioredis';
import { Writable } from 'node:stream';
import { BullJobQueue, type BullJobQueueSettings } from './bull-job-queue.ts';

let redis: Service;
let lines: string[] = [];
const sink = new Writable({
  write: (chunk: Buffer, _encoding, done) => {
    lines.push(chunk.toString());
    done();
  },
});
const deps = () => ({
  log: createLogger({ level: 'debug', name: 'spec', pretty: false }, sink),
  metrics: new Metrics(),
});
const queueOn = (namespace: string, settings: BullJobQueueSettings = {}, url = redis.url) =>
  new BullJobQueue<ConformanceJobs>(
    conformanceJobs(namespace),
    { kind: 'redis', url, prefix: `outrider-${process.pid}` },
    deps(),
    { backOffMs: 50, lockMs: 2_000, ...settings },
  );

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

jobQueueConformance('BullMQ on Redis', (namespace) => queueOn(namespace));

describe('BullJobQueue on Redis', () => {
  const open: BullJobQueue<ConformanceJobs>[] = [];
  let space = 0;
  const made = (settings: BullJobQueueSettings = {}, url?: string): BullJobQueue<ConformanceJobs> => {
    const queue = queueOn(`r${process.pid}-${space++}`, settings, url);
    open.push(queue);
    return queue;
  };
  const serving = async (queue: BullJobQueue<ConformanceJobs>): Promise<string[]> => {
    const seen: string[] = [];
    queue.handle('work', async ({ id }) => void seen.push(id));
    queue.handle('more', async () => undefined);
    queue.handle('other', async () => undefined);
    await queue.start();
    return seen;
  };
  const ask = (queue: BullJobQueue<ConformanceJobs>, id: string, delayMs = 0): Promise<void> =>
    queue.enqueue('work', { v: 1, id }, { jobId: id, delayMs });
  const works = async (queue: BullJobQueue<ConformanceJobs>, seen: string[], id: string): Promise<void> => {
    await eventually(
      () =>
        ask(queue, id).then(
          () => true,
          () => false,
        ),
      30_000,
    );
    await eventually(() => seen.includes(id), 30_000);
  };

  afterEach(async () => {
    for (const queue of open.splice(0)) await queue.stop();
    lines = [];
  });

  test('runs a job again whose process was killed', async () => {
    const namespace = `k${process.pid}`;
    const child = new TypescriptChild(new URL('./testing/worker.child.ts', import.meta.url), [
      redis.url,
      namespace,
      `outrider-${process.pid}`,
    ]);
    const queue = queueOn(namespace, { lockMs: 1_000 });
    open.push(queue);
    try {
      await queue.enqueue('work', { v: 1, id: 'a' }, { jobId: 'a', delayMs: 0 });
      await eventually(() => child.lines.includes('a') || !child.running, 20_000);
      await child.kill();
      expect(child.lines).toEqual(['a']);
      const seen = await serving(queue);
      await eventually(() => seen.length > 0, 20_000);
      expect(seen).toEqual(['a']);
    } finally {
      await child.kill();
    }
  });

  test('a killed Redis: asking fails at once as TransientError, and the same queue goes on when it is back', async () => {
    const queue = made();
    const seen = await serving(queue);
    await works(queue, seen, 'before');
    redis.kill('SIGKILL');
    await eventually(() =>
      ask(queue, 'meanwhile').then(
        () => false,
        (error: unknown) => error instanceof TransientError,
      ),
    );
    await redis.restart();
    await works(queue, seen, 'after');
  });

  test('a Redis that stopped answering holds nobody for ever, and the same queue goes on when it answers again', async () => {
    const queue = made({ callTimeoutMs: 1_000 });
    const seen = await serving(queue);
    await works(queue, seen, 'before');
    redis.pause();
    try {
      await expect(ask(queue, 'meanwhile')).rejects.toBeInstanceOf(TransientError);
      await expect(queue.counts()).rejects.toBeInstanceOf(TransientError);
    } finally {
      redis.resume();
    }
    await works(queue, seen, 'after');
  });

  test('a Redis that lost everything takes the same jobs again', async () => {
    const queue = made();
    const seen = await serving(queue);
    await ask(queue, 'later', 600_000);
    const client = new Redis(redis.url);
    await client.flushall();
    await client.quit();
    await ask(queue, 'later');
    await eventually(() => seen.includes('later'), 20_000);
    expect(seen).toEqual(['later']);
  });

  test('a start without Redis ends in a bounded time, and so does the stop after it', async () => {
    const queue = made({ startTimeoutMs: 500 }, 'redis://127.0.0.1:1');
    await expect(queue.start()).rejects.toBeInstanceOf(TransientError);
    await queue.stop();
  });

  test('a wrong password is in no log line and in no error', async () => {
    const url = new URL(redis.url);
    url.password = 'hunter2-hunter2';
    const queue = made({ startTimeoutMs: 2_000 }, url.href);
    const error: unknown = await queue.start().catch((caught: unknown) => caught);
    await eventually(() => lines.some((line) => line.includes('WRONGPASS')));
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('hunter2');
    expect(lines.join('\n')).not.toContain('hunter2');
  });

  test('says so when Redis may throw jobs away', async () => {
    const client = new Redis(redis.url);
    await client.config('SET', 'maxmemory-policy', 'allkeys-lru');
    try {
      await made().start();
      expect(lines.some((line) => line.includes('noeviction'))).toBe(true);
    } finally {
      await client.config('SET', 'maxmemory-policy', 'noeviction');
      await client.quit();
    }
  });

  test('installations with different prefixes share one Redis and no job', async () => {
    const jobs = conformanceJobs(`p${process.pid}`);
    const [a, b] = ['a', 'b'].map(
      (prefix) => new BullJobQueue<ConformanceJobs>(jobs, { kind: 'redis', url: redis.url, prefix }, deps()),
    );
    if (!a || !b) throw new Error('two queues');
    open.push(a, b);
    const seen = await serving(b);
    await ask(a, 'mine', 600_000);
    await works(b, seen, 'yours');
    const delayed = async (queue: BullJobQueue<ConformanceJobs>): Promise<number> =>
      Object.values(await queue.counts()).reduce((sum, counts) => sum + (counts['delayed'] ?? 0), 0);
    expect([await delayed(a), await delayed(b)]).toEqual([1, 0]);
    expect(seen).toEqual(['yours']);
  });
});
