import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { isFree } from '../machine/free-port.ts';

/** What a service keeps beside its data, so that a folder that is used again has the same address and password. */
export const Remembered = z.strictObject({
  ports: z.array(z.int().min(1).max(65_535)).min(1).max(4),
  password: z.string(),
});
export type Remembered = z.infer<typeof Remembered>;

/**
 * What the folder remembers, else `fresh`, which it then remembers. A wanted `port` wins over the remembered one. Refuses a folder whose
 * ports are taken: somebody else serves its data, and two servers on one folder destroy it.
 */
export const remember = async (
  dir: string,
  port: number | undefined,
  fresh: () => Promise<Remembered>,
): Promise<Remembered> => {
  const file = join(dir, 'service.json');
  const known = existsSync(file) ? Remembered.parse(JSON.parse(readFileSync(file, 'utf8'))) : await fresh();
  if (existsSync(file)) await assertFree(dir, known.ports);
  const settings = port === undefined ? known : { ...known, ports: [port, ...known.ports.slice(1)] };
  if (port !== undefined) await assertFree(dir, [port]);
  writeFileSync(file, JSON.stringify(settings), { mode: 0o600 });
  return settings;
};

const assertFree = async (dir: string, ports: readonly number[]): Promise<void> => {
  for (const port of ports)
    if (!(await isFree(port)))
      throw new Error(
        `port ${port}, which the service in ${dir} uses, is taken: is it running already? Stop it, or use another folder`,
      );
};
