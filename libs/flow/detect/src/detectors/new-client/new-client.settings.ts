import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

const count = (value: number) => z.number().int().min(1).max(1_000_000).default(value);

/** Another kind of client in a caller's usual place. */
export const NewClientSettings = detectorSettings(
  {
    /** Answered requests with the new client. */
    minRequests: count(5),
    /** What is known of the caller: answered requests, days with traffic. */
    minHistoryRequests: count(200),
    minHistoryDays: z.number().int().min(1).max(365).default(5),
    /** How likely a new client may be on one day by what the caller did before. */
    maxNovelty: z.number().min(0).max(1).default(0.1),
    /** Usual requests in ten minutes from which a caller would be missed with its old client. */
    denseRequests10m: count(5),
    /** How often a library must come again after the old client was heard of; command-line clients are told at once. */
    minTurns: count(2),
    /** Or so many requests with the old client after it: it was not replaced. */
    minOthers: count(3),
    /** A library alone, without the old client: so many times the caller's busiest hour. */
    loudFactor: z.number().min(0.5).max(1000).default(1),
    /** Or so many requests at the time of day at which the caller rests, once so many days of it are known. */
    nightRequests: count(8),
    nightHistoryDays: z.number().int().min(1).max(365).default(7),
    /** So many callers that take up the same client within 48 hours are an upgrade. */
    upgradeCallers: z.number().int().min(2).max(100).default(3),
  },
  // who works with the new client all day is told once
  1_440,
);
export type NewClientSettings = Readonly<z.infer<typeof NewClientSettings>>;
