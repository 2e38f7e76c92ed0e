import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

/** One credential at two places that nobody travels between in the time. Needs `location` (an address database). */
export const ImpossibleTravelSettings = detectorSettings(
  {
    /** km/h; between the circles of uncertainty. */
    maxSpeedKmh: z.number().min(100).max(20_000).default(900),
    /** km; less may be the database's mistake. */
    minDistanceKm: z.number().min(50).max(20_000).default(500),
    /** Answered requests at each of both places: a few are a relay, or one application on a VPN. */
    minRequests: z.number().int().min(1).max(1000).default(6),
    /** The same, so many km apart, where both networks are known to be homes, offices or carriers: no relay is there; or of a client that it never had. */
    minRequestsSure: z.number().int().min(1).max(1000).default(3),
    sureDistanceKm: z.number().min(50).max(20_000).default(2_000),
    /**
     * A person whose client is the same at both places, and who made fewer than `minRequests` at one visit, is waited for so long after the arrival; minutes. Back by then, and not there again, it is a
     * VPN, a remote desktop or a telephone that roams, and so is whatever comes from there later. By turns they are two people.
     */
    vpnMinutes: z.number().min(0).max(1_440).default(30),
    /** Time and requests before the second place appears: who is at two places in the first days has two of them. */
    settledDays: z.number().min(0).max(365).default(2),
    settledRequests: z.number().int().min(1).max(100_000).default(10),
    /** Network prefixes from which a credential is for everybody: an app's, a web page's. */
    maxPrefixes: z.number().int().min(1).max(64).default(12),
    /** Callers who were at an address before from which on it is a gateway of theirs (an office, a remote desktop): one more of them is no thief. */
    gatewayCallers: z.number().int().min(2).max(16).default(4),
    /** More places (100 km) than this in the days before: a caller of many homes, of which this says nothing. */
    maxHomes: z.number().int().min(1).max(16).default(4),
  },
  60,
);
export type ImpossibleTravelSettings = Readonly<z.infer<typeof ImpossibleTravelSettings>>;
