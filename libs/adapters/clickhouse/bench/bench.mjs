// Figures of the event store on the embedded engine, beside a plain table in the same run. After a build:
//   node libs/adapters/clickhouse/bench/bench.mjs [million events, default 2] [seconds of small inserts, default 60]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { STORED_COLUMNS } from '@outrider/contracts/events/event-row';
import { ClickHouseEventStore } from '../dist/clickhouse.event-store.js';
import { openClickHouse } from '../dist/open-clickhouse.js';
import { KEEP_ALL } from '../dist/retention.js';
import { makeTraffic } from './traffic.mjs';

const TOTAL = Number(process.argv[2] ?? 2) * 1e6;
const SMALL_SECONDS = Number(process.argv[3] ?? 60);
const DAY = 86_400_000;
const dir = mkdtempSync(join(tmpdir(), 'outrider-bench-'));
const opened = performance.now();
const clickhouse = await openClickHouse({ dir });
const store = new ClickHouseEventStore(clickhouse, KEEP_ALL);
await store.prepare();
console.log(`open and migrate an empty folder: ${(performance.now() - opened).toFixed(0)} ms`);
const startAt = Date.now() - 28 * DAY;
const traffic = makeTraffic({ startAt, eventsPerSecond: TOTAL / (28 * 86_400) });
const sql = async (query) => (await clickhouse.client.query({ query, format: 'JSONCompactEachRow' })).json();
const cpuMs = () => process.cpuUsage().user / 1000 + process.cpuUsage().system / 1000;
let position = 0;
let lag = 0;
let last = performance.now();
const watch = setInterval(() => {
  const now = performance.now();
  lag = Math.max(lag, now - last - 10);
  last = now;
}, 10);

await clickhouse.client.command({
  query: `CREATE TABLE plain (${(await sql("SELECT name, type FROM system.columns WHERE database = 'outrider' AND table = 'events_v1' AND default_kind != 'MATERIALIZED'")).map(([n, t]) => `${n} ${t}`)}) ENGINE = MergeTree ORDER BY started_at`,
});
const plainInsert = (rows) =>
  clickhouse.client.exec({
    query: `INSERT INTO plain (${STORED_COLUMNS.join(', ')}) FORMAT JSONCompactEachRow`,
    values: Readable.from([rows.join('\n')]),
    clickhouse_settings: { async_insert: 0 },
  });
const timed = async (name, size, times, insert) => {
  const blocks = Array.from({ length: times }, () => {
    position += size;
    return traffic.block(size, position - size);
  });
  await new Promise((r) => setTimeout(r, 20));
  lag = 0;
  const t = performance.now(),
    c = cpuMs();
  for (const rows of blocks) await insert(rows);
  const ms = performance.now() - t;
  console.log(
    `${name} blocks of ${size}: ${(((size * times) / ms) * 1000).toFixed(0)} rows/s, ${(((cpuMs() - c) / size / times) * 1000).toFixed(1)} us CPU a row, ${(ms / times).toFixed(0)} ms a block, event loop held at most ${lag.toFixed(0)} ms`,
  );
};
let token = 0;
const insert = (rows) => store.insertEvents({ rows, token: `bench-${++token}` });
await timed('warm-up', 5_000, 4, insert);
for (const [size, times] of [
  [1_000, 20],
  [5_000, 10],
  [20_000, 6],
]) {
  await timed('plain table,', size, times, plainInsert);
  await timed('store, all views,', size, times, insert);
}
await clickhouse.client.command({ query: 'DROP TABLE plain' });
const t0 = performance.now();
let inMs = 0;
while (position < TOTAL) {
  const rows = traffic.block(20_000, position);
  position += 20_000;
  const t = performance.now();
  await insert(rows);
  inMs += performance.now() - t;
}
console.log(
  `filled to ${position} events in ${((performance.now() - t0) / 1000).toFixed(0)} s, of which inserting ${(inMs / 1000).toFixed(0)} s`,
);

