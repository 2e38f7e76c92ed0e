import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CallerError } from '@outrider/platform/errors';
import type { ClusterFolder } from './cluster-folder.ts';

/** The superuser's password: made once, in a file of mode 0600. */
export const keepPassword = (folder: ClusterFolder): string => {
  const file = join(folder.path, 'password');
  if (!existsSync(file)) {
    if (existsSync(join(folder.path, 'data')))
      throw new CallerError(
        `the database in ${folder.path} exists but its file "password" is gone: bring it back`,
        'postgres-no-password',
      );
    write(file);
  }
  const password = readFileSync(file, 'utf8').trim();
  if (password === '') throw new CallerError(`${file} is empty`, 'postgres-no-password');
  return password;
};

/** Whole or not at all; another process may be first, then its password counts. */
const write = (file: string): void => {
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600, flush: true });
  try {
    linkSync(temporary, file);
  } catch (error) {
    if (!existsSync(file)) throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
};
