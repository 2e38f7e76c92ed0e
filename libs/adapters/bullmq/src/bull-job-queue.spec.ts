import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { JOBS, type Jobs } from '@outrider/contracts/jobs/job-catalogue';
import { createLogger } from '@outrider/platform/logger';
import { Metrics } from '@outrider/platform/metrics';
import { conformanceJobs, type ConformanceJobs } from '@outrider/testing/conformance/conformance-jobs';
import { jobQueueConformance } from '@outrider/testing/conformance/job-queue.conformance';
import { eventually } from '@outrider/testing/eventually';
import { startTemporaryPostgres, type TemporaryPostgres } from '@outrider/testing/engines/temporary-postgres';
import { TypescriptChild } from '@outrider/testing/process/typescript-child';
import { BullJobQueue } from './bull-job-queue.ts';

const deps = () => ({ log: createLogger({ level: 'silent', name: 'spec', pretty: false }), metrics: new Metrics() });
let postgres: TemporaryPostgres;

beforeAll(async () => {
  postgres = await startTemporaryPostgres({ durable: false });
});
afterAll(() => postgres.stop());

jobQueueConformance(
  'BullMQ on PostgreSQL',
  (namespace) =>
    new BullJobQueue<ConformanceJobs>(
      conformanceJobs(namespace),
      { kind: 'postgres', url: postgres.url, poolSize: 2 },
      deps(),
      { backOffMs: 50, lockMs: 2_000 },
    ),
);

describe('BullJobQueue', () => {
  test('takes the job catalogue of the project', async () => {
    const queue = new BullJobQueue<Jobs>(JOBS, { kind: 'postgres', url: postgres.url, poolSize: 1 }, deps());
    await queue.enqueue(
      'enforcement.lift',
      { v: 1, enforcementId: '0190a0b0-0000-7000-8000-000000000001' },
      { jobId: 'enforcement.lift:0190a0b0-0000-7000-8000-000000000001', delayMs: 60_000 },
    );
    expect((await queue.counts())['outrider-respond']).toMatchObject({ delayed: 1 });
    await queue.stop();
  });

  const after = async (
    death: (queue: BullJobQueue<ConformanceJobs>) => Promise<void>,
    namespace: string,
  ): Promise<string[]> => {
    const child = new TypescriptChild(new URL('./testing/worker.child.ts', import.meta.url), [postgres.url, namespace]);
    const queue = new BullJobQueue<ConformanceJobs>(
      conformanceJobs(namespace),
      { kind: 'postgres', url: postgres.url, poolSize: 2 },
      deps(),
      { lockMs: 1_000 },
    );
    const seen: string[] = [];
    try {
      await queue.enqueue('work', { v: 1, id: 'a' }, { jobId: 'enforcement:a', delayMs: 0 });
      await eventually(() => child.lines.includes('a') || !child.running, 20_000);
      await child.kill();
      expect(child.lines).toEqual(['a']);
      queue.handle('work', async ({ id }) => void seen.push(id));
      queue.handle('more', async () => undefined);
      queue.handle('other', async () => undefined);
      await queue.start();
      await death(queue);
      await eventually(() => seen.length > 0, 20_000);
    } finally {
      await child.kill();
      await queue.stop();
    }
    return seen;
  };

  test('runs a job again whose process was killed, without being asked', async () => {
    expect(await after(async () => undefined, `k${process.pid}-alone`)).toEqual(['a']);
  });

  test('runs a job at once that is asked for again after its process was killed', async () => {
    const again = await after(
      (queue) => queue.enqueue('work', { v: 1, id: 'a' }, { jobId: 'enforcement:a', delayMs: 0 }),
      `k${process.pid}-asked`,
    );
    expect(again[0]).toBe('a');
  });
});
