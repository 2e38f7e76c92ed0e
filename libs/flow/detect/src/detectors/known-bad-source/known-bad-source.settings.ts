import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

/** Addresses that a threat list names, or exits of Tor. */
export const KnownBadSourceSettings = detectorSettings(
  {
    /** Requests to places where credentials are taken and to administration, within an hour. */
    sensitiveRequests: z.number().int().min(1).max(10_000).default(1),
    /** Other requests of a listed address within an hour; those of Tor are private people's. */
    otherRequests: z.number().int().min(1).max(10_000).default(10),
    /** Days that a consumer must have come from such places: its own habit. */
    knownDays: z.number().min(0).max(365).default(3),
  },
  60,
);
export type KnownBadSourceSettings = Readonly<z.infer<typeof KnownBadSourceSettings>>;
