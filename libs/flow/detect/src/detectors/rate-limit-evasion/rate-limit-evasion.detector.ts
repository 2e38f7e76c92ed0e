import type { Severity } from '@outrider/domain/detection/alert';
import type { RateLimitEvasionSettings } from './rate-limit-evasion.settings.ts';

export const RATE_LIMIT_EVASION_VERSION = '2';

/** How the identities of one client followed one another in half an hour. */
export interface TurnsView {
  readonly by: 'credential' | 'address';
  /** Changes of identity right after the one before met its limit, and other changes. */
  readonly turns: number;
  readonly changes: number;
  readonly distinct: number;
}

/** What one client claimed in X-Forwarded-For in ten minutes. */
export interface ClaimsView {
  readonly requests: number;
  readonly distinct: number;
  readonly refused: number;
  readonly sameEndpoint: number;
  /** Claims of addresses of private networks, and of which kind its own is. */
  readonly private: number;
  readonly from: 'private' | 'public';
  /** How long others were watched before its first claim; ms. */
  readonly leadMs: number;
}

export interface EvasionVerdict {
  readonly limit: number;
  readonly severity: Severity;
  readonly confidence: number;
}

/** Flags one client that goes on with another identity whenever one met its limit. False positives: a test of the limits. */
export const judgeTurns = (view: TurnsView, s: RateLimitEvasionSettings): EvasionVerdict | undefined => {
  const limit = view.by === 'credential' ? s.keys : s.addresses;
  if (view.distinct < limit || view.turns < limit - 1 || view.turns < s.minTurnShare * view.changes) return undefined;
  return {
    limit,
    severity: view.by === 'credential' || view.distinct >= 2 * limit ? 'high' : 'medium',
    confidence: Math.min(0.93, 0.78 + 0.05 * Math.log2(view.distinct / limit + 1)),
  };
};

/**
 * Flags one client that claims another origin with each request. False positives: a load balancer that Kong does not trust
 * (`trusted_ips`), which claims its clients: many kinds of clients and endpoints, each claim again and again.
 */
export const judgeClaims = (view: ClaimsView, s: RateLimitEvasionSettings): EvasionVerdict | undefined => {
  const limit = claimsLimit(view, s);
  if (
    view.distinct < limit ||
    view.distinct < s.minClaimShare * view.requests ||
    view.sameEndpoint < s.minSameEndpoint * view.requests
  )
    return undefined;
  return {
    limit,
    severity: view.distinct >= 5 * limit ? 'high' : 'medium',
    confidence: Math.min(0.9, 0.75 + 0.05 * Math.log2(view.distinct / limit)),
  };
};

/**
 * Refused, few are enough. A load balancer stands in a private network, or was there from the first, and claims people of the public one; an
 * address of the public network that begins to claim private ones, another each time, is neither.
 */
const claimsLimit = (view: ClaimsView, s: RateLimitEvasionSettings): number => {
  if (view.refused * 2 >= view.requests) return s.claims;
  const claimsPrivate = view.private >= 0.9 * view.requests;
  if (view.from === 'private' && !claimsPrivate) return Number.POSITIVE_INFINITY;
  const came = view.leadMs >= s.claimsLeadMinutes * 60_000;
  if (came && claimsPrivate && view.from === 'public') return s.privateClaims;
  return came ? s.claimsAnswered : 3 * s.claimsAnswered;
};
