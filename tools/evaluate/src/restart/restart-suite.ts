import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ATTACKS } from '@outrider/corpus/attacks/catalogue';
import type { Label } from '@outrider/corpus/corpus';
import type { DetectOptions } from '@outrider/detect/detect-options';
import type * as z from 'zod';
import { readCorpus } from './read-corpus.ts';
import { liveRun, type Outcome } from './restart-run.ts';

const CORPUS = fileURLToPath(new URL('../../../corpus/dist/main.js', import.meta.url));
const DAY_MS = 86_400_000;
const DAYS = 8;
/** Part of the estate's life that the first analyzer sees. */
const CUT = 0.6;

export interface RestartRun {
  readonly id: string;
  readonly seed: number;
  readonly attacks: readonly string[];
  readonly consumers: number;
  readonly scale: number;
}

export interface RestartResult {
  readonly run: RestartRun;
  readonly events: number;
  readonly unbroken: Outcome;
  readonly restarted: Outcome;
}

/** Benign life and, beside it, attacks that the history of a week is enough for and that need no facts. */
export const restartRuns = (seeds: readonly number[]): RestartRun[] => {
  const fitting = Object.entries(ATTACKS).flatMap(([name, { days = 0, needs }]) =>
    days <= 6 && needs === undefined ? [name] : [],
  );
  const half = Math.ceil(fitting.length / 2);
  return seeds.flatMap((seed) => [
    { id: `benign-seed${seed}`, seed, attacks: [], consumers: 40, scale: 0.7 },
    ...[fitting.slice(0, half), fitting.slice(half)].map((attacks, i) => ({
      ...{ id: `attacks-${i + 1}-seed${seed}`, seed: seed * 10 + i, attacks, consumers: 30, scale: 0.5 },
    })),
  ]);
};

/** One corpus, twice through the live stage: with one process, and with another one from the cut on. */
export const runRestart = async (run: RestartRun, options: z.input<typeof DetectOptions>): Promise<RestartResult> => {
  const dir = await mkdtemp(join(tmpdir(), 'outrider-restart-'));
  try {
    const [log, labels] = [join(dir, 'kong.ndjson'), join(dir, 'labels.json')];
    const args = { out: log, labels, seed: run.seed, days: DAYS, consumers: run.consumers, scale: run.scale, attacks: run.attacks.join(',') || 'none' }; // prettier-ignore
    await promisify(execFile)(process.execPath, [
      CORPUS,
      ...Object.entries(args).flatMap(([name, value]) => [`--${name}`, `${value}`]),
    ]);
    const folder = async (name: string): Promise<string> => {
      const made = join(dir, name);
      await mkdir(made);
      return made;
    };
    const events = await readCorpus(log, await folder('corpus'));
    const first = events[0]?.receivedAt ?? 0;
    const plan = {
      ...{ events, options, cutAt: first + CUT * DAYS * DAY_MS },
      labels: asLabels(JSON.parse(await readFile(labels, 'utf8'))),
    };
    const unbroken = await liveRun(plan, false, await folder('unbroken'));
    const restarted = await liveRun(plan, true, await folder('restarted'));
    return { run, events: events.length, unbroken, restarted };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
};

/** The file was written a moment ago by our own generator. */
const asLabels = (value: unknown): Label[] => value as Label[];

/** What the restart changed, as a table and a list. */
export const restartReport = (results: readonly RestartResult[]): string => {
  const rows = results.map(
    ({ run, events, unbroken: one, restarted: two }) =>
    [run.id, events, `${one.told.size} → ${two.told.size}`, `${one.wrong.length} → ${two.wrong.length}`, Math.round(two.readyMs), two.relearned, Math.round((two.relearned / Math.max(1, two.readyMs)) * 1000)].join(' | '), // prettier-ignore
  );
  const lines = results.flatMap(({ run, unbroken, restarted }) => [
    ...[...unbroken.told].filter((name) => !restarted.told.has(name)).map((name) => `${run.id}: ${name} is no longer told`), // prettier-ignore
    ...[...restarted.told].filter((name) => !unbroken.told.has(name)).map((name) => `${run.id}: ${name} is told only after the restart`), // prettier-ignore
    ...newIn(unbroken, restarted).map((one) => `${run.id}: new false alarm ${one}`),
    ...newIn(restarted, unbroken).map((one) => `${run.id}: false alarm gone ${one}`),
  ]);
  return [
    'run | events | attacks told after the cut, without → with restart | false alarms | ready after ms | events relearned | events/s',
    '--- | --- | --- | --- | --- | --- | ---',
    ...rows,
    '',
    ...lines,
    '',
  ].join('\n');
};

const newIn = (before: Outcome, after: Outcome): string[] => {
  const key = ({ type, entity }: Outcome['wrong'][number]): string => `${type} on ${entity.kind} ${entity.name}`;
  const known = new Set(before.wrong.map(key));
  return after.wrong.flatMap((one) =>
    known.has(key(one)) ? [] : [`${key(one)} at ${new Date(one.detectedAt).toISOString()}: ${one.explanation}`],
  );
};