const sizes = async (when) => {
  const rows = await sql(
    "SELECT table, sum(rows), count(), sum(bytes_on_disk) FROM system.parts WHERE active AND database = 'outrider' AND table LIKE '%_v1' GROUP BY table ORDER BY table",
  );
  const events = Number(rows.find(([t]) => t === 'events_v1')?.[1] ?? 1);
  for (const [table, n, parts, bytes] of rows)
    console.log(`${when} ${table}: ${n} rows, ${parts} parts, ${(bytes / events).toFixed(1)} bytes an event`);
};
await sizes('as inserted');
await clickhouse.client.command({ query: 'OPTIMIZE TABLE events_v1 FINAL' });
await sizes('merged');
for (const [column, bytes] of await sql(
  "SELECT column, sum(column_data_compressed_bytes) AS b FROM system.parts_columns WHERE active AND table = 'events_v1' GROUP BY column ORDER BY b DESC LIMIT 14",
))
  console.log(`  ${column}: ${(bytes / (position / 1)).toFixed(2)} B`);

const range = { from: startAt - DAY, to: Date.now() + DAY };
const latency = async (name, run) => {
  const times = [];
  let result;
  for (let i = 0; i < 7; i++) {
    const t = performance.now();
    result = await run();
    times.push(performance.now() - t);
  }
  times.sort((a, b) => a - b);
  console.log(`${name}: median ${times[3].toFixed(0)} ms, worst ${times[6].toFixed(0)} ms, ${result.length} rows`);
};
const page = { tenant: 'default', range, limit: 50, order: 'newest' };
for (const [label, i] of [
  ['busiest', 0],
  ['a quiet', 250],
]) {
  const who = traffic.people[i];
  await latency(`timeline of ${label} consumer`, () =>
    store.search({ ...page, entity: { kind: 'consumer', id: who.id } }),
  );
  await latency(`  its credential`, () =>
    store.search({ ...page, entity: { kind: 'credential', id: who.credentials[0].id } }),
  );
  await latency(`  its address`, () => store.search({ ...page, entity: { kind: 'ip', id: who.ips[0] } }));
}
await latency('newest of all', () => store.search(page));
const one = (await store.search(page))[0];
await latency('one event by id', () => store.search({ ...page, eventIds: [`${one.gateway}:${one.id}`] }));
await latency('minute counts of 300 consumers, 14 days', () =>
  store.minuteCounts({
    tenant: 'default',
    kind: 'consumer',
    entities: traffic.people.map((p) => p.id),
    range: { from: Date.now() - 21 * DAY, to: Date.now() - 7 * DAY },
  }),
);
await latency('busiest consumers, 28 days', () =>
  store.entities({ tenant: 'default', kind: 'consumer', range, limit: 50, offset: 0 }),
);
const rss0 = process.memoryUsage().rss;
let peak = 0,
  replayed = 0;
const tr = performance.now();
for await (const chunk of store.replay({ tenant: 'default', range, chunk: 5_000 })) {
  replayed += chunk.length;
  peak = Math.max(peak, process.memoryUsage().rss);
}
console.log(
  `replay: ${replayed} events, ${((replayed / (performance.now() - tr)) * 1000).toFixed(0)} rows/s, memory ${(rss0 / 1e6).toFixed(0)} MB before, ${(peak / 1e6).toFixed(0)} MB at most`,
);

const c0 = cpuMs(),
  s0 = performance.now();
for (let n = 0; n < SMALL_SECONDS * 5; n++) {
  const due = s0 + n * 200;
  if (due > performance.now()) await new Promise((r) => setTimeout(r, due - performance.now()));
  const rows = traffic.block(20, position);
  position += 20;
  await insert(rows);
  if (n % 50 === 49) {
    const parts = await sql(
      "SELECT max(n) FROM (SELECT table, count() AS n FROM system.parts WHERE active AND database = 'outrider' GROUP BY table)",
    );
    console.log(
      `small inserts: ${n + 1} done after ${((performance.now() - s0) / 1000).toFixed(0)} s, most active parts in a table ${parts[0][0]}, ${(((cpuMs() - c0) / (performance.now() - s0)) * 100).toFixed(0)} % of a core`,
    );
  }
}
clearInterval(watch);
await clickhouse.close();
rmSync(dir, { recursive: true, force: true });
