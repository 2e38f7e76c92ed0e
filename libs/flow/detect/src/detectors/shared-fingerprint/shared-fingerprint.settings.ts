import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

const count = (value: number) => z.number().int().min(1).max(100_000).default(value);

/** One client behind one address that uses the credentials of many. */
export const SharedFingerprintSettings = detectorSettings(
  {
    /** Callers within ten minutes that are known from elsewhere and have never used this network nor this client. */
    newCallers: count(5),
    /** The same while the callers themselves are not known yet; besides, some of the requests must be refused. */
    newCallersUnknown: count(10),
    minRefused: count(3),
    /** The same with no more to go by than that a program for scripts comes late into the log with so many that nobody knows. */
    newCallersScripted: count(20),
    /** Where no clients are logged: so many callers that had an address of their own and all come from this one. */
    newCallersByPlace: count(15),
    /**
     * Of callers that are hardly known: so many that were seen elsewhere with another client, all used by a program for scripts at an address
     * that comes late into the log; whatever the client, so many that were seen elsewhere, half of which are there again meanwhile, or that
     * come by a clock.
     */
    newCallersBorrowed: count(6),
    newCallersTorn: count(8),
    /** Callers whose keys were told as leaked to one address within an hour. */
    leakedCallers: z.number().int().min(2).max(64).default(2),
    /** Different homes of those callers: fewer is one network that moved. */
    minHomes: count(3),
    /** Part of them that use the same client. */
    sameClientShare: z.number().min(0).max(1).default(0.8),
    /** Callers that use the address by habit, as part of the new ones, from which it is a place of many. */
    habitShare: z.number().min(0).max(10).default(0.5),
    /** What is known of a caller from elsewhere: answered requests. */
    minHistoryRequests: count(10),
  },
  60,
);
export type SharedFingerprintSettings = Readonly<z.infer<typeof SharedFingerprintSettings>>;
