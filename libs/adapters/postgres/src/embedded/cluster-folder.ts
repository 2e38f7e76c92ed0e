import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { CallerError } from '@outrider/platform/errors';
import { canEnter, obstacle, type Account } from './account.ts';

/** Holds `data` (PostgreSQL's), `password` and, where needed, `binaries`. */
export interface ClusterFolder {
  readonly path: string;
}

/** Only root writes below /var/lib, so nothing can have been planted there. */
const FALLBACK = '/var/lib/outrider';

/**
 * Where the database is kept. As root below a folder that PostgreSQL's user cannot enter (`/root/outrider/.outrider`), it is kept below
 * `fallbackDir` in a folder of its own, and the file `location` in `home` says where. A database that exists is never left behind in silence.
 */
export const locateCluster = (home: string, account: Account | undefined, fallbackDir = FALLBACK): ClusterFolder => {
  const location = join(home, 'location');
  if (existsSync(location)) return existing(readFileSync(location, 'utf8').trim(), location);
  const blockedBy = obstacle(join(home, 'data'), account);
  if (blockedBy === undefined) return { path: home };
  if (existsSync(join(home, 'data')))
    throw new CallerError(
      `the database in ${home} cannot be reached by ${account?.name ?? 'PostgreSQL'}, the user PostgreSQL runs as, since ${blockedBy} ` +
        `cannot be entered: run "chmod o+x ${blockedBy}", or move the data folder and set OUTRIDER_DATA`,
      'postgres-folder-closed',
    );
  return elsewhere(home, location, fallbackDir, account, blockedBy);
};

const existing = (path: string, location: string): ClusterFolder => {
  if (existsSync(path)) return { path };
  throw new CallerError(
    `the database of this data folder was kept in ${path}, which is gone: bring it back, or remove ${location} to begin with an empty one`,
    'postgres-folder-gone',
  );
};

const elsewhere = (
  home: string,
  location: string,
  fallbackDir: string,
  account: Account | undefined,
  blockedBy: string,
): ClusterFolder => {
  const path = join(fallbackDir, `postgres-${randomBytes(6).toString('hex')}`);
  try {
    makeEnterable(fallbackDir);
    assertOurs(fallbackDir);
    if (!canEnter(path, account)) throw new Error(`${fallbackDir} cannot be entered either`);
    makeEnterable(path);
    writeFileSync(join(path, 'owner'), `${home}\n`, { mode: 0o600 });
  } catch (error) {
    throw new CallerError(
      `PostgreSQL cannot keep its files in ${home}: ${account?.name ?? 'its user'}, the user it runs as, cannot enter ${blockedBy}; ` +
        `and it cannot keep them in ${fallbackDir} (${error instanceof Error ? error.message : String(error)}). ` +
        'Set OUTRIDER_DATA to a folder that other users may enter, e.g. /srv/outrider, or set DATABASE_URL',
      'postgres-folder-closed',
      400,
      { cause: error },
    );
  }
  writeDurably(location, `${path}\n`);
  return { path };
};

/** A folder that everybody may pass through and only we may list or change, whatever the umask; one that exists is left as it is. */
export const makeEnterable = (path: string): void => {
  if (existsSync(path)) return;
  mkdirSync(path, { recursive: true });
  chmodSync(path, 0o711);
};

/** A folder that others may write to, or that is a link, may be somebody's trap. */
const assertOurs = (path: string): void => {
  const { uid, mode } = lstatSync(path);
  if (!lstatSync(path).isDirectory() || uid !== process.getuid?.() || (mode & 0o022) !== 0)
    throw new Error(`${path} is not a folder that only root can write to`);
};

const writeDurably = (path: string, text: string): void => {
  const file = openSync(`${path}.new`, 'w', 0o600);
  writeSync(file, text);
  fsyncSync(file);
  closeSync(file);
  renameSync(`${path}.new`, path);
};
