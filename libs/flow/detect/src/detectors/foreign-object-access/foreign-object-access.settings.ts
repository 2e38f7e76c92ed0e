import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

const count = (value: number) => z.number().int().min(1).max(60_000).default(value);

/** Objects that one other caller alone used. */
export const ForeignObjectAccessSettings = detectorSettings(
  {
    /** Uses by the other caller that make an object its own. */
    ownerUses: count(20),
    /** Such objects within an hour. */
    objects: count(3),
    /** The same of objects that it used a few times, so many of them, with so little chance. */
    fewUses: count(2),
    fewObjects: count(4),
    fewMaxChance: z.number().min(0).max(1).default(0.000001),
    /** The same of objects that are its own, one now and then: within a day, with so little chance. */
    dayObjects: count(5),
    dayMaxChance: z.number().min(0).max(1).default(0.000001),
    high: count(10),
    /** Where objects are private: pairs of caller and object there, other callers, and the largest share of pairs whose object another had before. */
    pairs: count(30),
    otherCallers: count(2),
    maxShared: z.number().min(0).max(1).default(0.25),
    /** The share of the template for objects that the other used but a few times, and for those that come one now and then: pages of a list are shared whole. */
    fewMaxShared: z.number().min(0).max(1).default(0.1),
    /** How likely so many of others may be by chance, at that share. */
    maxChance: z.number().min(0).max(1).default(0.0001),
    /** Time that the caller must be known; hours of event time. A new one may have taken over from another. */
    habitHours: z.number().min(0).max(720).default(24),
    /** Less is enough of who has so many objects that nobody else had; hours, objects of the other, and how likely they may be. */
    seenHours: z.number().min(0).max(720).default(0.5),
    ownObjects: count(5),
    seenObjects: count(4),
    seenMaxChance: z.number().min(0).max(1).default(0.00003),
    /** Where so many pairs are known and one other caller, such a caller is told from so many objects on. */
    fewPairs: count(10),
    fewPairsObjects: count(5),
  },
  1_440,
);
export type ForeignObjectAccessSettings = z.infer<typeof ForeignObjectAccessSettings>;
