import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

const count = (value: number) => z.number().int().min(1).max(1_000_000).default(value);

/** Steps of a flow that are left out. */
export const SequenceAnomalySettings = detectorSettings(
  {
    /** Uses of a step from which the steps before it are known, and callers that it was learned from. */
    learned: count(50),
    learnedCallers: count(4),
    /** Share of these uses that a step must have come before. */
    share: z.number().min(0.5).max(1).default(0.95),
    /** Uses without a needed step within a day, of a caller that used to keep the order this often. */
    skips: count(4),
    orderly: count(3),
    /** Needed steps that must be left out. */
    missing: count(2),
    /** The same of a caller that is known for days (and requests) and never took the step before, or in order but seldom: more uses, and more steps left out. */
    newSkips: count(6),
    newMissing: count(3),
    knownRequests: count(50),
    knownDays: z.number().min(0).max(365).default(2),
    /** In a younger log: so many uses, of a caller that did so many other things for half an hour before its first. */
    youngSkips: count(10),
    youngRequests: count(5),
    /** Of a caller that was never seen before today: so many uses, where the steps were learned from so many uses by so many callers. */
    strangerSkips: count(10),
    strangerUses: count(300),
    strangerCallers: z.number().int().min(1).max(16).default(16),
  },
  120,
);
export type SequenceAnomalySettings = Readonly<z.infer<typeof SequenceAnomalySettings>>;
