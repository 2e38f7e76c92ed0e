import * as z from 'zod';
import { LOG_LEVELS } from '@outrider/platform/logger';

/** What every process of Outrider reads from its environment. */
export const processSettings = {
  LOG_LEVEL: z.enum(LOG_LEVELS).default('info'),
  /** `auto`: pretty on a terminal, JSON lines otherwise. */
  LOG_FORMAT: z.enum(['auto', 'json', 'pretty']).default('auto'),
  /** Folder of the embedded engines and of the keys made at first start. */
  OUTRIDER_DATA: z.string().min(1).default('./.outrider'),
};

/** Address every listener binds; anything but loopback is a decision. */
export const listenSettings = {
  LISTEN_HOST: z.string().min(1).default('127.0.0.1'),
};
