import * as z from 'zod';
import { readConfig } from '@outrider/platform/read-config';
import { busSettings, jobSettings, postgresSettings } from '@outrider/wiring/settings/engine-settings';
import { gatewaySettings } from '@outrider/wiring/settings/gateway-options';
import { checkKafkaSettings } from '@outrider/wiring/settings/kafka-settings';
import { healthSettings, listenSettings, processSettings } from '@outrider/wiring/settings/process-settings';
import { respondSettings } from '@outrider/wiring/settings/respond-settings';
import { controlRetentionSettings, secretsSettings } from '@outrider/wiring/settings/serve-settings';
import { sharedBus, sharedKeys, sharedStores } from '@outrider/wiring/settings/shared-engines';

export const Config = z
  .object({
    ...processSettings,
    ...healthSettings,
    ...listenSettings,
    ...busSettings,
    ...postgresSettings,
    ...jobSettings,
    ...gatewaySettings,
    ...secretsSettings,
    ...controlRetentionSettings,
    ...respondSettings,
  })
  .superRefine((settings, context) => {
    sharedBus(settings, context);
    checkKafkaSettings(settings, context);
    sharedStores(settings, ['DATABASE_URL'], context);
    sharedKeys(settings, ['SECRETS_KEY'], context);
  });
export type Config = z.output<typeof Config>;

/** The one place that reads the environment. */
export const readEnvironment = (): Config => readConfig(Config, process.env);
