import * as z from 'zod';
import { readConfig } from '@outrider/platform/read-config';
import { checkCollectSettings, collectSettings } from '@outrider/wiring/settings/collect-settings';
import { busSettings } from '@outrider/wiring/settings/engine-settings';
import { gatewaySettings } from '@outrider/wiring/settings/gateway-options';
import { listenSettings } from '@outrider/wiring/settings/process-settings';
import { processSettings } from '@outrider/wiring/settings/process-settings';
import { sharedBus } from '@outrider/wiring/settings/shared-engines';

const Config = z
  .object({ ...processSettings, ...busSettings, ...listenSettings, ...gatewaySettings, ...collectSettings })
  .superRefine((settings, context) => {
    sharedBus(settings, context);
    checkCollectSettings(settings, context);
  });
export type Config = z.output<typeof Config>;

/** The one place that reads the environment. */
export const readEnvironment = (): Config => readConfig(Config, process.env);
