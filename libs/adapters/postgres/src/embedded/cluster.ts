import { spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CallerError, TransientError } from '@outrider/platform/errors';
import type { Account } from './account.ts';
import type { Binaries } from './binaries.ts';
import type { ClusterFolder } from './cluster-folder.ts';

export interface ClusterOptions {
  readonly folder: ClusterFolder;
  readonly binaries: Binaries;
  readonly account: Account | undefined;
  readonly password: string;
  readonly superuser: string;
}

/** Makes the database cluster if there is none. It appears under `data` whole or not at all. */
export const initialise = async (options: ClusterOptions): Promise<void> => {
  const { folder, binaries, account, password, superuser } = options;
  const data = join(folder.path, 'data');
  if (existsSync(data)) return assertVersion(data, binaries);
  const nursery = join(folder.path, 'data.new');
  rmSync(nursery, { recursive: true, force: true });
  mkdirSync(nursery, { mode: 0o700 });
  const passwordFile = join(folder.path, 'password.init');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (account) for (const path of [nursery, passwordFile]) chownSync(path, account.uid, account.gid);
  try {
    await run(binaries.initdb, initArguments(nursery, passwordFile, superuser), account);
  } finally {
    rmSync(passwordFile, { force: true });
  }
  chmodSync(nursery, 0o700);
  renameSync(nursery, data);
};

const initArguments = (data: string, passwordFile: string, superuser: string): string[] => [
  `--pgdata=${data}`,
  `--username=${superuser}`,
  `--pwfile=${passwordFile}`,
  '--auth=scram-sha-256',
  '--encoding=UTF8',
  '--locale=C.UTF-8',
];

const assertVersion = (data: string, binaries: Binaries): void => {
  const version = versionOf(data);
  if (version === binaries.major) return;
  throw new CallerError(
    `the database in ${data} was made by PostgreSQL ${version}, and this is PostgreSQL ${binaries.major}: ` +
      'dump it with the version of Outrider that made it, and restore it into an empty data folder',
    'postgres-version',
  );
};

const versionOf = (data: string): string => {
  try {
    return readFileSync(join(data, 'PG_VERSION'), 'utf8').trim();
  } catch (error) {
    const message = `${data} cannot be read as this user: start Outrider as its owner`;
    throw new CallerError(message, 'postgres-folder-closed', 400, { cause: error });
  }
};

const run = (command: string, args: readonly string[], account: Account | undefined): Promise<void> =>
  new Promise((done, failed) => {
    let output = '';
    const child = spawn(command, args, {
      ...ids(account),
      cwd: '/',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: CHILD_ENV,
    });
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString('utf8')).slice(-4_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', failed);
    child.once('close', (code) =>
      code === 0 ? done() : failed(new TransientError(`initdb failed:\n${output}`, 'postgres-initdb')),
    );
  });

/** Nothing of our own environment: it holds tokens, and other users' processes could read it. */
export const CHILD_ENV = { LC_MESSAGES: 'C', PATH: '/usr/local/bin:/usr/bin:/bin' };

export const ids = (account: Account | undefined): { uid?: number; gid?: number } =>
  account ? { uid: account.uid, gid: account.gid } : {};
