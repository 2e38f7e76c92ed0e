import type { Severity } from '@outrider/domain/detection/alert';
import type { FailureCounts } from '../../windows/failure-log.ts';
import type { Pace } from './cadence.ts';
import type { BruteForceSettings } from './brute-force.settings.ts';

export const BRUTE_FORCE_VERSION = '2';

/** Part of the refusals that is for different credentials where each is another guess. */
const ALL_DISTINCT = 0.9;

export interface GuessingView {
  /** Refusals; marks are fingerprints of the credentials presented, those that ever worked left out. */
  readonly in60s: FailureCounts;
  readonly in10m: FailureCounts;
  /** All requests of the caller in the same spans. */
  readonly requests60s: number;
  readonly requests10m: number;
  /** Nearly all refusals of the last minute are younger than 20 s: so a page asks that is opened with an old token. */
  readonly allAtOnce?: boolean;
  /** The address has been seen with a credential that works. */
  readonly knownGood: boolean;
  /** The latest of them come by a clock, as a poller's do. */
  readonly steady?: boolean;
  /** The refused showed no credential, in a log that has headers, and nearly each asked for another path: paths are tried, no keys. */
  readonly triesPaths?: boolean;
}

export interface GuessingVerdict {
  readonly kind: 'guessing' | 'blind-guessing' | 'spraying' | 'slow-guessing' | 'steady-guessing';
  readonly windowMs: number;
  readonly observed: number;
  readonly limit: number;
  readonly distinct: number;
  readonly severity: Severity;
  readonly confidence: number;
}

/**
 * Flags an address that tries many different credentials at the gateway. One credential repeated (a stale key in a fleet) is not
 * guessing, whatever its rate. False positives: a fleet behind one address whose keys were all revoked and never seen working
 * (`gatewayDistinct…`); a client that lost its Authorization header and retries fast (`blindFailures…`).
 */
export const judgeGatewayGuessing = (view: GuessingView, s: BruteForceSettings): GuessingVerdict | undefined => {
  const { in60s, in10m } = view;
  const failing60 = in60s.failures >= s.minFailureShare * view.requests60s;
  const failing10 = in10m.failures >= s.minFailureShare * view.requests10m;
  if (failing60 && in60s.failures > s.gatewayFailures60s && varied(in60s, s.gatewayDistinct60s, s))
    return guessing(in60s, 60_000, s.gatewayFailures60s);
  if (failing10 && in10m.failures > s.gatewayFailures10m && varied(in10m, s.gatewayDistinct10m, s))
    return guessing(in10m, 600_000, s.gatewayFailures10m);
  if (view.knownGood) return undefined;
  if (failing10 && in10m.distinct >= s.gatewayAllDistinct10m && in10m.distinct >= ALL_DISTINCT * in10m.remembered)
    return guessing(in10m, 600_000, s.gatewayAllDistinct10m - 1);
  if (view.steady === true || view.triesPaths === true) return undefined;
  const blind = (c: FailureCounts): boolean => c.unmarked >= 0.9 * c.remembered;
  if (failing60 && view.allAtOnce !== true && in60s.failures > s.blindFailures60s && blind(in60s))
    return blindly(in60s, 60_000, s.blindFailures60s);
  if (failing10 && in10m.failures > s.blindFailures10m && blind(in10m))
    return blindly(in10m, 600_000, s.blindFailures10m);
  return undefined;
};

/**
 * Flags a caller (from one address) whose logins at the upstream mostly fail, often. False positives: a broken client that repeats one
 * wrong password (indistinguishable without bodies: `loginFailures…`); an endpoint named like a login that is none (`authWords`).
 */
export const judgeLoginGuessing = (
  in60s: FailureCounts,
  in10m: FailureCounts,
  s: BruteForceSettings,
): GuessingVerdict | undefined => {
  if (in60s.failures >= s.loginFailures60s && in60s.failures >= s.loginFailureShare * in60s.attempts)
    return login(in60s, 60_000, s.loginFailures60s, s);
  if (in10m.failures >= s.loginFailures10m && in10m.failures >= s.loginFailureShare * in10m.attempts)
    return login(in10m, 600_000, s.loginFailures10m, s);
  if (
    in10m.failures >= s.sprayingFailures10m &&
    in10m.distinct >= Math.max(s.sprayingDistinct, 0.8 * in10m.remembered) &&
    in10m.failures >= 0.8 * in10m.attempts
  )
    return login(in10m, 600_000, s.sprayingFailures10m, s);
  return undefined;
};

