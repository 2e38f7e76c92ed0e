import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

/** Gateways and services that are heard of no more. */
export const SilentSourceSettings = detectorSettings({
  /** Silence below which nothing is missed; minutes. */
  minGatewaySilenceMinutes: z.number().min(1).max(1440).default(10),
  minServiceSilenceMinutes: z.number().min(1).max(1440).default(30),
  /** Requests that were to be expected meanwhile. */
  minExpected: z.number().min(5).max(100_000).default(20.7),
  /** Part of what was usual that is still expected: of the hour, and of the quietest hour. */
  caution: z.number().min(0.01).max(1).default(0.5),
  /** Times the longest pause so far. */
  overGap: z.number().min(1).max(100).default(3),
  /** Time that must be known; hours. */
  minGatewayHours: z.number().min(1).max(720).default(12),
  minServiceHours: z.number().min(1).max(720).default(168),
  /** Silence of everything longer than this share of the time known is rather a gap between two files. */
  maxGapShare: z.number().min(0.01).max(10).default(0.5),
  /** A service with fewer callers is as silent as they are. */
  minServiceCallers: z.number().int().min(1).max(16).default(8),
});
export type SilentSourceSettings = Readonly<z.infer<typeof SilentSourceSettings>>;
