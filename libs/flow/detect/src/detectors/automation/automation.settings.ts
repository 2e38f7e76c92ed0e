import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

/** Clockwork where others are people. Never more than a hint. */
export const AutomationSettings = detectorSettings(
  {
    /** Gaps in a row, at one endpoint. */
    gaps: z.number().int().min(20).max(10_000).default(100),
    /** Coefficient of variation (standard deviation ÷ mean) of the gaps of clockwork, and from which on a caller is a person. */
    regular: z.number().min(0).max(1).default(0.1),
    human: z.number().min(0).max(10).default(0.5),
    /** Shorter gaps are a loop, not a clock; ms. */
    minGapMs: z.number().min(1).max(60_000).default(300),
    /** Longer ones are a poller's or a timetable's, which anybody may have; ms. */
    maxGapMs: z.number().min(1_000).max(600_000).default(15_000),
    /** People that the endpoint must know, and it must know no other clockwork. */
    minPeople: z.number().int().min(1).max(64).default(5),
  },
  90,
);
export type AutomationSettings = Readonly<z.infer<typeof AutomationSettings>>;
