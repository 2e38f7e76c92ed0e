import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Label } from '@outrider/corpus/corpus';
import { AlertLine, Tally } from './alert-line.ts';
import { match, type Matched } from './match.ts';
import type { Run } from './matrix.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const CORPUS = join(ROOT, 'tools/corpus/dist/main.js');
const OUTRIDER = join(ROOT, 'apps/outrider/bin/outrider.mjs');

export interface Result {
  readonly run: Run;
  readonly matched: Matched;
  readonly alerts: readonly AlertLine[];
  readonly tally: Tally;
}

/** Options of analyze that take facts about addresses and the API, where this build of it has them. */
const FACTS = [
  [
    'addresses.csv',
    ['--geoip-files', '--geoip', '--addresses', '--address-facts', '--address-table', '--networks', '--geo'],
  ],
  ['threats.txt', ['--threats', '--threat-lists', '--threat-list']],
  ['openapi.json', ['--openapi', '--openapi-documents', '--specs', '--spec']],
] as const;

export const factOptions = async (): Promise<readonly (readonly [file: string, option: string])[]> => {
  const { stdout } = await promisify(execFile)(process.execPath, [OUTRIDER, 'analyze', '--help']);
  return FACTS.flatMap(([file, options]) => {
    const found = options.find((option) => new RegExp(`${option}[ ,=]`).test(stdout));
    return found === undefined ? [] : [[file, found] as const];
  });
};

const open = { dirs: new Set<string>(), children: new Set<ChildProcess>() };

/** Ends what is under way and leaves nothing behind: for a run that is interrupted. */
export const abandon = (): void => {
  for (const child of open.children) child.kill();
  for (const dir of open.dirs) rmSync(dir, { recursive: true, force: true });
};

/** Makes the corpus, runs `outrider analyze` on it as a user would, and compares. */
export const evaluate = async (
  run: Run,
  keep: string | undefined,
  facts: Awaited<ReturnType<typeof factOptions>>,
): Promise<Result> => {
  const dir = keep === undefined ? await mkdtemp(join(tmpdir(), 'outrider-evaluate-')) : join(keep, run.id);
  if (keep === undefined) open.dirs.add(dir);
  await mkdir(dir, { recursive: true });
  try {
    const log = join(dir, 'kong.ndjson');
    const labels = join(dir, 'labels.json');
    const attacks = run.attacks.length === 0 ? 'none' : run.attacks.join(',');
    await capture([CORPUS, '--out', log, '--labels', labels, '--facts', '--seed', run.seed, '--days', run.days, '--consumers', run.consumers, '--scale', run.scale, '--profile', run.profile, '--attacks', attacks, '--strength', run.strength]); // prettier-ignore
    const options = facts.flatMap(([file, option]) => [option, join(dir, file)]);
    const done = await capture([OUTRIDER, 'analyze', '--format', 'ndjson', '--no-progress', ...options, log]);
    if (keep !== undefined) await writeFile(join(dir, 'alerts.ndjson'), done.stdout);
    const alerts = done.stdout.split('\n').flatMap((line) => (line === '' ? [] : [AlertLine.parse(JSON.parse(line))]));
    const tally = Tally.parse(JSON.parse(lastLine(done.stderr)));
    return { run, alerts, tally, matched: match(asLabels(JSON.parse(await readFile(labels, 'utf8'))), alerts) };
  } catch (error) {
    throw new Error(`${run.id}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  } finally {
    if (keep === undefined) {
      await rm(dir, { recursive: true, force: true });
      open.dirs.delete(dir);
    }
  }
};

/** The file was written a moment ago by our own generator. */
const asLabels = (value: unknown): Label[] => value as Label[];

const lastLine = (text: string): string => text.trimEnd().split('\n').at(-1) ?? '';

const capture = (args: readonly (string | number)[]): Promise<{ stdout: string; stderr: string }> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args.map(String), { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    open.children.add(child);
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      open.children.delete(child);
      const stderr = Buffer.concat(err).toString();
      if (code === 0) resolve({ stdout: Buffer.concat(out).toString(), stderr });
      else reject(new Error(`${args[0]} ended with ${code}: ${stderr.slice(-2000)}`));
    });
  });
