import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CallerError } from '@outrider/platform/errors';

/** The user that PostgreSQL runs as; undefined = whoever we are (we are not root). */
export interface Account {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
}

const CANDIDATES = ['postgres', 'nobody'];

/** PostgreSQL refuses to run as root: there, the owner of the database that exists, else a user without rights. */
export const chooseAccount = (home: string, wanted: string | undefined): Account | undefined => {
  if (process.getuid?.() !== 0) return undefined;
  const owner = ownerOfData(home);
  if (owner) return owner;
  for (const name of wanted === undefined ? CANDIDATES : [wanted]) {
    const account = lookUp(name);
    if (account && account.uid !== 0) return account;
  }
  throw new CallerError(
    `PostgreSQL does not run as root, and there is no user ${wanted ?? CANDIDATES.join(' or ')} to run it as: ` +
      'start Outrider as another user, add the user, or set DATABASE_URL',
    'postgres-no-account',
  );
};

/** Whether `account` may pass through every folder above `path`. Undefined accounts are ourselves: they made the path. */
export const canEnter = (path: string, account: Account | undefined): boolean => obstacle(path, account) === undefined;

/** The first folder above `path` (or above what it links to) that `account` may not pass through. */
export const obstacle = (path: string, account: Account | undefined): string | undefined => {
  if (!account) return undefined;
  const real = existsSync(path) ? realpathSync(path) : path;
  for (let folder = dirname(real); ; folder = dirname(folder)) {
    const { mode, uid, gid } = statSync(folder);
    const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return folder;
    if (folder === dirname(folder)) return undefined;
  }
};

const ownerOfData = (home: string): Account | undefined => {
  const location = join(home, 'location');
  const folder = existsSync(location) ? readFileSync(location, 'utf8').trim() : home;
  const data = join(folder, 'data');
  if (!existsSync(data)) return undefined;
  const { uid, gid } = statSync(data);
  return uid === 0 ? undefined : { uid, gid, name: `user ${uid}` };
};

const lookUp = (name: string): Account | undefined => {
  try {
    return { uid: idOf('-u', name), gid: idOf('-g', name), name };
  } catch {
    return undefined; // no such user
  }
};

const idOf = (flag: string, name: string): number =>
  Number(execFileSync('id', [flag, '--', name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
