#!/usr/bin/env node
// What CI checks besides the tests. Each check is one command; the last line counts them.
import { spawnSync } from 'node:child_process';

const CHECKS = [
  ['format', 'npx', ['prettier', '--check', '--log-level', 'warn', '.']],
  ['types', process.execPath, ['node_modules/typescript-7/bin/tsc', '-b']],
  ['lint with boundaries', 'npx', ['nx', 'run-many', '-t', 'lint', '--output-style=static']],
  ['boundaries bite (canary)', process.execPath, ['tools/checks/boundary-canary.mjs']],
  ['documents', process.execPath, ['tools/checks/documents.mjs']],
  ['deployment files', process.execPath, ['tools/checks/deploy.mjs']],
  ['change fragments', process.execPath, ['tools/changelog.mjs', '--check']],
];

let failed = 0;
for (const [name, command, args] of CHECKS) {
  console.log(`\n--- ${name}`);
  const { status } = spawnSync(command, args, { stdio: 'inherit', env: { ...process.env, NX_DAEMON: 'false' } });
  if (status !== 0) {
    failed++;
    console.log(`FAILED: ${name}`);
  }
}
console.log(`\nverify: ${CHECKS.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
