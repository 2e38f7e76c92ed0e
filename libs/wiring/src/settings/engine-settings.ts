import * as z from 'zod';
import { envFlag, envInteger } from '@outrider/platform/read-config';

const KAFKA = 'Kafka is not supported yet: leave BUS_URL empty for the embedded bus, or use file:///path';

/** The event bus: embedded in OUTRIDER_DATA unless an address is given. */
export const busSettings = {
  /** `file:///path/to/folder`; empty = the folder `bus` in OUTRIDER_DATA. */
  BUS_URL: z
    .url()
    .refine((url) => url.startsWith('file:'), KAFKA)
    .optional(),
  /** Bytes that the embedded bus may hold per topic before it presses back. */
  BUS_MAX_BYTES: envInteger(16 * 1024 ** 2, 1024 ** 4).default(4 * 1024 ** 3),
  /** fdatasync after each group of messages. Off, a power cut (not a crash of the process) may cost the last second. */
  BUS_FSYNC: envFlag.default(true),
};

/** The event store: chdb in OUTRIDER_DATA unless an address is given. */
export const clickhouseSettings = {
  /** `http(s)://user:password@host:8123/database`. */
  CLICKHOUSE_URL: z.url({ protocol: /^https?$/ }).optional(),
  RETENTION_EVENTS_DAYS: envInteger(1, 3650).default(180),
  RETENTION_MINUTES_DAYS: envInteger(1, 3650).default(30),
  RETENTION_HOURS_DAYS: envInteger(1, 3650).default(400),
  RETENTION_DEAD_LETTERS_DAYS: envInteger(1, 3650).default(30),
};

/** The control store: PostgreSQL in OUTRIDER_DATA unless an address is given. */
export const postgresSettings = {
  /** `postgresql://user:password@host:5432/database`. */
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
};

/** The job queue: on PostgreSQL unless a Redis is given. */
export const jobSettings = {
  /** `redis://:password@host:6379/0`. */
  REDIS_URL: z.url({ protocol: /^rediss?$/ }).optional(),
};
