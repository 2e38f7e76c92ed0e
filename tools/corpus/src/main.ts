import { createWriteStream, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { entryOf } from './entry.ts';
import { ATTACKS, estate, type AttackName } from './estate.ts';
import { Random } from './random.ts';

const USAGE = `usage: npm run corpus -- [options]

Writes a labelled estate as Kong log entries (NDJSON, in order of their end, as Kong sends them).
  --out FILE        default standard output
  --labels FILE     what a detector must name, as JSON
  --days N          default 1; fractions are fine
  --consumers N     default 40
  --attacks LIST    comma-separated of ${ATTACKS.join(', ')}; or none; default spike,keys,scan
  --spike-rate N    requests a second of the planted spike; default 40
  --seed N          default 1
  --from ISO        default 2026-11-02T00:00:00Z (a Monday)
  --help
`;

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      out: { type: 'string' },
      labels: { type: 'string' },
      days: { type: 'string', default: '1' },
      consumers: { type: 'string', default: '40' },
      attacks: { type: 'string', default: 'spike,keys,scan' },
      'spike-rate': { type: 'string', default: '40' },
      seed: { type: 'string', default: '1' },
      from: { type: 'string', default: '2026-11-02T00:00:00Z' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const attacks = values.attacks === 'none' ? [] : values.attacks.split(',').map(attackName);
  const random = new Random(Number(values.seed));
  const made = estate(random, {
    from: Date.parse(values.from),
    days: Number(values.days),
    consumers: Number(values.consumers),
    attacks,
    spikeRate: Number(values['spike-rate']),
  });
  made.calls.sort((a, b) => a.at + a.latencyMs - (b.at + b.latencyMs));
  if (values.labels !== undefined) writeFileSync(values.labels, `${JSON.stringify(made.labels, undefined, 2)}\n`);
  const out = values.out === undefined ? process.stdout : createWriteStream(values.out);
  let chunk = '';
  for (const call of made.calls) {
    chunk += `${JSON.stringify(entryOf(call, random))}\n`;
    if (chunk.length > 1_000_000) {
      if (!out.write(chunk)) await once(out, 'drain');
      chunk = '';
    }
  }
  out.write(chunk);
  console.error(`${made.calls.length} entries, ${made.labels.length} attacks`);
};

const attackName = (name: string): AttackName => {
  const known = ATTACKS.find((attack) => attack === name);
  if (known === undefined) throw new Error(`unknown attack ${name}; known: ${ATTACKS.join(', ')}`);
  return known;
};

await main().catch((error: unknown) => {
  console.error(`corpus: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
