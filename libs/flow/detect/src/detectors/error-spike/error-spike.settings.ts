import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

const share = (value: number) => z.number().min(0).max(1).default(value);

/** Errors of one caller in five minutes: 5xx, and separately 4xx without 401, 403, 404 and 429. */
export const ErrorSpikeSettings = detectorSettings(
  {
    /** Requests in the window below which nothing is judged. */
    minRequests: z.number().int().min(10).max(1_000_000).default(50),
    /** Server errors: fewer requests that are enough, the lower bound of their share, and requests of others since then, none of which failed. */
    plainRequests: z.number().int().min(10).max(1_000_000).default(25),
    plainErrorShare: share(0.3),
    plainOthersRequests: z.number().int().min(1).max(100_000).default(8),
    /** As `minRequests` where nobody else called the service meanwhile: whether it fails for all cannot be seen. */
    aloneRequests: z.number().int().min(10).max(1_000_000).default(100),
    /** Standard deviations of the Wilson bound. */
    z: z.number().min(1).max(6).default(3),
    /** Times the caller's own ratio so far. */
    baselineRatio: z.number().min(1).max(100).default(3),
    /** Lower bound of the error ratio from which it is a spike. */
    minErrorShare: share(0.05),
    /** The same for 4xx. */
    minClientErrorShare: share(0.2),
    /** Share of 4xx from which the client does nothing right. */
    brokenShare: share(0.97),
    /** The same for both while less than a day of the caller is known. */
    learningErrorShare: share(0.3),
    /** Error ratio of the service's other callers since the errors began, from which it is the service's health, not the caller. */
    healthOthersShare: share(0.25),
    /** Requests of other callers that can tell. */
    healthOthersRequests: z.number().int().min(1).max(1000).default(3),
    /** Callers with errors from which the health finding on the service is reported. */
    healthCallers: z.number().int().min(2).max(10_000).default(5),
    /** Whether the outage of a service, which is nobody's abuse, is told as well (severity info). */
    reportHealth: z.boolean().default(false),
  },
  20,
);
export type ErrorSpikeSettings = Readonly<z.infer<typeof ErrorSpikeSettings>>;
