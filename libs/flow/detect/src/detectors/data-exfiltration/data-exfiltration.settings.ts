import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

const MIB = 1_048_576;
const bytes = (mib: number) =>
  z
    .number()
    .min(1024)
    .max(1e15)
    .default(mib * MIB);
const factor = (value: number) => z.number().min(1).max(10_000).default(value);

/** Bytes of answers to one caller; windows slide by five minutes, an hour by an hour. */
export const DataExfiltrationSettings = detectorSettings(
  {
    /** Floor of one to two hours, and of exports and the like; bytes. */
    floor: bytes(50),
    sensitiveFloor: bytes(20),
    /** Of so many exports in a row by who has credentials and never took one before, in so many hours with traffic: floor, and times its most. */
    firstExports: z.number().int().min(1).max(1000).default(3),
    firstExportHours: z.number().int().min(1).max(720).default(24),
    firstExportFloor: bytes(10),
    overFirstExport: factor(30),
    /** Times the most that the caller ever took in such a time. */
    overHabit: factor(6),
    /** The same of who is known by fewer hours with traffic than this: the most of a few hours says little. */
    youngHours: z.number().int().min(1).max(720).default(24),
    overYoungHabit: factor(10),
    /** Time that a caller must be known for its habits to count; hours of event time. */
    habitHours: z.number().min(0.5).max(720).default(24),
    /** What a byte of pictures, sound and film counts: a new device fetches all of its owner's, and records are text. */
    mediaShare: z.number().min(0).max(1).default(0.02),
    /** From this share of its answers on that created or changed something, beyond what it ever did, it works: times the limits. */
    madeShare: z.number().min(0.01).max(1).default(0.2),
    overWorking: factor(4),
    /** Without habits: the same factor for who sent this part of what it took. */
    givenShare: z.number().min(0.01).max(1).default(0.1),
    /** So many other callers that leapt like it at the same endpoint within a month make it the way the endpoint is used. */
    alike: z.number().int().min(1).max(1000).default(3),
    /** Times all limits for an address that calls itself a crawler: it takes what the public is given, and one large file is a download. */
    crawlerFactor: factor(10),
    /** Without habits: floor in bytes, and times the most that any other caller takes; other callers that there must be. */
    unknownFloor: bytes(500),
    overPeers: factor(20),
    minPeers: z.number().int().min(1).max(1000).default(5),
    /** Of who took less than 10 MB in half of `quietHours` before, fewer do. */
    fewPeers: z.number().int().min(1).max(1000).default(3),
    /** Without habits, of who took less than 10 MB in so many hours before: floor. */
    quietHours: z.number().min(0.1).max(720).default(0.5),
    quietFloor: bytes(200),
  },
  30,
);
export type DataExfiltrationSettings = z.infer<typeof DataExfiltrationSettings>;
