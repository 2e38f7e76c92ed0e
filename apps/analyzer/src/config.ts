import * as z from 'zod';
import { readConfig } from '@outrider/platform/read-config';
import { detectSettings } from '@outrider/wiring/settings/detect-settings';
import {
  busSettings,
  checkClickHouseSettings,
  clickhouseSettings,
  postgresSettings,
} from '@outrider/wiring/settings/engine-settings';
import { gatewaySettings } from '@outrider/wiring/settings/gateway-options';
import { checkKafkaSettings } from '@outrider/wiring/settings/kafka-settings';
import { healthSettings, listenSettings, processSettings } from '@outrider/wiring/settings/process-settings';
import { sharedBus, sharedStores } from '@outrider/wiring/settings/shared-engines';

export const Config = z
  .object({
    ...processSettings,
    ...healthSettings,
    ...listenSettings,
    ...busSettings,
    ...clickhouseSettings,
    ...postgresSettings,
    // to look at how they are configured; without an Admin API nobody does
    ...gatewaySettings,
    ...detectSettings,
  })
  .superRefine((settings, context) => {
    sharedBus(settings, context);
    checkKafkaSettings(settings, context);
    sharedStores(settings, ['CLICKHOUSE_URL', 'DATABASE_URL'], context);
    checkClickHouseSettings(settings, context);
  });
export type Config = z.output<typeof Config>;

/** The one place that reads the environment. */
export const readEnvironment = (): Config => readConfig(Config, process.env);
