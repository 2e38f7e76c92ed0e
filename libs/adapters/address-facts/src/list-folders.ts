import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MAX_FILES_IN_FOLDER } from './bounds.ts';

/** The files of a folder that may be lists, by name: no hidden ones, no unfinished copies; undefined when it is no folder. */
export const filesOfFolder = async (path: string): Promise<readonly string[] | undefined> => {
  try {
    if (!(await stat(path)).isDirectory()) return undefined;
    const entries = await readdir(path, { withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory() && !/^\.|~$|\.(?:tmp|new|part|swp|md)$/i.test(entry.name))
      .map((entry) => join(path, entry.name))
      .sort()
      .slice(0, MAX_FILES_IN_FOLDER);
  } catch {
    return undefined;
  }
};
