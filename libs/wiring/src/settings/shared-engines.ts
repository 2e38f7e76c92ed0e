import type * as z from 'zod';
import { isKafka } from './bus-address.ts';
import type { busSettings, clickhouseSettings, postgresSettings } from './engine-settings.ts';

type Of<T extends z.ZodRawShape> = z.output<z.ZodObject<T>>;

const ALL_IN_ONE = 'run everything in one process with `outrider start`';

/** A process that is one of several shares its bus with the others. */
export const sharedBus = (settings: Pick<Of<typeof busSettings>, 'BUS_URL'>, context: z.RefinementCtx): void => {
  if (!isKafka(settings.BUS_URL))
    context.addIssue({
      code: 'custom',
      path: ['BUS_URL'],
      message: `processes that run apart need a bus that they share: set kafka://host:9092, or ${ALL_IN_ONE}`,
    });
};

/** A process that is one of several shares its stores with the others. */
export const sharedStores = (
  settings: Partial<Of<typeof clickhouseSettings> & Of<typeof postgresSettings>>,
  needed: readonly ('CLICKHOUSE_URL' | 'DATABASE_URL')[],
  context: z.RefinementCtx,
): void => {
  for (const name of needed)
    if (settings[name] === undefined)
      context.addIssue({
        code: 'custom',
        path: [name],
        message: `processes that run apart need a server that they share: set it, or ${ALL_IN_ONE}`,
      });
};

const WHY_SHARED = {
  FINGERPRINT_KEY: 'collectors with different keys make two credentials of one',
  INGEST_TOKEN: 'Kong shows one token to whichever collector it reaches',
  SECRETS_KEY: 'what one process seals with its key no other can open',
};

/** A key that several processes must agree on is given, or its folder is one that they share; none is made in private. */
export const sharedKeys = (
  settings: Readonly<Partial<Record<keyof typeof WHY_SHARED | 'OUTRIDER_KEYS', string | undefined>>>,
  needed: readonly (keyof typeof WHY_SHARED)[],
  context: z.RefinementCtx,
): void => {
  if (settings.OUTRIDER_KEYS !== undefined) return;
  for (const name of needed)
    if (settings[name] === undefined)
      context.addIssue({
        code: 'custom',
        path: [name],
        message: `must be the same in all processes (${WHY_SHARED[name]}): set it, or OUTRIDER_KEYS to a folder that they share`,
      });
};
