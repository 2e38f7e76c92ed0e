#!/usr/bin/env node
// Turns the fragments in changes.d/ into a section of CHANGELOG.md: node tools/changelog.mjs <version> [--check]
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const KINDS = { breaking: 'Breaking', security: 'Security', feature: 'Features', fix: 'Fixes' };
const [version = '', flag] = process.argv.slice(2);
const dir = 'changes.d';
const fragments = readdirSync(dir).filter((file) => file.endsWith('.md'));
const wrong = fragments.filter((file) => !(file.split('.').at(-2) in KINDS));
if (wrong.length > 0) {
  console.error(`Name fragments <name>.<${Object.keys(KINDS).join('|')}>.md: ${wrong.join(', ')}`);
  process.exit(1);
}
if (version === '--check' || flag === '--check') process.exit(0);
if (!/^\d+\.\d+\.\d+$/.test(version)) {
  console.error('usage: node tools/changelog.mjs <version>, e.g. 0.2.0; or --check');
  process.exit(1);
}
const sections = Object.entries(KINDS).flatMap(([kind, title]) => {
  const lines = fragments
    .filter((file) => file.split('.').at(-2) === kind)
    .map((file) => `- ${readFileSync(join(dir, file), 'utf8').trim()}`);
  return lines.length === 0 ? [] : [`### ${title}\n\n${lines.join('\n')}\n`];
});
const old = readFileSync('CHANGELOG.md', 'utf8');
const at = old.indexOf('\n## ');
const head = at === -1 ? old.trimEnd() : old.slice(0, at).trimEnd();
const tail = at === -1 ? '' : old.slice(at);
writeFileSync('CHANGELOG.md', `${head}\n\n## ${version}\n\n${sections.join('\n')}${tail}`);
for (const file of fragments) rmSync(join(dir, file));
