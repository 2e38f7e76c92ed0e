import type * as z from 'zod';
import type { busSettings, clickhouseSettings, postgresSettings } from './engine-settings.ts';

type Of<T extends z.ZodRawShape> = z.output<z.ZodObject<T>>;

const ALL_IN_ONE = 'or run everything in one process: outrider start';

/** A process that is one of several shares its bus with the others. */
export const sharedBus = (settings: Of<typeof busSettings>, context: z.RefinementCtx): void => {
  if (settings.BUS_URL === undefined)
    context.addIssue({
      code: 'custom',
      path: ['BUS_URL'],
      message: `separate processes meet on a bus that they share, and the embedded one belongs to one process: ${ALL_IN_ONE}`,
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
        message: `separate processes need a server that they share; the embedded engine belongs to one process: set it, ${ALL_IN_ONE}`,
      });
};
