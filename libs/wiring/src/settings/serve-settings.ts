import * as z from 'zod';
import { envFlag, envInteger } from '@outrider/platform/read-config';

export const serveSettings = {
  API_PORT: envInteger(0, 65_535).default(7500),
  /** An admin token to accept beside those in the database; made and shown at first start when empty. At least 16 characters. */
  API_ADMIN_TOKEN: z.string().min(16).optional(),
  /** Serve /metrics without a token (for a scraper on a private network). */
  METRICS_PUBLIC: envFlag.default(false),
};

/** Of those who write and send webhooks. */
export const secretsSettings = {
  /** Key that seals webhook secrets, 64 hex digits; made at first start and kept with the keys when empty. */
  SECRETS_KEY: z
    .string()
    .regex(/^[0-9a-fA-F]{64}$/, '64 hex digits')
    .optional(),
};

const days = envInteger(1, 3650);

/** How long the control store keeps what is over. */
export const controlRetentionSettings = {
  RETENTION_AUDIT_DAYS: days.default(400),
  RETENTION_DELIVERIES_DAYS: days.default(30),
  RETENTION_ENFORCEMENTS_DAYS: days.default(400),
  RETENTION_ALERTS_DAYS: days.default(400),
};
