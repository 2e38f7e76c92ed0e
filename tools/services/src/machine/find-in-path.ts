import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Debian keeps servers in sbin, which an ordinary user's PATH may lack. */
const ALSO = ['/usr/local/sbin', '/usr/sbin', '/usr/local/bin', '/usr/bin'];

/** The whole path of a program; undefined when there is none. */
export const findInPath = (program: string): string | undefined => {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== ''), ...ALSO];
  return folders.map((folder) => join(folder, program)).find(canExecute);
};

const canExecute = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};
