import * as z from 'zod';
import { envFlag, envInteger } from '@outrider/platform/read-config';

const MAX_PLACES = 64;

/** Comma-separated; an address whose query has a comma writes it as %2C. */
const places = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((place) => place.trim())
      .filter((place) => place !== ''),
  )
  .pipe(z.array(z.string().max(4_096)).max(MAX_PLACES));

/** What addresses are held against; nothing is known of them while both are empty. */
export const enrichmentSettings = {
  /** MMDB files (MaxMind, DB-IP, IPinfo), or CSV files with a header; the first that knows a field wins. */
  GEOIP_FILES: places.default([]),
  /** Files, folders and https addresses, each optionally as `name=…`. */
  THREAT_LISTS: places.default([]),
  /** Age of the latest successful fetch of an address from which its entries no longer count. */
  THREAT_LIST_MAX_AGE_HOURS: envInteger(1, 8_760).default(72),
  THREAT_LIST_REFRESH_MINUTES: envInteger(5, 10_080).default(60),
  /** Lists may be fetched from private networks, and over plain http. */
  THREAT_LISTS_ALLOW_PRIVATE: envFlag.default(false),
};
export type EnrichmentSettings = z.output<z.ZodObject<typeof enrichmentSettings>>;

/** Cross-field rules; each says what would break. */
export const checkEnrichmentSettings = (settings: EnrichmentSettings, context: z.RefinementCtx): void => {
  for (const [i, place] of settings.THREAT_LISTS.entries())
    if (/^(?:[A-Za-z0-9][A-Za-z0-9._-]*=)?http:/i.test(place) && !settings.THREAT_LISTS_ALLOW_PRIVATE)
      context.addIssue({
        code: 'custom',
        path: ['THREAT_LISTS', i],
        message: 'needs https: whoever is on the way could put your customers on the list',
      });
  for (const [i, place] of settings.GEOIP_FILES.entries())
    if (/^[a-z]+:\/\//i.test(place))
      context.addIssue({
        code: 'custom',
        path: ['GEOIP_FILES', i],
        message: 'is a path: databases are not fetched, have them put there by their own updater',
      });
};
