import * as z from 'zod';
import { readConfig } from '@outrider/platform/read-config';
import { busSettings, clickhouseSettings, postgresSettings } from '@outrider/wiring/settings/engine-settings';
import { respondSettings } from '@outrider/wiring/settings/serve-settings';
import { sharedStores } from '@outrider/wiring/settings/shared-engines';
import { processSettings } from '@outrider/wiring/settings/process-settings';
import { sharedBus } from '@outrider/wiring/settings/shared-engines';

const Config = z
  .object({ ...processSettings, ...busSettings, ...clickhouseSettings, ...postgresSettings, ...respondSettings })
  .superRefine((settings, context) => {
    sharedBus(settings, context);
    sharedStores(settings, ['CLICKHOUSE_URL', 'DATABASE_URL'], context);
  });
export type Config = z.output<typeof Config>;

/** The one place that reads the environment. */
export const readEnvironment = (): Config => readConfig(Config, process.env);
