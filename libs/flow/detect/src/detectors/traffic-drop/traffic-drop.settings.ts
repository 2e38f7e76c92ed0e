import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

/** Consumers that never rest, and do. */
export const TrafficDropSettings = detectorSettings(
  {
    /** Silence below which nobody is missed; minutes, with the gateway at work. */
    minSilenceMinutes: z.number().min(1).max(10_080).default(45),
    /** Requests that were to be expected meanwhile: twice 20.7, which is one chance in a billion. */
    minExpected: z.number().min(5).max(10_000).default(41.4),
    /** The same of a caller whose quietest hour of the last day had this share of the mean. */
    minEvenExpected: z.number().min(3).max(10_000).default(15),
    evenShare: z.number().min(0.1).max(1).default(0.6),
    /**
     * A machine: so many requests an hour of the last day, the quietest hour with this share of the mean, never a longer pause. Its silence
     * counts from fewer minutes on, with so many requests missing: one chance in a billion.
     */
    machinePerHour: z.number().min(60).max(1_000_000).default(360),
    machineEven: z.number().min(0.5).max(1).default(0.9),
    machineGapSeconds: z.number().min(1).max(3600).default(60),
    minMachineSilenceMinutes: z.number().min(1).max(10_080).default(2.5),
    minMachineExpected: z.number().min(5).max(10_000).default(20.7),
    /** So many times its mean pause may be the longest one of a machine that calls by chance and not by the clock. */
    machineOverPause: z.number().min(1).max(100).default(12),
    /** One that is nearly as even, paused for so many minutes at most, and is missed after so many; minutes. */
    briskEven: z.number().min(0.1).max(1).default(0.75),
    briskGapMinutes: z.number().min(0.1).max(60).default(3),
    minBriskSilenceMinutes: z.number().min(1).max(10_080).default(15),
    /** Times the longest pause so far. */
    overGap: z.number().min(1).max(100).default(3),
    /**
     * Days that must be known: all of them; those of a caller that never paused for an hour; of one whose hours are all alike, and of a machine: who rests at
     * night or at a weekend shows in them.
     */
    minDays: z.number().min(1).max(60).default(8),
    minSteadyDays: z.number().min(1).max(60).default(3),
    minEvenDays: z.number().min(0.5).max(60).default(1),
    minMachineDays: z.number().min(0.5).max(60).default(0.75),
    /** More callers of the same tenant than this fall silent together: a holiday or a fault, nobody’s own doing. */
    maxTogether: z.number().int().min(1).max(10_000).default(3),
  },
  60,
);
export type TrafficDropSettings = Readonly<z.infer<typeof TrafficDropSettings>>;
