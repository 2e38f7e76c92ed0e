import { createLogger } from '@outrider/platform/logger';
import { Metrics } from '@outrider/platform/metrics';
import { conformanceJobs, type ConformanceJobs } from '@outrider/testing/conformance/conformance-jobs';
import { BullJobQueue } from '../bull-job-queue.ts';

// Takes jobs and never finishes one. Killed by the spec.
const [url = '', namespace = '', prefix = ''] = process.argv.slice(2);
const queue = new BullJobQueue<ConformanceJobs>(
  conformanceJobs(namespace),
  url.startsWith('redis') ? { kind: 'redis', url, prefix } : { kind: 'postgres', url, poolSize: 2 },
  { log: createLogger({ level: 'silent', name: 'spec', pretty: false }), metrics: new Metrics() },
  { lockMs: 1_000 },
);
queue.handle('work', async ({ id }) => {
  process.stdout.write(`${id}\n`);
  await new Promise<void>(() => undefined);
});
queue.handle('more', async () => undefined);
queue.handle('other', async () => undefined);
await queue.start();
