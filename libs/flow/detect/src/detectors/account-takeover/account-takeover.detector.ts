import type { Severity } from '@outrider/domain/detection/alert';
import type { AccountTakeoverSettings } from './account-takeover.settings.ts';

export const ACCOUNT_TAKEOVER_VERSION = '1';

export interface TakeoverView {
  /** Failed logins in a row before the success. */
  readonly failures: number;
  /** Another detector already says that this client guesses. */
  readonly isGuesser: boolean;
  /** Many logged in from its address lately: failures in a row are of different people. */
  readonly isCrowd: boolean;
  /** What the client is shows in the log; false: only its address. */
  readonly clientKnown: boolean;
  /** They and the success came by a clock, at an address that nobody logged in from before. */
  readonly byClock: boolean;
  /** They took longer than a person stays at it. */
  readonly slow: boolean;
  /** The failures came by a clock at a place for programs: it waited for a person to allow it. */
  readonly waited: boolean;
  /** They came by a slow clock, and the success did not: a device tried its old password until somebody gave it the new one. */
  readonly mended: boolean;
}

export interface TakeoverVerdict {
  readonly limit: number;
  readonly severity: Severity;
  readonly confidence: number;
}

/**
 * Flags a login that works after many in a row that did not. False positives: who mistypes that often and then remembers (who resets the
 * password is left out); several people behind one address with the same program.
 */
export const judgeTakeover = (v: TakeoverView, s: AccountTakeoverSettings): TakeoverVerdict | undefined => {
  if (v.waited || v.isCrowd) return undefined;
  const limit = (v.clientKnown ? s.minFailures : Math.ceil(s.minFailures * s.sharedFactor)) * (v.slow ? 2 : 1);
  if (v.isGuesser && v.failures > 0) return { limit, severity: 'high', confidence: 0.88 };
  if (v.byClock && v.failures >= s.minFailuresByClock && v.failures < limit)
    return { limit: s.minFailuresByClock, severity: 'low', confidence: 0.6 };
  if (v.failures < limit || v.mended) return undefined;
  const isMany = v.failures >= s.manyFailures * (v.clientKnown ? 1 : s.sharedFactor) * (v.slow ? 2 : 1);
  return {
    limit,
    severity: isMany ? 'high' : 'medium',
    confidence: Math.min(0.85, 0.62 + 0.08 * Math.log2(v.failures / limit)),
  };
};
