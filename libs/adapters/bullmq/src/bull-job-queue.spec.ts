import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { JOBS, type Jobs } from '@outrider/contracts/jobs/job-catalogue';
import { createLogger } from '@outrider/platform/logger';
import { Metrics } from '@outrider/platform/metrics';
import { conformanceJobs, jobQueueConformance, type ConformanceJobs } from '@outrider/testing/conformance/job-queue.conformance';
import { startTemporaryPostgres, type TemporaryPostgres } from '@outrider/testing/engines/temporary-postgres';
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
});
