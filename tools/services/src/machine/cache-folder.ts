import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The same three levels up from `src/machine` and from `dist/machine`. */
const ROOT = resolve(import.meta.dirname, '..', '..', '..', '..');

/** Where downloads are kept: OUTRIDER_CACHE, else a folder that goes with node_modules. */
export const cacheFolder = (): string => {
  const wanted = process.env['OUTRIDER_CACHE'];
  const folder = wanted === undefined || wanted === '' ? join(ROOT, 'node_modules', '.cache', 'outrider') : wanted;
  mkdirSync(folder, { recursive: true });
  return resolve(folder);
};

/** A folder of the workspace, e.g. `tools/clickhouse-http`. */
export const inWorkspace = (...parts: readonly string[]): string => join(ROOT, ...parts);
