// Baselines of a million consumers on the embedded engine: sizes and times. The aggregates are written as the views would. After a build:
//   node libs/adapters/clickhouse/bench/baselines.mjs [consumers, default 1000000]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClickHouseBaselineStore } from '../dist/clickhouse.baseline-store.js';
import { ClickHouseEventStore } from '../dist/clickhouse.event-store.js';
import { openClickHouse } from '../dist/open-clickhouse.js';
import { KEEP_ALL } from '../dist/retention.js';

const CONSUMERS = Number(process.argv[2] ?? 1_000_000);
/** These are busy: every minute of eight hours a day, ten endpoints. The others come in one minute a day, with two endpoints. */
const BUSY = 1_000;
const DAYS = 14;
const AT = Math.floor(Date.now() / 86_400_000) * 86_400_000;
const dir = mkdtempSync(join(tmpdir(), 'outrider-baselines-'));
const clickhouse = await openClickHouse({ dir });
await new ClickHouseEventStore(clickhouse, KEEP_ALL).prepare();
const store = new ClickHouseBaselineStore(clickhouse);
const run = (query) =>
  clickhouse.client.command({ query, clickhouse_settings: { max_partitions_per_insert_block: '0' } });
const rows = async (query) => (await clickhouse.client.query({ query, format: 'JSONCompactEachRow' })).json();

const id = "concat('consumer-', leftPad(toString(c), 7, '0'))";
const start = AT / 1000 - DAYS * 86_400;
const filled = performance.now();
for (let day = 0; day < DAYS; day++) {
  const midnight = start + day * 86_400;
  await run(`INSERT INTO entity_minute_v1 (tenant, entity_kind, entity_id, minute, name, requests, first_seen, last_seen, last_received)
    SELECT 'default', 'consumer', ${id}, toDateTime(${midnight} + (8 * 60 + rand(c) % 480) * 60, 'UTC') AS m, ${id}, 1 + rand(c + 1) % 20, m, m, m
    FROM (SELECT number AS c FROM numbers(${BUSY}, ${CONSUMERS - BUSY}))`);
  await run(`INSERT INTO entity_minute_v1 (tenant, entity_kind, entity_id, minute, name, requests, first_seen, last_seen, last_received)
    SELECT 'default', 'consumer', ${id}, toDateTime(${midnight} + (8 * 60 + number % 480) * 60, 'UTC') AS m, ${id}, 1 + rand() % 20, m, m, m
    FROM (SELECT number, intDiv(number, 480) AS c FROM numbers(${BUSY * 480}))`);
  const endpoints = (from, count, each, hours) => `INSERT INTO caller_endpoint_hour_v1
    (tenant, caller_kind, caller_id, service_id, method, path_template, hour, requests, successes, last_seen, last_received)
    SELECT 'default', 'consumer', ${id}, concat('service-', toString(e % 12)), 'GET', concat('/v1/resource-', toString(e), '/{id}'),
      toDateTime(${midnight} + h * 3600, 'UTC') AS at, 1 + rand() % 20, 1, at, at
    FROM (SELECT ${from} + intDiv(number, ${each * hours}) AS c, (rand(c) + number % ${each}) % 120 AS e, 8 + intDiv(number, ${each}) % ${hours} AS h
      FROM numbers(${count * each * hours}))`;
  await run(endpoints(BUSY, CONSUMERS - BUSY, 2, 1));
  await run(endpoints(0, BUSY, 10, 8));
}
await run(`INSERT INTO caller_origins_v1 (tenant, caller_kind, caller_id, credential_id, prefix, agent, month, tags, requests, successes, days, first_seen, last_seen, last_received)
  SELECT 'default', 'consumer', ${id}, concat('key-', toString(c)), concat('10.', toString(c % 250), '.', toString(number % 3), '.0/24'), 'shop',
    toStartOfMonth(toDate(${AT / 1000})), if(c % 10 = 0, [concat('group-', toString(c % 1000))], []), 10, 9, 16383, toDateTime(${start}), toDateTime(${AT / 1000}), toDateTime(${AT / 1000})
  FROM (SELECT number, intDiv(number, 3) AS c FROM numbers(${CONSUMERS * 3}))`);
console.log(`filled for ${CONSUMERS} consumers in ${((performance.now() - filled) / 1000).toFixed(0)} s`);
for (const [table, n, bytes] of await rows(
  "SELECT table, sum(rows), sum(bytes_on_disk) FROM system.parts WHERE active AND database = 'outrider' AND rows > 0 AND table LIKE '%_v1' GROUP BY table ORDER BY table",
))
  console.log(`${table}: ${n} rows, ${(bytes / 1e6).toFixed(0)} MB, ${(bytes / CONSUMERS).toFixed(0)} bytes an entity`);

const idOf = (n) => `consumer-${String(n).padStart(7, '0')}`;
const busy = Array.from({ length: BUSY }, (_, i) => idOf(i));
const quiet = Array.from({ length: 1_000 }, (_, i) =>
  idOf(Math.floor(BUSY + ((i + 0.5) * (CONSUMERS - BUSY)) / 1_000)),
);
const measure = async (name, work) => {
  const times = [];
  let n = 0;
  let peak = 0;
  for (let i = 0; i < 5; i++) {
    const began = performance.now();
    n = await work();
    times.push(performance.now() - began);
    peak = Math.max(peak, process.memoryUsage().rss);
  }
  times.sort((a, b) => a - b);
  console.log(
    `${name}: median ${times[2].toFixed(0)} ms, worst ${times[4].toFixed(0)} ms, ${n} answers, memory of the process ${(peak / 1e6).toFixed(0)} MB`,
  );
};
const ask =
  (ids, step = '5m', metric = 'requests') =>
  async () =>
    (await store.baselines({ tenant: 'default', kind: 'consumer', ids, metric, step, at: AT })).length;
await measure('baseline of one busy consumer, 5 min', ask([busy[500]]));
await measure('baseline of one quiet consumer, 5 min', ask([quiet[500]]));
await measure('baseline of one busy consumer, hours', ask([busy[500]], '1h'));
await measure('endpoints an hour of one busy consumer', ask([busy[500]], '1h', 'endpoints'));
await measure('baselines of 1,000 busy consumers, 5 min', ask(busy));
await measure('baselines of 1,000 quiet consumers, 5 min', ask(quiet));
await measure('baselines of 1,000 quiet consumers, hours', ask(quiet, '1h'));
const callers = (ids) => ids.map((one) => ({ kind: 'consumer', id: one }));
const since = AT - DAYS * 86_400_000;
const terms = (ids) => async () => {
  let n = 0;
  for await (const chunk of store.terms({ tenant: 'default', callers: callers(ids), since })) n += chunk.length;
  return n;
};
await measure('terms of one busy consumer', terms([busy[500]]));
await measure('terms of 1,000 busy consumers', terms(busy));
await measure('terms of 1,000 quiet consumers', terms(quiet));
await measure(
  'last use of 1,000 consumers',
  async () => (await store.lastUsed({ tenant: 'default', callers: callers(quiet), since })).length,
);
const peersOf = (n) => async () =>
  (await store.peersOf({ tenant: 'default', caller: { kind: 'consumer', id: idOf(n) }, since, limit: 50 })).peers
    .length;
await measure('peers by tags', peersOf(500_010 % CONSUMERS));
await measure('peers by endpoints', peersOf(500_011 % CONSUMERS));
await clickhouse.close();
rmSync(dir, { recursive: true, force: true });
