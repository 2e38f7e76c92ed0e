import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

/** Consumers that never rest, and do. */
export const TrafficDropSettings = detectorSettings(
  {
    /** Silence below which nobody is missed; minutes, with the gateway at work. */
    minSilenceMinutes: z.number().min(1).max(10_080).default(30),
    /** Requests that were to be expected meanwhile: 20.7 is one chance in a billion. */
    minExpected: z.number().min(5).max(10_000).default(20.7),
    /** Times the longest pause so far. */
    overGap: z.number().min(1).max(100).default(3),
    /** Part of what was usual that is still expected. */
    caution: z.number().min(0.01).max(1).default(0.5),
    /** Days that must be known: all of them, or those of a caller that never paused for an hour. */
    minDays: z.number().min(1).max(60).default(8),
    minSteadyDays: z.number().min(1).max(60).default(3),
    /** More callers of the same tenant than this fall silent together: a holiday or a fault, nobody’s own doing. */
    maxTogether: z.number().int().min(1).max(10_000).default(3),
  },
  60,
);
export type TrafficDropSettings = Readonly<z.infer<typeof TrafficDropSettings>>;
