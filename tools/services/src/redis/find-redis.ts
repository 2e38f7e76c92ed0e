import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../machine/cache-folder.ts';
import { apt, isDebian, withFreshLists } from '../machine/debian.ts';
import { findInPath } from '../machine/find-in-path.ts';
import { MissingEngineError } from '../machine/missing-engine.error.ts';
import { run } from '../machine/run.ts';

export interface RedisBinary {
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
}

const UNPACK_MS = 60_000;
const ADVICE = 'install it (Debian: apt-get install redis-server; macOS: brew install redis) or set REDIS_URL';

/** The one in PATH, else Debian's package unpacked into our cache: nothing is installed, so no server is started at boot either. */
export const findRedis = async (log: (line: string) => void): Promise<RedisBinary> => {
  const present = findInPath('redis-server');
  if (present !== undefined) return { path: present, env: {} };
  const folder = join(cacheFolder(), 'redis-debian');
  if (existsSync(folder)) return unpacked(folder);
  if (!isDebian()) throw new MissingEngineError(`there is no redis-server in PATH; ${ADVICE}`);
  log('downloading redis-server from the distribution …');
  await unpack(folder, await missingPackages());
  return unpacked(folder);
};

/** What apt would install, i.e. Redis and the libraries that this machine lacks. Asking needs no rights. */
const missingPackages = async (): Promise<string[]> => {
  let found: string[] = [];
  await withFreshLists(async () => {
    const answer = await apt(['-s', '--no-install-recommends', 'install', 'redis-server']);
    found = [...answer.text.matchAll(/^Inst (\S+)/gm)].map(([, name = '']) => name);
    return answer;
  });
  return [...new Set(['redis-server', 'redis-tools', ...found])];
};

export const unpack = async (folder: string, packages: readonly string[]): Promise<void> => {
  const nursery = `${folder}.${process.pid}.new`;
  const archives = join(nursery, 'archives');
  rmSync(nursery, { recursive: true, force: true });
  mkdirSync(archives, { recursive: true });
  try {
    // apt drops its rights for downloads when it can and only warns when it cannot
    await withFreshLists(() => apt(['download', ...packages], archives));
    for (const archive of readdirSync(archives)) {
      const { code, text } = await run('dpkg-deb', ['-x', join(archives, archive), nursery], UNPACK_MS);
      if (code !== 0) throw new MissingEngineError(`${archive} cannot be unpacked: ${text}`);
    }
    rmSync(archives, { recursive: true });
    if (!existsSync(folder)) renameSync(nursery, folder);
  } finally {
    rmSync(nursery, { recursive: true, force: true });
  }
};

const unpacked = async (folder: string): Promise<RedisBinary> => {
  const path = join(folder, 'usr', 'bin', 'redis-server');
  const libraries = ['usr/lib', 'lib'].flatMap((lib) => withTriplets(join(folder, lib)));
  const env = { LD_LIBRARY_PATH: libraries.join(':') };
  const { code, text } = await run(path, ['--version'], UNPACK_MS, { env }).catch((error: unknown) => ({
    code: -1,
    text: String(error),
  }));
  if (code === 0) return { path, env };
  rmSync(folder, { recursive: true, force: true });
  throw new MissingEngineError(`Debian's redis-server does not run here (${text.trim()}); ${ADVICE}`);
};

/** A library folder and those for one architecture in it, e.g. `x86_64-linux-gnu`. */
const withTriplets = (folder: string): string[] => {
  if (!existsSync(folder)) return [];
  const below = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [folder, ...below.map((entry) => join(folder, entry.name))];
};
