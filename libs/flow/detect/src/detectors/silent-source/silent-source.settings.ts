import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

/** Gateways and services that are heard of no more. */
export const SilentSourceSettings = detectorSettings({
  /** Silence below which nothing is missed; minutes. */
  minGatewaySilenceMinutes: z.number().min(1).max(1440).default(10),
  minServiceSilenceMinutes: z.number().min(1).max(1440).default(30),
  /** A hole in a stream of ten requests a second and more that goes on as before: how long it is, and times the longest pause so far. */
  minHoleSeconds: z.number().min(45).max(3600).default(45),
  maxHoleSeconds: z.number().min(45).max(3600).default(600),
  overHoleGap: z.number().min(3).max(1000).default(10),
  /** Evidence for a silence rather than half of the usual traffic, as a natural logarithm: 13.8 is a million to one. */
  minScore: z.number().min(5).max(100_000).default(13.8),
  /** Times the strongest evidence that a lull gave so far. */
  overScore: z.number().min(1).max(100).default(3),
  /** Times the longest pause so far, in the first two days. */
  overGap: z.number().min(1).max(100).default(3),
  /** Time that must be known; hours. */
  minGatewayHours: z.number().min(1).max(720).default(12),
  minServiceHours: z.number().min(1).max(720).default(168),
  /** Share of the usual requests that may still come: stray lines are no traffic. */
  maxStrayShare: z.number().min(0).max(0.5).default(0.2),
  /** Callers that must be known where some lines still come. */
  minStrayCallers: z.number().int().min(1).max(16).default(4),
  /** Silence of everything longer than this share of the time known is rather a gap between two files. */
  maxGapShare: z.number().min(0.01).max(10).default(0.5),
  /** A service with fewer callers is as silent as they are. */
  minServiceCallers: z.number().int().min(1).max(16).default(8),
});
export type SilentSourceSettings = Readonly<z.infer<typeof SilentSourceSettings>>;
