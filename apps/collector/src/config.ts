import * as z from 'zod';
import { readConfig } from '@outrider/platform/read-config';
import { checkCollectSettings, collectSettings } from '@outrider/wiring/settings/collect-settings';
import { busSettings } from '@outrider/wiring/settings/engine-settings';
import { gatewaySettings } from '@outrider/wiring/settings/gateway-options';
import { checkKafkaSettings } from '@outrider/wiring/settings/kafka-settings';
import { healthSettings, listenSettings, processSettings } from '@outrider/wiring/settings/process-settings';
import { sharedBus, sharedKeys } from '@outrider/wiring/settings/shared-engines';

export const Config = z
  .object({
    ...processSettings,
    ...healthSettings,
    ...busSettings,
    ...listenSettings,
    ...gatewaySettings,
    ...collectSettings,
  })
  .superRefine((settings, context) => {
    sharedBus(settings, context);
    checkKafkaSettings(settings, context);
    sharedKeys(settings, ['FINGERPRINT_KEY', 'INGEST_TOKEN'], context);
    checkCollectSettings(settings, context);
  });
export type Config = z.output<typeof Config>;

/** The one place that reads the environment. */
export const readEnvironment = (): Config => readConfig(Config, process.env);
