import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

const count = (value: number) => z.number().int().min(1).max(1_000_000).default(value);
const share = (value: number) => z.number().min(0).max(1).default(value);

/** A credential that works from a place and with a client that its owner never had. */
export const LeakedCredentialSettings = detectorSettings(
  {
    /** Answered requests of the stranger. */
    minRequests: count(5),
    /** The same where place and client together are as unlikely as `maxUnlikely`. */
    minUnlikely: count(4),
    maxUnlikely: share(0.01),
    /** What is known of the owner: answered requests, days with traffic. */
    minHistoryRequests: count(100),
    minHistoryDays: z.number().int().min(1).max(365).default(3),
    /** How likely a new place, a new client, and both together may be on one day, by what its owner did before. */
    maxNovelty: share(0.3),
    maxTogether: share(0.03),
    /**
     * Of an owner who is known for so few days, where the stranger is at administration or exports: history and chances that are enough. So few
     * days leave every chance high, and whoever only tries something out begins elsewhere.
     */
    shortDays: z.number().int().min(1).max(365).default(4),
    sensitiveHistoryRequests: count(50),
    sensitiveHistoryDays: z.number().int().min(1).max(365).default(2),
    sensitiveNovelty: share(0.5),
    sensitiveTogether: share(0.09),
    /** Usual requests in ten minutes from which an owner who moved is told from one who did not: it would be missed at the old place. */
    denseRequests10m: count(5),
    /** Requests an hour of the stranger that are no move, whoever is missed: at least so many, and so many times the owner's busiest hour. */
    loudRequests: count(30),
    loudFactor: z.number().min(1).max(1000).default(1.5),
    /** So many callers that take up the same service that acts for users (it says so by name) within 48 hours are its customers. */
    adoptingCallers: z.number().int().min(2).max(100).default(3),
  },
  // the stranger who comes again tomorrow is the same one
  1_440,
);
export type LeakedCredentialSettings = Readonly<z.infer<typeof LeakedCredentialSettings>>;
