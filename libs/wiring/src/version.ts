import { readFileSync } from 'node:fs';
import * as z from 'zod';

/** The product's version, from the package beside this file (the same from src and from dist). */
export const VERSION: string = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))).version;
