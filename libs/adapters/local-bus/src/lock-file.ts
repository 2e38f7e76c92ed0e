import { readFileSync } from 'node:fs';
import { link, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Who holds a folder. The start time tells a process from a later one that was given the same id. */
interface Holder {
  readonly pid: number;
  readonly startedAt: string;
}

export class FolderLockedError extends Error {
  override readonly name = 'FolderLockedError';
}

/** Makes this process the only writer of `folder` until the returned function is called. A lock whose process is gone is taken over. */
export const lockFolder = async (folder: string): Promise<() => Promise<void>> => {
  const path = join(folder, 'lock');
  const mine = JSON.stringify({ pid: process.pid, startedAt: startOf(process.pid) ?? '' } satisfies Holder);
  const temporary = `${path}.${process.pid}.${Date.now()}`;
  await writeFile(temporary, mine, { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < 5; attempt += 1) {
      if (await linked(temporary, path)) return () => rm(path, { force: true });
      const found = await readFile(path, 'utf8').catch(() => undefined);
      if (found === undefined) continue;
      const holder = parseHolder(found);
      if (holder && lives(holder))
        throw new FolderLockedError(`${folder} is in use by process ${holder.pid}: stop it, or choose another folder`);
      await takeAside(path, found);
    }
    throw new FolderLockedError(`${folder} could not be locked`);
  } finally {
    await rm(temporary, { force: true });
  }
};

const linked = (from: string, to: string): Promise<boolean> =>
  link(from, to).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return false;
      throw error;
    },
  );

/** Two processes may find the same stale lock: whoever took aside a fresh one by mistake puts it back. */
const takeAside = async (path: string, stale: string): Promise<void> => {
  const aside = `${path}.stale.${process.pid}`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  if ((await readFile(aside, 'utf8')) !== stale) await link(aside, path).catch(() => undefined);
  await unlink(aside);
};

const parseHolder = (text: string): Holder | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('pid' in value) || typeof value.pid !== 'number')
      return undefined;
    return {
      pid: value.pid,
      startedAt: 'startedAt' in value && typeof value.startedAt === 'string' ? value.startedAt : '',
    };
  } catch {
    return undefined;
  }
};

const lives = (holder: Holder): boolean => {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const started = startOf(holder.pid);
  return started === undefined ? process.platform !== 'linux' : started === holder.startedAt;
};

/** Clock ticks since boot, with the boot's id; undefined when the process is gone (or a zombie) or the system does not tell. */
const startOf = (pid: number): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:${fields[19] ?? ''}`;
  } catch {
    return undefined;
  }
};
