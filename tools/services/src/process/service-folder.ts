import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export interface ServiceFolder {
  readonly dir: string;
  /** Set when nobody asked for the folder by name: it goes with the service. */
  readonly temporary?: string;
}

/** Runs `start` in `dir`, made when it is missing, or in a temporary folder, which goes when `start` fails. */
export const inServiceFolder = async <T>(
  name: string,
  dir: string | undefined,
  start: (folder: ServiceFolder) => Promise<T>,
): Promise<T> => {
  if (dir !== undefined) {
    mkdirSync(dir, { recursive: true });
    return start({ dir: resolve(dir) });
  }
  const temporary = mkdtempSync(join(tmpdir(), `outrider-${name}-`));
  // mkdtemp makes 0700; PostgreSQL's user must be able to pass through
  chmodSync(temporary, 0o711);
  try {
    return await start({ dir: temporary, temporary });
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    throw error;
  }
};
