import type * as z from 'zod';
import type { busSettings, clickhouseSettings, postgresSettings } from './engine-settings.ts';

type Of<T extends z.ZodRawShape> = z.output<z.ZodObject<T>>;

const ALL_IN_ONE = 'run everything in one process with `outrider start`';

/** A process that is one of several shares its bus with the others. */
export const sharedBus = (settings: Of<typeof busSettings>, context: z.RefinementCtx): void => {
  if (settings.BUS_URL === undefined)
    context.addIssue({
      code: 'custom',
      path: ['BUS_URL'],
      message: `processes that run apart need a bus that they share, Kafka, which is not supported yet: ${ALL_IN_ONE}`,
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
