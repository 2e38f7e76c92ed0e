import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

const hours = (value: number) => z.number().min(0).max(2160).default(value);
const count = (value: number) => z.number().int().min(1).max(1000).default(value);

/** Functions that a caller never used and hardly anybody else does. */
export const FunctionLevelAbuseSettings = detectorSettings({
  /** Different functions refused, or of those that are merely rare: opened or refused, within an hour. */
  refused: count(3),
  rare: count(3),
  /** Part of the known consumers that may use an area for it to be rare; at least one may. */
  rareShare: z.number().min(0).max(1).default(0.1),
  /** The same where the area administers by its words. */
  adminShare: z.number().min(0).max(1).default(0.25),
  minPeers: count(8),
  /** Time that the area and the caller must be known before an answer tells; administration, and the rest; hours of event time. */
  adminHours: hours(24),
  otherHours: hours(48),
  callerHours: hours(24),
  /** Of who is known for less: when so many times as many functions are opened as are refused, it is staff. */
  openedOverRefused: z.number().min(1).max(1000).default(2),
  /** A caller that only ever read, for so many hours and requests, and deletes: high from so many deletions on; the endpoint must have had as many. */
  readerHours: hours(48),
  readerRequests: count(50),
  deletions: count(3),
  /** A caller without privileges that reaches for them: worth of what is answered (administration and rights 2, the rest 1, each object 1). */
  privilege: count(2),
  /** Others that must be known for that: of fewer, each may have a task of its own. */
  privilegePeers: count(5),
  /** Uses of each other user from which removing accounts and giving rights is the task of few: the first of another is worth two more. */
  taskUses: count(5),
  /** It must be known for so many minutes and requests before the first tells; for `readerHours` it needs one more. */
  shortMinutes: z.number().min(0).max(10_080).default(30),
  shortRequests: count(20),
  /** Different objects of privileged functions that are refused within an hour. */
  refusedObjects: count(5),
});
export type FunctionLevelAbuseSettings = z.infer<typeof FunctionLevelAbuseSettings>;
