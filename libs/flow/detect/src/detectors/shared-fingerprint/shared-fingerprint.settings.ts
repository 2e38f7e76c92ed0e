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
