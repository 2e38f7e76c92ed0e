#!/usr/bin/env node
// Everything that can be known of the deployment files without running them: each check alone is `node tools/checks/<name>.mjs`.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const CHECKS = ['compose', 'deck', 'image', 'helm', 'monitoring'];
let failed = 0;
for (const name of CHECKS) {
  console.log(`\n--- ${name}`);
  const file = fileURLToPath(new URL(`${name}.mjs`, import.meta.url));
  const { status } = spawnSync(process.execPath, [file], { stdio: 'inherit', timeout: 1_500_000 });
  if (status !== 0) failed++;
}
console.log(`\ndeploy: ${CHECKS.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
