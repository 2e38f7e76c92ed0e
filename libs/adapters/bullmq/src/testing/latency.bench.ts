import { createLogger } from '@outrider/platform/logger';
import { Metrics } from '@outrider/platform/metrics';
import { conformanceJobs, type ConformanceJobs } from '@outrider/testing/conformance/conformance-jobs';
import { startTemporaryPostgres } from '@outrider/testing/engines/temporary-postgres';
import { eventually } from '@outrider/testing/eventually';
import { BullJobQueue } from '../bull-job-queue.ts';

// Time from enqueue to the handler on a durable PostgreSQL of its own. From the repository's root:
// node --conditions=@outrider/source --import ./libs/testing/ts-loader.mjs libs/adapters/bullmq/src/testing/latency.bench.ts
const ROUNDS = 100;
const postgres = await startTemporaryPostgres();
const queue = new BullJobQueue<ConformanceJobs>(
  conformanceJobs('latency'),
  { kind: 'postgres', url: postgres.url },
  { log: createLogger({ level: 'warn', name: 'bench', pretty: false }), metrics: new Metrics() },
);
const began = new Map<string, number>();
const late: number[] = [];
const run = async ({ id }: { readonly id: string }): Promise<void> =>
  void late.push(performance.now() - (began.get(id) ?? 0));
for (const name of ['work', 'more', 'other'] as const) queue.handle(name, run);
await queue.start();

const report = (what: string): void => {
  const sorted = late.splice(0).sort((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1);
  process.stdout.write(`${what.padEnd(38)} n ${sorted.length}  p50 ${at(0.5)}  p95 ${at(0.95)}  max ${at(1)} ms\n`);
};
const enqueue = async (id: string, delayMs: number): Promise<void> => {
  began.set(id, performance.now() + delayMs);
  await queue.enqueue('work', { v: 1, id }, { jobId: id, delayMs });
};

for (let i = 0; i < ROUNDS; i += 1) {
  await enqueue(`now-${i}`, 0);
  await eventually(() => late.length === i + 1);
}
report('immediate, one at a time');
for (let i = 0; i < ROUNDS; i += 1) await enqueue(`later-${i}`, 500 + 10 * i);
await eventually(() => late.length === ROUNDS);
report('delayed 0.5-1.5 s, after the due time');
await enqueue('far', 3_600_000);
for (let i = 0; i < 20; i += 1) {
  await new Promise((resolve) => setTimeout(resolve, 200));
  await enqueue(`beside-${i}`, 0);
  await eventually(() => late.length === i + 1);
}
report('immediate, idle worker, far job waiting');
const start = performance.now();
await Promise.all(Array.from({ length: 500 }, (_, i) => enqueue(`burst-${i}`, 0)));
await eventually(() => late.length === 500, 60_000);
process.stdout.write(
  `burst of 500: ${Math.round(500 / ((performance.now() - start) / 1_000))} jobs/s enqueued and run\n`,
);
await queue.stop();
await postgres.stop();
