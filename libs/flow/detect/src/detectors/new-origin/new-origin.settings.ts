import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

const count = (value: number) => z.number().int().min(1).max(1_000_000).default(value);
const share = (value: number) => z.number().min(0).max(1).default(value);

/** A known client of a caller in a place where the caller never was. */
export const NewOriginSettings = detectorSettings(
  {
    /** Answered requests from the new place; where only prefixes are known, more. */
    minRequests: count(5),
    minRequestsByPrefix: count(10),
    /** What is known of the caller: answered requests, days with traffic. */
    minHistoryRequests: count(200),
    minHistoryDays: z.number().int().min(1).max(365).default(5),
    /** How likely a new provider (autonomous system), or a new prefix, may be on one day by what the caller did before. */
    maxNovelty: share(0.1),
    maxNoveltyByPrefix: share(0.08),
    /** Of a program abroad, at exports or administration that its caller never asked for: less history, and a chance that few days leave. */
    sensitiveHistoryRequests: count(50),
    sensitiveHistoryDays: z.number().int().min(1).max(365).default(2),
    sensitiveNovelty: share(0.25),
    /** Usual requests in ten minutes from which a caller would be missed at its old place. */
    denseRequests10m: count(5),
    /** How often the new place must come again after the old one was heard of. */
    minTurns: z.number().int().min(0).max(1000).default(1),
    /** Or so many requests from the old place after it. */
    minOthers: count(3),
  },
  // a person pauses, and the new place is the same one
  1_440,
);
export type NewOriginSettings = Readonly<z.infer<typeof NewOriginSettings>>;
