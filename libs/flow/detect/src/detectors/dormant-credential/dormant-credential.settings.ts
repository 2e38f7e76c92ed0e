import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

const count = (value: number) => z.number().int().min(1).max(1_000_000).default(value);

/** A credential that nobody used for weeks. */
export const DormantCredentialSettings = detectorSettings(
  {
    /** Silence; days. */
    silentDays: z.number().min(7).max(365).default(30),
    /** Requests within an hour of its return; one answered request to a sensitive endpoint (administration, export) is as much. */
    minRequests: count(20),
    /** What was seen of it before: a key that was only ever tried was not in use, and going live is no return. */
    minRequestsBefore: count(20),
    minDaysBefore: count(2),
    /** The same of what returns to a sensitive endpoint: a few requests on each of some days are use as well. */
    sparseRequestsBefore: count(8),
    sparseDaysBefore: count(3),
    /** Days of use before the silence from which on it is no job of the month: that has one day, or a few. */
    dailyUseDays: count(6),
    /** Earlier pauses of 20 days or more from which it is a matter of seasons. */
    seasonalPauses: z.number().int().min(1).max(100).default(2),
    /** How long after its return it is told; hours. */
    returnHours: z.number().min(1).max(240).default(24),
  },
  60,
);
export type DormantCredentialSettings = Readonly<z.infer<typeof DormantCredentialSettings>>;
