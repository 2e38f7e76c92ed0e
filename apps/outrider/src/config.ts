import { existsSync } from 'node:fs';
import * as z from 'zod';
import { readConfig } from '@outrider/platform/read-config';
import { isKafka } from '@outrider/wiring/settings/bus-address';
import { checkCollectSettings, collectSettings } from '@outrider/wiring/settings/collect-settings';
import { detectSettings } from '@outrider/wiring/settings/detect-settings';
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
import { respondSettings } from '@outrider/wiring/settings/respond-settings';
import { controlRetentionSettings, secretsSettings, serveSettings } from '@outrider/wiring/settings/serve-settings';
import { sharedKeys } from '@outrider/wiring/settings/shared-engines';

/** Everything in one process: all settings there are. */
export const StartConfig = z
  .object({
    ...processSettings,
    ...extraHealthSettings,
    ...listenSettings,
    ...gatewaySettings,
    ...collectSettings,
    ...busSettings,
    ...clickhouseSettings,
    ...postgresSettings,
    ...detectSettings,
    ...jobSettings,
    ...secretsSettings,
    ...controlRetentionSettings,
    ...respondSettings,
    ...serveSettings,
  })
  .superRefine((settings, context) => {
    checkCollectSettings(settings, context);
    checkKafkaSettings(settings, context);
    checkClickHouseSettings(settings, context);
    // Others may publish on a Kafka: their fingerprints must be ours.
    if (isKafka(settings.BUS_URL)) sharedKeys(settings, ['FINGERPRINT_KEY'], context);
  });
export type StartConfig = z.output<typeof StartConfig>;

/** What the commands against a running server need. */
export const ClientConfig = z.object({
  OUTRIDER_URL: z.url({ protocol: /^https?$/ }).default('http://127.0.0.1:7500'),
  OUTRIDER_TOKEN: z.string().min(1).optional(),
});
export type ClientConfig = z.output<typeof ClientConfig>;

/** The environment, with a `.env` file of the current folder beneath it. The one place that reads it. */
export const readEnvironment = <T extends z.ZodType>(schema: T): z.output<T> => {
  if (existsSync('.env')) process.loadEnvFile('.env');
  return readConfig(schema, process.env);
};
