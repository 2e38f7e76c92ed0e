// What the views of baselines and terms add to the insert, on the embedded engine. With and without them in turns, and by the
// median, so that what else the machine does falls on both. After a build:
//   node libs/adapters/clickhouse/bench/views.mjs [rows a side, default 500000] [rows a block, default 5000] [consumers, default 3000]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClickHouseEventStore } from '../dist/clickhouse.event-store.js';
import { openClickHouse } from '../dist/open-clickhouse.js';
import { KEEP_ALL } from '../dist/retention.js';
import { makeTraffic } from './traffic.mjs';

const ROWS = Number(process.argv[2] ?? 500_000);
const SIZE = Number(process.argv[3] ?? 5_000);
const CONSUMERS = Number(process.argv[4] ?? 3_000);
const VIEWS = ['caller_endpoint_hour_mv_v1', 'caller_origins_mv_v1'];
const SETS = { none: [], ...Object.fromEntries(VIEWS.map((view) => [view, [view]])), all: VIEWS };

const dir = mkdtempSync(join(tmpdir(), 'outrider-views-'));
const clickhouse = await openClickHouse({ dir });
const store = new ClickHouseEventStore(clickhouse, KEEP_ALL);
await store.prepare();
const command = (query) => clickhouse.client.command({ query });
const traffic = makeTraffic({ consumers: CONSUMERS, startAt: Date.now() - 3_600_000, eventsPerSecond: 2_000 });
// Merges come in bursts that would fall on one side: they are left for later here, and cost every table alike.
await command('SYSTEM STOP MERGES');
const cpuMs = () => (process.cpuUsage().user + process.cpuUsage().system) / 1000;
const spent = Object.fromEntries(Object.keys(SETS).map((name) => [name, { ms: [], cpu: [] }]));
let attached = new Set(VIEWS);
let position = 0;
const use = async (views) => {
  for (const view of VIEWS) {
    if (attached.has(view) && !views.includes(view)) await command(`DETACH TABLE ${view}`);
    if (!attached.has(view) && views.includes(view)) await command(`ATTACH TABLE ${view}`);
  }
  attached = new Set(views);
};
const rounds = Math.ceil(ROWS / SIZE);
for (let round = 0; round <= rounds; round++) {
  for (const [name, views] of Object.entries(SETS)) {
    await use(views);
    const rows = traffic.block(SIZE, position);
    position += SIZE;
    const began = performance.now();
    const cpu = cpuMs();
    await store.insertEvents({ rows, token: `${round}-${name}` });
    if (round === 0) continue;
    spent[name].ms.push(performance.now() - began);
    spent[name].cpu.push(cpuMs() - cpu);
  }
}
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
const more = (value, base) => `${(100 * (value / base - 1)).toFixed(1)} % more`;
for (const [name, { ms, cpu }] of Object.entries(spent)) {
  const time = median(ms);
  console.log(
    `${name}: ${time.toFixed(1)} ms a block (${((SIZE / time) * 1000).toFixed(0)} rows/s), ${more(time, median(spent.none.ms))}; ${median(cpu).toFixed(1)} ms CPU, ${more(median(cpu), median(spent.none.cpu))}`,
  );
}
await use(VIEWS);
await clickhouse.close();
rmSync(dir, { recursive: true, force: true });
