// Proves that the boundary rule bites: writes imports that are forbidden and expects the linter's error for each.
// Without this, a missing project graph or a mistyped tag would switch the rule off in silence.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const KNOWN = ['app', 'flow', 'adapter', 'port', 'contract', 'domain', 'platform', 'testing', 'tool', 'wiring', 'web'];
const FORBIDDEN = [
  ['libs/flow/collect', "import '@outrider/detect/detect.module';", 'another stage'],
  ['libs/flow/detect', "import '@outrider/clickhouse/open-clickhouse';", 'an adapter from a stage'],
  ['libs/flow/respond', "import 'kafkajs';", 'a driver from a stage'],
  ['libs/adapters/kong', "import '@outrider/postgres/open-postgres';", 'another adapter'],
  ['libs/domain', "import '@outrider/ports/clock';", 'a port from the domain'],
  ['libs/platform', "import '@outrider/domain/assert-never';", 'the domain from the platform'],
  [
    'libs/flow/serve',
    "export const x = process.env['PATH'];\nexport const y = process.env.PATH;",
    'the environment outside config.ts',
  ],
];

let failed = 0;
const check = (name, ok, detail = '') => {
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${name}${ok ? '' : `\n${detail}`}`);
  if (!ok) failed++;
};

const projects = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', '--', '*/package.json'],
  { encoding: 'utf8' },
)
  .trim()
  .split('\n');
for (const file of projects) {
  const tags = JSON.parse(readFileSync(file, 'utf8')).nx?.tags ?? [];
  const types = tags.filter((tag) => tag.startsWith('type:'));
  check(
    `${file} has one known type tag`,
    types.length === 1 && KNOWN.includes(types[0].slice(5)),
    `tags: ${tags.join(', ')}`,
  );
}

for (const [project, source, what] of FORBIDDEN) {
  const file = join(project, 'src', 'boundary-canary.ts');
  writeFileSync(file, `${source}\n`);
  try {
    const result = spawnSync('npx', ['eslint', '--no-warn-ignored', 'src/boundary-canary.ts'], {
      cwd: project,
      encoding: 'utf8',
    });
    const caught =
      /enforce-module-boundaries|no-restricted-syntax/.test(result.stdout) &&
      !/rule will be skipped/.test(result.stdout + result.stderr);
    check(`${project} may not import ${what}`, result.status === 1 && caught, result.stdout + result.stderr);
  } finally {
    rmSync(file, { force: true });
  }
}
console.log(`${FORBIDDEN.length + projects.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
