#!/usr/bin/env node
// Writes docs/detections from the detectors' own pages and the rules folder; `--check` says what is stale or missing instead.
import { existsSync, readdirSync, readFileSync, rmSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { ATTACKS } from '@outrider/corpus/attacks/catalogue';
import { HABITS } from '@outrider/corpus/habits/actor';
import { EVENTS } from '@outrider/corpus/mood';
import { CATALOGUE } from '@outrider/detect/detectors/catalogue';
import { BENIGN_CHANGES, HOSTILE_CHANGES } from '@outrider/detect/gateway-watch/testing/gateway-scenarios';
import { allPages } from '@outrider/detect/pages/all-pages';
import { catalogueProblems, ruleProblems, tuningProblem } from '@outrider/detect/pages/page-problems';
import { RuleFolder } from '@outrider/detect/rules/rule-folder';
import { DetectSettings } from '@outrider/detect/settings';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const target = join(root, 'docs/detections');
const detectors = join(root, 'libs/flow/detect/src/detectors');
const check = process.argv.includes('--check');

const sourceOf = (type) => {
  const dir = join(detectors, type);
  if (!existsSync(dir)) return '';
  return readdirSync(dir, { recursive: true })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
    .map((file) => readFileSync(join(dir, file), 'utf8'))
    .join('\n');
};

const { rules, problems: broken } = await RuleFolder.read(join(root, 'rules'));
const problems = [
  ...broken.map(({ file, line, message }) => `rules/${file}:${line}: ${message}`),
  ...catalogueProblems(CATALOGUE, {
    attacks: new Set(Object.keys(ATTACKS)),
    benign: new Set([...EVENTS, ...HABITS, 'none']),
    gateway: { attacks: new Set(Object.keys(HOSTILE_CHANGES)), benign: new Set(Object.keys(BENIGN_CHANGES)) },
  }),
  ...CATALOGUE.flatMap((definition) => tuningProblem(definition, sourceOf(definition.type)) ?? []),
  ...ruleProblems(rules),
];

const style = await resolveConfig(join(target, 'index.md'));
const pages = new Map();
for (const [file, text] of allPages({ catalogue: CATALOGUE, settings: DetectSettings.parse({}), rules, sourceOf }))
  pages.set(file, await format(text, { ...style, parser: 'markdown' }));

mkdirSync(target, { recursive: true });
const left = readdirSync(target).filter((file) => file.endsWith('.md') && !pages.has(file));
if (check) {
  for (const [file, text] of pages) {
    const path = join(target, file);
    if (!existsSync(path) || readFileSync(path, 'utf8') !== text) problems.push(`docs/detections/${file} is stale`);
  }
  for (const file of left) problems.push(`docs/detections/${file} is about nothing that there is`);
} else {
  for (const [file, text] of pages) writeFileSync(join(target, file), text);
  for (const file of left) rmSync(join(target, file));
}

for (const problem of problems) console.log(problem);
console.log(
  `${CATALOGUE.length} detectors, ${rules.length} rules, ${problems.length} problems${check ? (problems.length > 0 ? '; npm run detections writes the pages' : '') : `; ${pages.size} pages written`}`,
);
if (problems.length > 0) process.exitCode = 1;
