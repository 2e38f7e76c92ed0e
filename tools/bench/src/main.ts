import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { diskAlone, parseAlone, socketAlone } from './baselines.ts';
import { collectAlone, readerAlone } from './collect.bench.ts';
import { writeCorpus, type CorpusFile } from './corpus-file.ts';
import { detectorCosts } from './detectors.bench.ts';
import { benchServices } from './services-table.ts';
import { latency, wholePath } from './whole-path.bench.ts';

const USAGE = `usage: npm run bench [-- --entries N] [--rounds N] [--services | --detectors]

Measures this machine and Outrider on it in one run, so that the ratios mean something where absolute figures do not.
  --entries N   entries of the load; default 300000
  --rounds N    attacks whose latency is taken; default 10
  --detectors   what each detector costs an event, and nothing else; --rounds as above
  --services    separate processes on real Kafka, ClickHouse over HTTP and PostgreSQL instead of the embedded profile
`;

const { values } = parseArgs({
  options: {
    entries: { type: 'string', default: '300000' },
    rounds: { type: 'string', default: '10' },
    services: { type: 'boolean', default: false },
    detectors: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}

if (values.detectors) {
  const { events, base, all, detectors } = await detectorCosts(Number(values.rounds));
  console.log(
    `${events} events; engine without detectors ${base.toFixed(0)} ns of CPU an event, with all ${all.toFixed(0)} ns\n`,
  );
  console.log('| detector alone | ns above the engine |\n| --- | --- |');
  for (const { type, ns } of detectors) console.log(`| ${type} | ${ns.toFixed(0)} |`);
  process.exit(0);
}

const number = (n: number): string => n.toLocaleString('en');
const row = (what: string, figure: string, beside: string): void => console.log(`| ${what} | ${figure} | ${beside} |`);
/** What a busy machine hides: CPU time is much the same whoever else runs. `cores` that are free would carry this many a second. */
const cpuBeside = (micros: number, cores: number, parsePerSecond: number): string =>
  `${((micros * parsePerSecond) / 1e6).toFixed(1)} × JSON.parse alone; ${number(Math.round((cores * 1e6) / micros))}/s would fill ${cores === 1 ? 'one core' : `${cores} cores`}`;
const median = (sorted: readonly number[]): number => sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
const spread = (values_: readonly number[]): string => {
  const sorted = [...values_].sort((a, b) => a - b);
  return `median ${median(sorted)} ms, worst ${sorted.at(-1) ?? Number.NaN} ms of ${sorted.length}`;
};

const dir = await mkdtemp(join(tmpdir(), 'outrider-bench-'));
try {
  const corpus = await writeCorpus(join(dir, 'corpus.ndjson'), Number(values.entries));
  const entryBytes = Math.round(corpus.bytes / corpus.entries);
  console.log(
    `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.version}, ${number(corpus.entries)} entries of ${entryBytes} bytes\n`,
  );
  console.log('| what | figure | beside (same run) |\n| --- | --- | --- |');
  const parse = parseAlone(corpus);
  const socket = await socketAlone(corpus);
  const disk = diskAlone(join(dir, 'disk'));
  row('raw: JSON.parse alone, one core', `${number(parse)}/s`, '');
  row('raw: socket that counts lines', `${number(socket)}/s`, '');
  row('raw: 512 KiB writes with fdatasync', `${number(disk)} MB/s`, '');
  if (values.services) await benchServices(corpus, row, number);
  else await benchEmbedded(corpus, parse, entryBytes);
} finally {
  await rm(dir, { recursive: true, force: true });
}

async function benchEmbedded(corpus: CorpusFile, parse: number, entryBytes: number): Promise<void> {
  const reader = readerAlone(corpus);
  row(
    'collect: bytes to sanitised row, one core',
    `${number(reader)}/s`,
    `${((reader / parse) * 100).toFixed(0)} % of JSON.parse alone`,
  );
  const collect = await collectAlone(corpus, dir);
  row(
    'collect: TCP to durable bus',
    `${number(collect.entriesPerSecond)}/s`,
    `${((collect.entriesPerSecond / parse) * 100).toFixed(0)} % of JSON.parse alone, sender on the same cores`,
  );
  row('collect: CPU an entry, all threads', `${collect.cpuMicros} µs`, cpuBeside(collect.cpuMicros, 1, parse));
  const path = await wholePath(corpus);
  row(
    'whole path: TCP to stored, all detectors on',
    `${number(path.entriesPerSecond)}/s`,
    `${((path.entriesPerSecond / collect.entriesPerSecond) * 100).toFixed(0)} % of collect alone`,
  );
  row('whole path: CPU an event, all threads', `${path.cpuMicros} µs`, cpuBeside(path.cpuMicros, 2, parse));
  row('events stored', number(path.stored), `of ${number(corpus.entries)} sent`);
  row('bytes an event in ClickHouse', String(path.bytesPerEvent), `${entryBytes} bytes as Kong sent it`);
  row('peak memory of the process', `${number(path.peakMemoryMb)} MB`, 'PostgreSQL apart');
  row('cold start, empty data', `${number(path.coldStartMs)} ms`, '');
  const { toAlertMs, toBlockMs } = await latency(Number(values.rounds));
  row('completing event sent → alert readable', spread(toAlertMs), '');
  row(
    'completing event sent → block accepted by Kong',
    spread(toBlockMs),
    'Kong’s own propagation (0–5 s) comes on top',
  );
}
