import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

/** Work in the hours in which a caller rests. */
export const OffHoursSettings = detectorSettings({
  /** What is known of the caller: requests, and days since it was first seen, and days with traffic. Before the Sunday of a fourth week there are 26. */
  minHistoryRequests: z.number().int().min(100).max(10_000_000).default(200),
  minHistoryDays: z.number().int().min(7).max(365).default(26),
  minActiveDays: z.number().int().min(3).max(365).default(14),
  /** Requests within an hour. */
  minRequests: z.number().int().min(1).max(1_000_000).default(30),
  /** Days for which a caller that was told is not told again. */
  silentDays: z.number().min(1).max(365).default(14),
  /** Times what the busiest hour of the week at rest ever had, all weeks together. */
  factor: z.number().min(1).max(100).default(2),
  /** The same for callers that use an HTTP library, on top. */
  libraryFactor: z.number().min(1).max(100).default(2),
  /** A resting hour of the day has at most this share of all requests. */
  restShare: z.number().min(0).max(0.1).default(0.008),
  /** Resting hours in a row (UTC) that make a rest period. */
  minRestHours: z.number().int().min(3).max(20).default(6),
  /** Hours that do not count at the beginning and the end of a rest of ten hours or more: people stay late, and come early. */
  eveningHours: z.number().int().min(1).max(8).default(3),
  morningHours: z.number().int().min(1).max(8).default(2),
  /** A caller with more networks (/24, /48) or client fingerprints than this is many people: they have no night. */
  maxNetworks: z.number().int().min(1).max(64).default(12),
  /** Hours of the day with a real share of the work (2 %): fewer is a job at its hour. */
  minBusyHours: z.number().int().min(1).max(24).default(5),
});
export type OffHoursSettings = Readonly<z.infer<typeof OffHoursSettings>>;
