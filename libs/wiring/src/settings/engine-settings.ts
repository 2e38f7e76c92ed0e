import * as z from 'zod';
import { envFlag, envInteger } from '@outrider/platform/read-config';
import { busUrl } from './bus-address.ts';
import { kafkaSettings } from './kafka-settings.ts';

/** The event bus: embedded in OUTRIDER_DATA unless an address is given. */
export const busSettings = {
  /** `kafka://host:9092,host2:9092`, or `file:///path/to/folder`; empty = the folder `bus` in OUTRIDER_DATA. */
  BUS_URL: busUrl.optional(),
  /** Bytes that the embedded bus may hold per topic before it presses back. */
  BUS_MAX_BYTES: envInteger(16 * 1024 ** 2, 1024 ** 4).default(4 * 1024 ** 3),
  /** fdatasync after each group of messages. Off, a power cut (not a crash of the process) may cost the last second. */
  BUS_FSYNC: envFlag.default(true),
  ...kafkaSettings,
};

/** The event store: chdb in OUTRIDER_DATA unless an address is given. */
export const clickhouseSettings = {
  /** `http(s)://user:password@host:8123/database`. */
  CLICKHOUSE_URL: z.url({ protocol: /^https?$/ }).optional(),
  /** Name of a cluster that the server knows: schema ON CLUSTER, replicated tables behind a distributed one. */
  CLICKHOUSE_CLUSTER: z
    .string()
    .regex(
      /^(?:\{[a-z_]{1,32}\}|[A-Za-z0-9_][A-Za-z0-9_.-]{0,63})$/,
      'a name of letters, digits, "_", "." and "-", or a macro like {cluster}',
    )
    .optional(),
  /** PEM file: who signed the server, if not one of the system's authorities. */
  CLICKHOUSE_TLS_CA: z.string().min(1).optional(),
  RETENTION_EVENTS_DAYS: envInteger(1, 3650).default(180),
  RETENTION_MINUTES_DAYS: envInteger(1, 3650).default(30),
  RETENTION_HOURS_DAYS: envInteger(1, 3650).default(400),
  RETENTION_DEAD_LETTERS_DAYS: envInteger(1, 3650).default(30),
};

/** Cross-field rules; each says what would break. */
export const checkClickHouseSettings = (
  settings: z.output<z.ZodObject<typeof clickhouseSettings>>,
  context: z.RefinementCtx,
): void => {
  const { CLICKHOUSE_URL: url, CLICKHOUSE_CLUSTER: cluster, CLICKHOUSE_TLS_CA: ca } = settings;
  if (cluster !== undefined && url === undefined)
    context.addIssue({
      code: 'custom',
      path: ['CLICKHOUSE_CLUSTER'],
      message: 'needs CLICKHOUSE_URL: the embedded ClickHouse is no cluster',
    });
  if (ca !== undefined && url?.startsWith('https:') !== true)
    context.addIssue({
      code: 'custom',
      path: ['CLICKHOUSE_TLS_CA'],
      message: 'needs an https:// CLICKHOUSE_URL: there is no TLS to check otherwise',
    });
};

/** The control store: PostgreSQL in OUTRIDER_DATA unless an address is given. */
export const postgresSettings = {
  /** `postgresql://user:password@host:5432/database`. */
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
};

/** The job queue: on PostgreSQL unless a Redis is given. */
export const jobSettings = {
  /** `redis://:password@host:6379/0`; `rediss://` = TLS. */
  REDIS_URL: z.url({ protocol: /^rediss?$/ }).optional(),
};
