import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

const count = (value: number) => z.number().int().min(2).max(100_000).default(value);
const share = (value: number) => z.number().min(0).max(1).default(value);

/** Ways around a rate limit. Riding it (95 % of what is allowed, all the time) is no evasion. */
export const RateLimitEvasionSettings = detectorSettings({
  /** Different credentials of one client that took turns in 30 min, each handing over when it met its limit. */
  keys: count(5),
  /** Different addresses of one client stack, without credentials, that took turns the same way. */
  addresses: count(10),
  /** Requests in a row with one identity before a hand-over counts. */
  minRun: z.number().int().min(1).max(1000).default(3),
  /** Hand-overs among all changes of identity: callers that merely share an address interleave. */
  minTurnShare: share(0.6),
  /** Different claimed addresses (X-Forwarded-For) of one client in 10 min, where most of its requests are refused. */
  claims: count(20),
  /** The same where they are answered; three times that of an address that was there from the first. */
  claimsAnswered: count(100),
  /** The same where an address of the public network claims addresses of private ones. */
  privateClaims: count(20),
  /** Time for which others were watched before its first claim, from which an address has come; minutes. */
  claimsLeadMinutes: z.number().min(0).max(1440).default(5),
  /** Different claims per request: a proxy passes on the same people again and again. */
  minClaimShare: share(0.8),
  /** Its requests at one endpoint. */
  minSameEndpoint: share(0.8),
});
export type RateLimitEvasionSettings = Readonly<z.infer<typeof RateLimitEvasionSettings>>;