export interface SlowView extends Pace {
  /** `token`: programs log in there, and a stuck one tries for ever, by its clock. */
  readonly place: 'gateway' | 'login' | 'token';
  /** Whoever it is shows a working credential of the gateway. */
  readonly authenticated: boolean;
}

const HOUR_MS = 3_600_000;

/**
 * Flags failures that go on for hours with no success between, too slow for the other limits. False positives: a stuck program, which
 * tries by a clock; a poller with one bad key, which tries one credential; a person who comes back, who succeeds in the end.
 */
export const judgeSlowGuessing = (v: SlowView, s: BruteForceSettings): GuessingVerdict | undefined => {
  if (v.place === 'gateway' && v.distinct < Math.max(s.slowFailures, 0.8 * v.failures)) return undefined;
  if (v.steady && v.place !== 'gateway' && (v.place === 'token' || v.authenticated)) return undefined;
  const slow = v.failures >= s.slowFailures && v.medianGapMs >= s.slowGapMinutes * 60_000;
  const persistent =
    v.failures >= s.slowPersistent &&
    v.spanMs >= HOUR_MS &&
    v.medianGapMs >= 20_000 &&
    (v.place === 'gateway' || !v.steady);
  if (!slow && !persistent) return undefined;
  const limit = slow ? s.slowFailures : s.slowPersistent;
  return {
    kind: 'slow-guessing',
    windowMs: v.spanMs,
    observed: v.failures,
    limit,
    distinct: v.distinct,
    severity: v.failures >= 2 * limit ? 'high' : 'medium',
    confidence: Math.min(0.85, 0.7 + 0.05 * Math.log2(v.failures / limit)),
  };
};

/** Half as many again, where a stuck program is what one thinks of first. */
const BY_A_CLOCK = 1.5;

/**
 * Flags failures of one address at a login for people, in one hour and with no success between, that are too slow for the limits of minutes
 * and too fast for those of a day. A client with one stale password that tries by its clock looks alike, but was let in before; one that
 * was never seen before is worth a look. `v` is of the last hour.
 */
export const judgeHourOfGuessing = (
  v: SlowView & { readonly knownAddress: boolean },
  s: BruteForceSettings,
): GuessingVerdict | undefined => {
  if (v.place !== 'login' || v.knownAddress || (v.steady && v.authenticated)) return undefined;
  const limit = v.steady ? Math.floor(BY_A_CLOCK * s.hourFailures) : s.hourFailures;
  if (v.failures < limit) return undefined;
  return {
    kind: 'steady-guessing',
    windowMs: v.spanMs,
    observed: v.failures,
    limit,
    distinct: v.distinct,
    severity: 'medium',
    confidence: v.steady ? 0.65 : 0.75,
  };
};

const varied = (c: FailureCounts, distinct: number, s: BruteForceSettings): boolean =>
  c.distinct >= distinct && c.distinct >= s.gatewayDistinctShare * c.remembered;

const guessing = (c: FailureCounts, windowMs: number, limit: number): GuessingVerdict => ({
  kind: 'guessing',
  windowMs,
  observed: c.failures,
  limit,
  distinct: c.distinct,
  severity: c.failures >= limit * 10 ? 'critical' : 'high',
  confidence: Math.min(0.97, 0.85 + 0.05 * Math.log2(c.failures / limit)),
});

const blindly = (c: FailureCounts, windowMs: number, limit: number): GuessingVerdict => ({
  kind: 'blind-guessing',
  windowMs,
  observed: c.failures,
  limit,
  distinct: c.distinct,
  severity: 'medium',
  confidence: Math.min(0.75, 0.55 + 0.05 * Math.log2(c.failures / limit)),
});

const login = (c: FailureCounts, windowMs: number, limit: number, s: BruteForceSettings): GuessingVerdict => ({
  kind: c.distinct >= s.sprayingDistinct && c.distinct >= 0.5 * c.remembered ? 'spraying' : 'guessing',
  windowMs,
  observed: c.failures,
  limit,
  distinct: c.distinct,
  severity: c.failures >= limit * 10 ? 'critical' : 'high',
  confidence: Math.min(0.95, 0.75 + 0.05 * Math.log2(Math.max(1, c.failures / limit))),
});
