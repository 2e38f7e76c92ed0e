import * as z from 'zod';
import { envFlag, envInteger } from '@outrider/platform/read-config';
import { LOG_LEVELS } from '@outrider/platform/logger';

/** What every process of Outrider reads from its environment. */
export const processSettings = {
  LOG_LEVEL: z.enum(LOG_LEVELS).default('info'),
  /** `auto`: pretty on a terminal, JSON lines otherwise. */
  LOG_FORMAT: z.enum(['auto', 'json', 'pretty']).default('auto'),
  /** Folder of the embedded engines and of the keys made at first start. */
  OUTRIDER_DATA: z.string().min(1).default('./.outrider'),
  /** Folder of the keys, the same for all processes; the folder `keys` in OUTRIDER_DATA when empty. */
  OUTRIDER_KEYS: z.string().min(1).optional(),
  /** Folder of your own detection rules (YAML); collector and analyzer read it. Off when empty. */
  RULES_DIR: z.string().min(1).optional(),
  /** Seconds that a start waits for engines that do not answer yet. */
  START_TIMEOUT_SECONDS: envInteger(0, 3_600).default(120),
  /** Send traces by OTLP over HTTP. */
  OTEL_TRACES: envFlag.default(false),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/ }).default('http://localhost:4318'),
  /** Share of the batches that are traced, 0 … 1. */
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number().min(0).max(1).default(1),
};

/** Address every listener binds; anything but loopback is a decision. */
export const listenSettings = {
  LISTEN_HOST: z.string().min(1).default('127.0.0.1'),
};

const port = envInteger(0, 65_535);

/** `/livez`, `/readyz` and `/metrics` of a process that has no API of its own. Port 0 takes a free one. */
export const healthSettings = {
  HEALTH_PORT: port.default(7501),
};

/** The same where the API answers them already: off unless set. */
export const extraHealthSettings = {
  HEALTH_PORT: port.optional(),
};
