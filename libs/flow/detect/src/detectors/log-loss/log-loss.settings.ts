import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

/** Log lines whose time cannot be right, and lines that are missing. */
export const LogLossSettings = detectorSettings(
  {
    /** Time by which a request began after its line was received; minutes. */
    maxAheadMinutes: z.number().min(1).max(1440).default(5),
    /** Such lines of one gateway in 10 min, and their part of its lines. */
    count10m: z.number().int().min(1).max(1_000_000).default(20),
    minShare: z.number().min(0).max(1).default(0.01),
    /** Requests that rate limits counted and no line tells of, in 30 to 60 min: how many, of how many callers, and their part of all. */
    missing: z.number().int().min(1).max(1_000_000).default(8),
    missingCallers: z.number().int().min(1).max(1_000).default(3),
    missingShare: z.number().min(0).max(1).default(0.02),
    /** Requests whose counters agreed with the log before, so that it is known that they do. */
    countedBefore: z.number().int().min(1).max(10_000_000).default(1_000),
  },
  60,
);
export type LogLossSettings = Readonly<z.infer<typeof LogLossSettings>>;
