import * as z from 'zod';
import { readConfig } from '@outrider/platform/read-config';
import { busSettings, jobSettings, postgresSettings } from '@outrider/wiring/settings/engine-settings';
import { gatewaySettings } from '@outrider/wiring/settings/gateway-options';
import { respondSettings } from '@outrider/wiring/settings/serve-settings';
import { sharedStores } from '@outrider/wiring/settings/shared-engines';
import { processSettings } from '@outrider/wiring/settings/process-settings';
import { sharedBus } from '@outrider/wiring/settings/shared-engines';

const Config = z
  .object({
    ...processSettings,
    ...busSettings,
    ...postgresSettings,
    ...jobSettings,
    ...gatewaySettings,
    ...respondSettings,
  })
  .superRefine((settings, context) => {
    sharedBus(settings, context);
    sharedStores(settings, ['DATABASE_URL'], context);
  });
export type Config = z.output<typeof Config>;

/** The one place that reads the environment. */
export const readEnvironment = (): Config => readConfig(Config, process.env);
