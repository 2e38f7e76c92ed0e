import * as z from 'zod';
import { envInteger } from '@outrider/platform/read-config';
import { checkEnrichmentSettings, enrichmentSettings } from './enrichment-settings.ts';

const port = envInteger(0, 65_535);

/** The collector's listeners and bounds. Port 0 takes a free one. */
export const collectSettings = {
  COLLECT_TCP_PORT: port.default(7514),
  /** tcp-log over TLS; off unless set, and then certificate and key are needed. */
  COLLECT_TLS_PORT: port.optional(),
  /** PEM files. */
  COLLECT_TLS_CERT: z.string().min(1).optional(),
  COLLECT_TLS_KEY: z.string().min(1).optional(),
  /** PEM file: client certificates must be signed by it. */
  COLLECT_TLS_CLIENT_CA: z.string().min(1).optional(),
  COLLECT_HTTP_PORT: port.default(7515),
  /** Token of the default gateway for http-log; made and shown at first start when empty. At least 16 characters. */
  INGEST_TOKEN: z.string().min(16).optional(),
  /** Key of the credential fingerprints, 64 hex digits; made at first start and kept in OUTRIDER_DATA when empty. */
  FINGERPRINT_KEY: z
    .string()
    .regex(/^[0-9a-fA-F]{64}$/, '64 hex digits')
    .optional(),
  COLLECT_MAX_CONNECTIONS: envInteger(1, 1_000_000).default(4_096),
  /** Bytes of one log entry. */
  COLLECT_MAX_LINE_BYTES: envInteger(4_096, 64 * 1024 ** 2).default(1024 ** 2),
  /** Seconds without a byte until a TCP connection is closed; far above Kong's keepalive (60 s). */
  COLLECT_IDLE_SECONDS: envInteger(120, 86_400).default(600),
  ...enrichmentSettings,
};

/** Cross-field rules; each says what would break. */
export const checkCollectSettings = (
  settings: z.output<z.ZodObject<typeof collectSettings>>,
  context: z.RefinementCtx,
): void => {
  checkEnrichmentSettings(settings, context);
  if (
    settings.COLLECT_TLS_PORT !== undefined &&
    (settings.COLLECT_TLS_CERT === undefined || settings.COLLECT_TLS_KEY === undefined)
  )
    context.addIssue({
      code: 'custom',
      path: ['COLLECT_TLS_PORT'],
      message: 'needs COLLECT_TLS_CERT and COLLECT_TLS_KEY: no handshake could succeed without',
    });
};
