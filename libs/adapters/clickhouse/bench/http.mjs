// Inserts over HTTP (tools/clickhouse-http in another process) beside the embedded engine, in one run. After a build:
//   node libs/adapters/clickhouse/bench/http.mjs [blocks a row of the table, default 15]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ClickHouseEventStore } from '../dist/clickhouse.event-store.js';
import { openClickHouse } from '../dist/open-clickhouse.js';
import { KEEP_ALL } from '../dist/retention.js';
import { makeTraffic } from './traffic.mjs';

const BLOCKS = Number(process.argv[2] ?? 15);
const SERVER = fileURLToPath(new URL('../../../../tools/clickhouse-http/dist/main.js', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'outrider-bench-'));
const server = spawn(process.execPath, [SERVER, '--dir', join(dir, 'server'), '--port', '0', '--with-parent'], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const [line] = await once(createInterface({ input: server.stdout }), 'line');
const url = line.split(' ').at(-1);

const traffic = makeTraffic({ startAt: Date.now() - 3_600_000, eventsPerSecond: 5_000 });
let position = 0;
const cpuMs = () => process.cpuUsage().user / 1000 + process.cpuUsage().system / 1000;

const measure = async (name, address, size, atOnce) => {
  const clickhouse = await openClickHouse(address);
  const store = new ClickHouseEventStore(clickhouse, KEEP_ALL);
  await store.prepare();
  const blocks = Array.from({ length: BLOCKS + 2 }, () => {
    position += size;
    return { rows: traffic.block(size, position - size), token: `${name.replace(/\W+/g, '-')}-${position}` };
  });
  const bytes = blocks[0].rows.join('\n').length / size;
  for (const block of blocks.splice(0, 2)) await store.insertEvents(block);
  const [t, c] = [performance.now(), cpuMs()];
  const lane = async () => {
    for (let block = blocks.pop(); block; block = blocks.pop()) await store.insertEvents(block);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  const ms = performance.now() - t;
  const rows = BLOCKS * size;
  console.log(
    `${name}, blocks of ${size}, ${atOnce} at once: ${((rows / ms) * 1000).toFixed(0)} rows/s, ${((ms / BLOCKS) * atOnce).toFixed(0)} ms a block, ${(((cpuMs() - c) / rows) * 1000).toFixed(1)} us of this process's CPU a row (${bytes.toFixed(0)} bytes)`,
  );
  await clickhouse.close();
};

for (const size of [1_000, 20_000]) {
  for (const atOnce of [1, 3]) {
    await measure('embedded', { dir: join(dir, 'embedded') }, size, atOnce);
    await measure('HTTP', { url }, size, atOnce);
    await measure('HTTP, packed', { url, compressInserts: true }, size, atOnce);
  }
}
server.stdin.end();
await once(server, 'close');
rmSync(dir, { recursive: true, force: true });
process.exit(0);
