import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { STRENGTHS, type Strength } from './attacks/attack.ts';
import { ATTACKS } from './attacks/catalogue.ts';
import { Corpus } from './corpus.ts';
import { EVENTS, type EventName } from './mood.ts';
import { DAY } from './time.ts';
import { documentOf } from './world/openapi.ts';

const USAGE = `usage: npm run corpus -- [options]

Writes a labelled estate as Kong log entries: NDJSON, in order of their end, as Kong sends them. The same options give the same bytes.
  --out FILE         default standard output
  --labels FILE      what a detector must say, as JSON
  --seed N           default 1: another business, API, people, habits, addresses and tools
  --days N           default 1; fractions are fine, months too
  --consumers N      default 40
  --scale N          default 1: multiplies everybody's requests
  --from ISO         default 2026-09-07T00:00:00Z, a Monday
  --profile LIST     what happens to the estate, all of it benign: all, none, or names of
                     ${EVENTS.slice(0, 11).join(', ')},
                     ${EVENTS.slice(11).join(', ')}; default all
                     (all is without the last two; keyless: upstreams check the tokens and Kong knows no consumers;
                     dst moves the beginning so that the clocks change in the middle)
  --attacks LIST     all, none, or names of the list below; default none
                     all leaves out what needs more history than there are days
  --strength S       ${STRENGTHS.join(', ')} or mixed; default mixed
  --facts            also write addresses.csv, threats.txt and openapi.json beside --out
  --list             the attacks, one a line: name, the type it should raise, days of history it needs
  --help
`;

const main = (): void => {
  const { values } = parseArgs({
    options: {
      out: { type: 'string' },
      labels: { type: 'string' },
      days: { type: 'string', default: '1' },
      consumers: { type: 'string', default: '40' },
      scale: { type: 'string', default: '1' },
      attacks: { type: 'string', default: 'none' },
      strength: { type: 'string', default: 'mixed' },
      profile: { type: 'string', default: 'all' },
      seed: { type: 'string', default: '1' },
      from: { type: 'string', default: '2026-09-07T00:00:00Z' },
      facts: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) process.stdout.write(USAGE);
  else if (values.list)
    for (const [name, one] of Object.entries(ATTACKS))
      console.log([name, one.type, one.days ?? 0, one.needs ?? ''].join('\t'));
  else {
    const days = numberOf('days', values.days);
    const events = eventsOf(values.profile);
    const corpus = new Corpus({
      seed: numberOf('seed', values.seed),
      from:
        events.has('dst') && days >= 5 ? Date.parse('2026-10-25T01:00:00Z') - (days / 2) * DAY : startOf(values.from),
      days,
      consumers: numberOf('consumers', values.consumers),
      scale: numberOf('scale', values.scale),
      events,
      attacks: attacksOf(values.attacks, days),
      strength: strengthOf(values.strength),
    });
    const entries = write(corpus, values.out);
    const labels = corpus.labels();
    if (values.labels !== undefined) writeFileSync(values.labels, `${JSON.stringify(labels)}\n`);
    if (values.facts && values.out !== undefined) writeFacts(corpus, dirname(values.out));
    console.error(`${entries} entries, ${labels.length} attacks`);
  }
};

/** Synchronous: a corpus is one stream of numbers, and nothing else runs in this process. */
const write = (corpus: Corpus, out: string | undefined): number => {
  const file = out === undefined ? 1 : openSync(out, 'w');
  let chunk: string[] = [];
  let entries = 0;
  const flush = (): void => {
    writeAll(file, Buffer.from(chunk.join('')));
    chunk = [];
  };
  for (const { entry } of corpus.entries()) {
    chunk.push(JSON.stringify(entry), '\n');
    if (++entries % 2000 === 0) flush();
    if (entries % 200_000 === 0) console.error(`${entries} entries …`);
  }
  flush();
  if (out !== undefined) closeSync(file);
  return entries;
};

const writeAll = (file: number, bytes: Buffer): void => {
  for (let done = 0; done < bytes.length;) {
    try {
      done += writeSync(file, bytes, done);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error; // a pipe that is full
    }
  }
};

const writeFacts = (corpus: Corpus, dir: string): void => {
  const { internet } = corpus.world;
  writeFileSync(join(dir, 'addresses.csv'), internet.csv());
  const tor = internet.networks.filter((one) => one.kind === 'tor').map((one) => one.cidr);
  writeFileSync(join(dir, 'threats.txt'), `# exits of the estate's Tor\n${tor.join('\n')}\n`);
  writeFileSync(join(dir, 'openapi.json'), `${JSON.stringify(documentOf(corpus.world), undefined, 1)}\n`);
};

const numberOf = (name: string, text: string): number => {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new Error(`--${name} ${text}: a number above 0 is needed`);
  return value;
};
const startOf = (text: string): number => {
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new Error(`--from ${text}: not a time of ISO 8601`);
  return at;
};
const eventsOf = (text: string): ReadonlySet<EventName> => {
  if (text === 'none') return new Set();
  if (text === 'all') return new Set(EVENTS.filter((event) => event !== 'dst' && event !== 'keyless'));
  return new Set(
    text.split(',').map((name) => {
      const found = EVENTS.find((event) => event === name);
      if (found === undefined) throw new Error(`--profile ${name}: unknown; known: ${EVENTS.join(', ')}`);
      return found;
    }),
  );
};
const attacksOf = (text: string, days: number): string[] => {
  if (text === 'none') return [];
  if (text === 'all')
    return Object.entries(ATTACKS).flatMap(([name, one]) => ((one.days ?? 0) < days * 0.95 ? [name] : []));
  return text.split(',').map((name) => {
    if (!Object.hasOwn(ATTACKS, name)) throw new Error(`--attacks ${name}: unknown; see --list`);
    return name;
  });
};
const strengthOf = (text: string): Strength | 'mixed' => {
  if (text === 'mixed') return text;
  const found = STRENGTHS.find((one) => one === text);
  if (found === undefined) throw new Error(`--strength ${text}: ${STRENGTHS.join(', ')} or mixed`);
  return found;
};

try {
  main();
} catch (error) {
  console.error(`corpus: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
