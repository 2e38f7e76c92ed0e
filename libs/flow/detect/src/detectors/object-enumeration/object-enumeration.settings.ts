import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

const count = (value: number) => z.number().int().min(1).max(1_000_000).default(value);

/** Walks through other people's objects. Counts are of objects that the caller never asked for before, in five to ten minutes. */
export const ObjectEnumerationSettings = detectorSettings({
  /** With refusals: new objects; refused ones among them as points (403 and 401: 2, 404: 1); the refused share. */
  refusedObjects: count(25),
  refusedPoints: count(22),
  refusedShare: z.number().min(0.01).max(1).default(0.15),
  /** Fewer points are enough of so many objects with such a refused share. */
  manyObjects: count(50),
  manyRefusedShare: z.number().min(0.01).max(1).default(0.2),
  manyRefusedPoints: count(10),
  /** Callers without credentials: all three counts times this. */
  anonymousFactor: z.number().min(1).max(100).default(2),
  /** Without refusals: floor, and times the most that the caller ever did. */
  objects: count(50),
  objectsHour: count(300),
  overHabit: z.number().min(1.5).max(100).default(4),
  /** The same at a template that the caller did not use until an hour ago. */
  overHabitElsewhere: z.number().min(1).max(100).default(2),
  /** A lower floor for who has read for so many stretches of five minutes and never came near: so many times its most. */
  plainObjects: count(40),
  overPlainHabit: z.number().min(2).max(1000).default(8),
  plainFilled: count(24),
  /** Objects that it wrote to do not count; from this share of them on it works on objects, and has so many times the limits. */
  writtenShare: z.number().min(0.01).max(1).default(0.2),
  overWorking: z.number().min(1).max(100).default(4),
  /** Share of the requests that went to new objects. */
  minNewShare: z.number().min(0).max(1).default(0.8),
  /** Time that a caller must be known for its habits to count; hours of event time. */
  habitHours: z.number().min(0.5).max(720).default(12),
  /** Without any habits: floor. */
  unknownObjects: count(600),
  /** The same of who was seen for so many hours and stretches of five minutes, beside so many others: a lower floor, and times the most of them and its own. */
  strangeObjects: count(150),
  overOthers: z.number().min(1).max(1000).default(8),
  seenHours: z.number().min(0.1).max(720).default(0.5),
  seenFilled: count(3),
  fewOthers: count(5),
  /**
   * At any time, whatever is known: so many numbers within `rapidSeconds`, or twice as many at this pace, without a pause and nearly none
   * twice, of a region at most so many times as wide, over times the habit. No person reads so, and no list named them.
   */
  rapidObjects: count(180),
  rapidSeconds: z.number().min(1).max(600).default(30),
  rapidPace: z.number().min(0.5).max(10_000).default(5),
  rapidNewShare: z.number().min(0.1).max(1).default(0.95),
  rapidRegion: z.number().min(1).max(1_000_000).default(20),
  /** Objects that one list may have named. */
  perList: count(110),
  /** So many other callers that do alike make it the way the API is used. */
  alike: count(3),
});
export type ObjectEnumerationSettings = z.infer<typeof ObjectEnumerationSettings>;
