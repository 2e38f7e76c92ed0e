/**
 * Bytes of a log entry → encoded row, beside JSON.parse alone in the same run, on one core.
 *   node libs/flow/collect/bench/entry-reader.bench.mjs [seconds]
 * Needs a build. `distinct` gives each entry its own path, query, address and request id, so that caches do not flatter.
 */
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { GatewaySettings } from '@outrider/domain/gateway/gateway-settings';
import { encodeEvent } from '@outrider/contracts/events/event-row';
import { EntryReader } from '../dist/entry/entry-reader.js';
import { GatewayContext } from '../dist/entry/gateway-context.js';
import { SecretNames } from '../dist/entry/secret-names.js';

const seconds = Number(process.argv[2] ?? 3);
const ENTRIES = 50_000;

const recorded = split(readFileSync(new URL('../fixtures/kong-3.9.3-tcp-log.ndjson', import.meta.url)));
const typical = recorded.filter((line) => line.length < 3_000);

const workloads = {
  'recorded 3.9.3 lines': Array.from({ length: ENTRIES }, (_, i) => recorded[i % recorded.length]),
  'recorded, distinct': Array.from({ length: ENTRIES }, (_, i) => distinct(typical[i % typical.length], i)),
};

for (const [name, lines] of Object.entries(workloads)) {
  const bytes = lines.reduce((sum, line) => sum + line.length, 0) / lines.length;
  const parse = rate(lines, (line) => JSON.parse(line.toString('utf8')));
  const read = rateOfReader(lines);
  console.log(
    `${name}: ${Math.round(bytes)} bytes an entry; JSON.parse ${Math.round(parse)}/s; bytes → encoded row ${Math.round(read)}/s (${((100 * read) / parse).toFixed(0)} %)`,
  );
}

function rateOfReader(lines) {
  const context = new GatewayContext(GatewaySettings.parse({ id: 'kong' }), new SecretNames());
  const reader = new EntryReader({ fingerprintKey: Buffer.alloc(32, 1) });
  let length = 0;
  const result = rate(lines, (line) => {
    const outcome = reader.read(line, 0, line.length, context, 1_795_366_652_017, 'tcp');
    if (outcome.kind === 'pass') length += encodeEvent(outcome.event).length;
  });
  if (length === 0) throw new Error('nothing was read');
  return result;
}

/** Best of the rounds: the machine is shared. */
function rate(lines, work) {
  for (let i = 0; i < 20_000; i++) work(lines[i % lines.length]);
  let best = 0;
  const until = performance.now() + seconds * 1_000;
  while (performance.now() < until) {
    const start = process.cpuUsage();
    for (const line of lines) work(line);
    const used = process.cpuUsage(start);
    best = Math.max(best, lines.length / ((used.user + used.system) / 1e6));
  }
  return best;
}

function split(bytes) {
  const lines = [];
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(10, at);
    lines.push(bytes.subarray(at, end));
    at = end + 1;
  }
  return lines;
}

function distinct(line, i) {
  const entry = JSON.parse(line.toString('utf8'));
  entry.client_ip = `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`;
  if (entry.request) {
    if (entry.request.uri) entry.request.uri = `/api/orders/${i}?page=${i % 100}&q=term${i}`;
    entry.request.id = i.toString(16).padStart(32, 'a');
  }
  return Buffer.from(JSON.stringify(entry));
}
