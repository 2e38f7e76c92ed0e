// Programs of other ecosystems that a check can use when they are at hand: from PATH, or built once from the Go module proxy, or out of a
// Debian package. Kept in node_modules/.outrider/tools. A check says which it had; without them it checks less, and says that too.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './json-schema.mjs';

const DIR = join(root, 'node_modules/.outrider/tools');
const BUILD_MS = 600_000;

const works = (command, args) => spawnSync(command, args, { stdio: 'ignore', timeout: 60_000 }).status === 0;

/** A Go program at a fixed version; undefined when Go or the module cannot be had. */
export const goTool = (name, source, probe) => {
  if (works(name, probe)) return name;
  const [path, version] = source.split('@');
  const kept = join(DIR, `${name}-${version}`);
  if (existsSync(kept)) return kept;
  if (!works('go', ['version'])) return undefined;
  mkdirSync(DIR, { recursive: true });
  const bin = mkdtempSync(join(DIR, 'build-'));
  try {
    console.log(`note building ${name} ${version} with Go (once, up to two minutes)`);
    const env = { ...process.env, GOBIN: bin, GOFLAGS: '-mod=mod' };
    const built = spawnSync('go', ['install', source], {
      cwd: bin,
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: BUILD_MS,
    });
    const [made] = readdirSync(bin);
    if (built.status !== 0 || made === undefined) {
      console.log(`note ${path} could not be built: ${String(built.stderr).trim().split('\n').at(-1)}`);
      return undefined;
    }
    renameSync(join(bin, made), kept);
    return kept;
  } finally {
    rmSync(bin, { recursive: true, force: true });
  }
};

/** A program inside a Debian package, unpacked without installing it; undefined where there is no apt. */
export const debianTool = (name, debianPackage, path, probe) => {
  if (works(name, probe)) return name;
  const kept = join(DIR, debianPackage, path);
  if (existsSync(kept)) return kept;
  mkdirSync(DIR, { recursive: true });
  const dir = mkdtempSync(join(DIR, 'deb-'));
  try {
    const download = () =>
      spawnSync('apt-get', ['download', debianPackage], { cwd: dir, stdio: 'ignore', timeout: BUILD_MS }).status === 0;
    if (!download()) {
      spawnSync('apt-get', ['update'], { stdio: 'ignore', timeout: BUILD_MS });
      if (!download()) return undefined;
    }
    const [file] = readdirSync(dir);
    if (file === undefined || !works('dpkg-deb', ['-x', join(dir, file), join(dir, 'out')])) return undefined;
    rmSync(join(DIR, debianPackage), { recursive: true, force: true });
    renameSync(join(dir, 'out'), join(DIR, debianPackage));
    return existsSync(kept) ? kept : undefined;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
};
