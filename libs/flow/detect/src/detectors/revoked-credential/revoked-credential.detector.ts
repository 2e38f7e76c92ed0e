import type { Severity } from '@outrider/domain/detection/alert';
import type { RevokedCredentialSettings } from './revoked-credential.settings.ts';

export const REVOKED_CREDENTIAL_VERSION = '2';

export interface RevokedView {
  /** Requests that it was accepted with. */
  readonly good: number;
  /** Between the first and the last of them. */
  readonly ageHours: number;
  /** Networks far apart that it was used from. */
  readonly networks: number;
  /** Refused in the last hour: where it was never used, and where it was. */
  readonly elsewhere: number;
  readonly atHome: number;
  /** Of the latter those with a program that never had it, where programs are known. */
  readonly strange: number;
  /** Since it was last accepted; days. */
  readonly stoppedDays: number;
}

export interface RevokedVerdict {
  readonly place: 'elsewhere' | 'home';
  readonly refused: number;
  readonly limit: number;
  readonly severity: Severity;
  readonly confidence: number;
}

/**
 * Flags a credential that used to work and is tried where it never was. Its own places may go on for a while after it was replaced. False
 * positives: a program that was moved and kept the old key; an app's key that is in everybody's hands is left out (`publicNetworks`).
 */
export const judgeRevoked = (v: RevokedView, s: RevokedCredentialSettings): RevokedVerdict | undefined => {
  if (v.good < s.minGood || v.ageHours < s.minAgeHours) return judgeYoung(v, s);
  if (v.elsewhere >= s.minRefused && v.networks < s.publicNetworks)
    return {
      place: 'elsewhere',
      refused: v.elsewhere,
      limit: s.minRefused,
      severity: v.elsewhere >= 10 * s.minRefused ? 'high' : 'medium',
      confidence: Math.min(0.92, (v.networks <= 3 ? 0.78 : 0.68) + 0.04 * Math.log2(v.elsewhere / s.minRefused)),
    };
  if (s.ownRefused > 0 && v.atHome >= s.ownRefused && v.stoppedDays >= s.ownGraceDays)
    return { place: 'home', refused: v.atHome, limit: s.ownRefused, severity: 'info', confidence: 0.6 };
  return undefined;
};

/** It may be a token that ends by itself: then its own program goes on with it, wherever it went. */
const judgeYoung = (v: RevokedView, s: RevokedCredentialSettings): RevokedVerdict | undefined => {
  if (v.good < s.minGoodYoung || v.ageHours < s.minAgeHoursYoung || v.networks > 2) return undefined;
  return v.strange >= s.minRefusedYoung
    ? { place: 'elsewhere', refused: v.strange, limit: s.minRefusedYoung, severity: 'medium', confidence: 0.7 }
    : undefined;
};
