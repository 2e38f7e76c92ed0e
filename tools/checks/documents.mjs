// Documents say what is true: links lead somewhere, settings are all named in .env.example with their defaults, nothing names this machine.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' })
  .trim()
  .split('\n')
  .filter((f) => existsSync(f));
const problems = [];

for (const file of tracked.filter((f) => f.endsWith('.md'))) {
  const text = readFileSync(file, 'utf8').replace(/```[\s\S]*?```/g, '');
  for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^(https?:|mailto:|#)/.test(target)) continue;
    if (!existsSync(join(dirname(file), target.split('#')[0])))
      problems.push(`${file}: link to ${target} leads nowhere`);
  }
  for (const [, path] of text.matchAll(/`((?:apps|libs|tools|docs|scenarios)\/[A-Za-z0-9_./-]+)`/g))
    if (!path.includes('*') && !path.includes('<') && !existsSync(path.replace(/\/$/, '')))
      problems.push(`${file}: ${path} does not exist`);
}

const example = existsSync('.env.example') ? readFileSync('.env.example', 'utf8') : '';
const documented = new Set([...example.matchAll(/^#?\s*([A-Z][A-Z0-9_]+)=/gm)].map(([, name]) => name));
const settings = new Set();
for (const file of tracked.filter((f) =>
  /^(apps\/[^/]+\/src\/config|libs\/wiring\/src\/settings\/[a-z-]+)\.ts$/.test(f),
))
  for (const [, name] of readFileSync(file, 'utf8').matchAll(/^\s+([A-Z][A-Z0-9_]+):/gm)) settings.add(name);
for (const name of settings) if (!documented.has(name)) problems.push(`.env.example does not name ${name}`);
for (const name of documented)
  if (!settings.has(name)) problems.push(`.env.example names ${name}, which no config schema knows`);

const lock = readFileSync('package-lock.json', 'utf8');
if (/"resolved": *"https?:/.test(lock)) problems.push('package-lock.json names a registry host');

for (const problem of problems) console.log(`FAIL ${problem}`);
console.log(
  `documents: ${problems.length === 0 ? 'all true' : `${problems.length} problems`} (${tracked.length} files, ${settings.size} settings)`,
);
process.exit(problems.length === 0 ? 0 : 1);
