import * as z from 'zod';
import { readConfig } from '@outrider/platform/read-config';
import {
  busSettings,
  checkClickHouseSettings,
  clickhouseSettings,
  jobSettings,
  postgresSettings,
} from '@outrider/wiring/settings/engine-settings';
import { gatewaySettings } from '@outrider/wiring/settings/gateway-options';
import { checkKafkaSettings } from '@outrider/wiring/settings/kafka-settings';
import { extraHealthSettings, listenSettings, processSettings } from '@outrider/wiring/settings/process-settings';
import { secretsSettings, serveSettings } from '@outrider/wiring/settings/serve-settings';
import { sharedBus, sharedKeys, sharedStores } from '@outrider/wiring/settings/shared-engines';

export const Config = z
  .object({
    ...processSettings,
    ...extraHealthSettings,
    ...busSettings,
    ...listenSettings,
    ...clickhouseSettings,
    ...postgresSettings,
    ...jobSettings,
    ...gatewaySettings,
    ...secretsSettings,
    ...serveSettings,
  })
  .superRefine((settings, context) => {
    sharedBus(settings, context);
    checkKafkaSettings(settings, context);
    sharedStores(settings, ['CLICKHOUSE_URL', 'DATABASE_URL'], context);
    checkClickHouseSettings(settings, context);
    sharedKeys(settings, ['SECRETS_KEY'], context);
  });
export type Config = z.output<typeof Config>;

/** The one place that reads the environment. */
export const readEnvironment = (): Config => readConfig(Config, process.env);
