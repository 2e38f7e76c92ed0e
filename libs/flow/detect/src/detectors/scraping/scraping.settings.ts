import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

const count = (value: number) => z.number().int().min(10).max(100_000_000).default(value);

/** Breadth: different objects of one template within half a day to a day, by one caller from one address. */
export const ScrapingSettings = detectorSettings(
  {
    objects: count(500),
    /**
     * Without credentials and lists, in five to ten minutes: floor (a price tool refreshes a hundred), times the most that the address and any other ever did, others that there
     * must be, and the share of all that the address asks for.
     */
    burstObjects: count(120),
    overBurst: z.number().min(1).max(100).default(4),
    burstOthers: z.number().int().min(1).max(60).default(10),
    burstShare: z.number().min(0).max(1).default(0.9),
    /** Part of all objects that were ever seen of the template. */
    coverage: z.number().min(0).max(1).default(0.1),
    /** Share of the requests that went to objects it never asked for before. */
    minNewShare: z.number().min(0).max(1).default(0.85),
    /** Without a credential: share of what the address asked for in the last ten minutes. A crowd behind one address asks for many things. */
    minTrafficShare: z.number().min(0).max(1).default(0.4),
    /** Times the most that the caller ever did. */
    overHabit: z.number().min(1).max(100).default(2),
    /** Callers with credentials that are known for less than `habitHours`: floor. */
    unknownObjects: count(3000),
    habitHours: z.number().min(0.5).max(720).default(24),
    /** Crawlers that say what they are: floor times this. */
    crawlerFactor: z.number().min(1).max(1000).default(10),
    /** Objects that one list may have named. */
    perList: count(110),
    /** Objects in the order of their ids that addresses without credentials read in turn; least addresses. */
    sharedSteps: z.number().int().min(10).max(100_000).default(40),
    sharedAddresses: z.number().int().min(3).max(64).default(10),
    /** So many other callers that do alike make it the way the API is used. */
    alike: z.number().int().min(1).max(15).default(3),
  },
  60,
);
export type ScrapingSettings = z.infer<typeof ScrapingSettings>;
