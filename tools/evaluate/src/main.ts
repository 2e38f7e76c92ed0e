import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { availableParallelism } from 'node:os';
import { parseArgs, promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { worse } from './compare.ts';
import { Figures, figuresOf } from './figures.ts';
import { FULL_SEEDS, matrixOf, SMALL_SEEDS, type Run } from './matrix.ts';
import { reportOf } from './report.ts';
import { rocChart } from './roc-chart.ts';
import { abandon, evaluate, factOptions, type Result } from './run.ts';

const USAGE = `usage: npm run evaluate -- [options]

Makes labelled corpora, runs \`outrider analyze\` on each, and tells what was found, how fast, and what was told wrongly.
Writes docs/evaluation.md, docs/evaluation.json and docs/evaluation-roc.svg.
  --small          minutes: fixed seeds; writes nothing, and exits 1 when a detector's recall has fallen by more than 10 points or false
                   alarms have grown by more than half against docs/evaluation.json
  --seeds LIST     other seeds than ${FULL_SEEDS.join(',')}; prints the report and writes nothing, unless with --write
  --only NAME      only attacks of this name or type; prints the report and writes nothing
  --write          write the files for these --seeds
  --keep DIR       keep each corpus with its labels and alerts there
  --restart        another question: what an analyzer that begins in the middle of a week misses or tells wrongly, against one that saw it all;
                   through the live stage, seeds 41,42 unless --seeds; exits 1 when it tells more wrongly or less rightly
  --options JSON   with --restart: options of the detect stage, such as '{"maxReplayed":5000}'
  --jobs N         runs at a time; default the machine's cores, at most 2
  --help
`;
const PRETTIER = fileURLToPath(new URL('../../../node_modules/prettier/bin/prettier.cjs', import.meta.url));
const DOCS = fileURLToPath(new URL('../../../docs/', import.meta.url));
const Committed = z.object({ full: Figures, small: Figures });

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      small: { type: 'boolean', default: false },
      seeds: { type: 'string' },
      only: { type: 'string' },
      write: { type: 'boolean', default: false },
      keep: { type: 'string' },
      jobs: { type: 'string' },
      restart: { type: 'boolean', default: false },
      options: { type: 'string', default: '{}' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  if (values.restart) return restart(values.seeds?.split(',').map(seedOf) ?? [41, 42], values.only, values.options);
  const jobs = Number(values.jobs ?? Math.min(2, availableParallelism()));
  if (!Number.isInteger(jobs) || jobs < 1) throw new Error(`--jobs ${values.jobs}: a whole number above 0 is needed`);
  const facts = await factOptions();
  const asked = values.seeds?.split(',').map(seedOf);
  const run = (runs: readonly Run[]): Promise<Result[]> => evaluateAll(runs, jobs, values.keep, facts);
  const given = facts.map(([file]) => file);
  if (values.only !== undefined || (asked !== undefined && !values.write)) {
    const results = await run(matrixOf(asked ?? (values.small ? SMALL_SEEDS : FULL_SEEDS), values.small ? 'small' : 'full', values.only)); // prettier-ignore
    if (results.length === 0)
      throw new Error(`--only ${values.only}: no attack has this name or type; npm run corpus -- --list`);
    process.stdout.write(reportOf(figuresOf(results), results, given));
    return;
  }
  const small = await run(matrixOf(SMALL_SEEDS, 'small', undefined));
  if (values.small) await compare(small, given);
  else await write(await run(matrixOf(asked ?? FULL_SEEDS, 'full', undefined)), small, given);
};

/** Loaded only when asked for: it brings the live stage and its engines. */
const restart = async (seeds: readonly number[], only: string | undefined, options: string): Promise<void> => {
  const { restartReport, restartRuns, runRestart } = await import('./restart/restart-suite.ts');
  const results = [];
  for (const run of restartRuns(seeds)) {
    if (only !== undefined && !run.id.includes(only)) continue;
    results.push(await runRestart(run, JSON.parse(options)));
    process.stdout.write(restartReport(results.slice(-1)));
  }
  process.stdout.write(restartReport(results));
  const isWorse = results.some(({ unbroken, restarted }) => restarted.wrong.length > unbroken.wrong.length || restarted.told.size < unbroken.told.size); // prettier-ignore
  if (isWorse) process.exitCode = 1;
};

const compare = async (results: readonly Result[], given: readonly string[]): Promise<void> => {
  const now = figuresOf(results);
  process.stdout.write(reportOf(now, results, given));
  const path = join(DOCS, 'evaluation.json');
  if (!existsSync(path)) {
    console.error('nothing to compare with: docs/evaluation.json is missing');
    return;
  }
  const { small } = Committed.parse(JSON.parse(await readFile(path, 'utf8')));
  const found = worse(small, now);
  for (const sentence of found) console.error(`worse: ${sentence}`);
  if (found.length === 0) console.error('not worse than docs/evaluation.json');
  else process.exitCode = 1;
};

const write = async (full: readonly Result[], small: readonly Result[], given: readonly string[]): Promise<void> => {
  const figures = figuresOf(full);
  const files = ['evaluation.md', 'evaluation.json', 'evaluation-roc.svg'].map((name) => join(DOCS, name));
  const texts = [
    reportOf(figures, full, given),
    `${JSON.stringify({ full: figures, small: figuresOf(small) }, undefined, 2)}\n`,
    rocChart(figures),
  ];
  for (const [i, file] of files.entries()) await writeFile(file, texts[i] ?? '');
  await promisify(execFile)(process.execPath, [PRETTIER, '--write', ...files.slice(0, 2)]);
  process.stdout.write(reportOf(figures, full, given));
};

/** Several at a time, the largest first; a line for each as it ends. */
const evaluateAll = async (
  runs: readonly Run[],
  jobs: number,
  keep: string | undefined,
  facts: Awaited<ReturnType<typeof factOptions>>,
): Promise<Result[]> => {
  const weight = (run: Run): number => run.days * run.consumers * run.scale + 40;
  const queue = [...runs].sort((a, b) => weight(b) - weight(a));
  const total = queue.reduce((all, run) => all + weight(run), 0);
  const results: Result[] = [];
  const began = performance.now();
  let done = 0;
  const work = async (): Promise<void> => {
    for (let run = queue.shift(); run !== undefined; run = queue.shift()) {
      const result = await twice(run, () => evaluate(run, keep, facts));
      results.push(result);
      done += weight(run);
      const seconds = (performance.now() - began) / 1000;
      const left = Math.ceil((seconds / done) * (total - done));
      const { detections, wrong } = result.matched;
      const told = detections.filter((one) => one.alert !== undefined).length;
      console.error(`[${results.length}/${runs.length}] ${run.id}: ${told} of ${detections.length} told, ${wrong.length} false, ${result.tally.entries} entries at ${Math.round(result.tally.entries / result.tally.seconds)}/s; ${left} s left`); // prettier-ignore
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  const order = new Map(runs.map((run, i) => [run.id, i]));
  return results.sort((a, b) => (order.get(a.run.id) ?? 0) - (order.get(b.run.id) ?? 0));
};

/** One corpus of many may fail for want of memory or a busy machine; the second time it counts. */
const twice = async (run: Run, attempt: () => Promise<Result>): Promise<Result> => {
  try {
    return await attempt();
  } catch (error) {
    console.error(`${run.id} is tried again: ${error instanceof Error ? error.message : String(error)}`);
    return attempt();
  }
};

const seedOf = (text: string): number => {
  const seed = Number(text);
  if (!Number.isInteger(seed) || seed < 1) throw new Error(`--seeds ${text}: whole numbers above 0 are needed`);
  return seed;
};

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    abandon();
    process.exit(130);
  });

await main().catch((error: unknown) => {
  console.error(`evaluate: ${error instanceof Error ? error.message : String(error)}`);
  abandon();
  process.exit(2);
});
