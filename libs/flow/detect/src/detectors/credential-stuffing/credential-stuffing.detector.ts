import { wilsonInterval } from '@outrider/domain/baseline/wilson';
import type { Severity } from '@outrider/domain/detection/alert';
import type { CredentialStuffingSettings } from './credential-stuffing.settings.ts';

export const CREDENTIAL_STUFFING_VERSION = '2';

/** What a finding counts when its event is of a client that only ever tries; others tell of all failures there. */
export const SUSPECT_METRIC = 'failed logins of clients that only try';

/** Failures of clients that hardly ever succeeded here. */
export interface Suspects {
  readonly failures: number;
  readonly addresses: number;
  /** Kinds of client (stacks). */
  readonly kinds: number;
}

export interface StuffingView {
  /** The last five to ten minutes. */
  readonly failures: number;
  readonly successes: number;
  readonly addresses: number;
  /** Of those addresses, the ones that somebody logged in from before. */
  readonly familiar: number;
  readonly suspects: Suspects;
  /** The same over the last half to whole hour. */
  readonly hour: Suspects;
  /** It was told in the last half hour: who goes on in the same crowd may try more often. */
  readonly told?: boolean;
  readonly past: {
    /** Observed before; ms. */
    readonly spanMs: number;
    readonly failures: number;
    readonly successes: number;
    /** Most logins in a window before. */
    readonly maxAttempts: number;
  };
}

export interface StuffingVerdict {
  readonly by: 'client' | 'surge' | 'share';
  readonly minutes: number;
  readonly failures: number;
  readonly addresses: number;
  readonly severity: Severity;
  readonly confidence: number;
}

const HISTORY_MS = 6 * 3_600_000;
/** Failures of the latest minutes per failure of the hour. */
const GOES_ON_SHARE = 0.05;

/**
 * Flags many addresses that fail at one login, each a few times: by what program they use, which hardly ever succeeds, or, where programs
 * tell nothing, by a surge of failures. False positives: a release of an app whose login is broken (a new program that always fails); an
 * outage of the login is not it: those programs succeeded before, and there are no more logins than usual.
 */
export const judgeStuffing = (v: StuffingView, s: CredentialStuffingSettings): StuffingVerdict | undefined => {
  const tries = v.told === true ? Number.POSITIVE_INFINITY : s.maxTriesPerAddress;
  if (isSpread(v.suspects, s, s.minSuspectFailures, tries)) return verdict('client', 10, v.suspects, s, 0.85);
  // told while it goes on, not at the next failure of anybody
  const goesOn = v.failures >= Math.max(2, GOES_ON_SHARE * v.hour.failures);
  if (goesOn && isSpread(v.hour, s, s.minFailures, tries)) return verdict('client', 60, v.hour, s, 0.8);
  // Lists are tried from elsewhere: where users fail at home, the login is out of order.
  if (!isSpread(v, s) || v.familiar >= s.maxFamiliarShare * v.addresses) return undefined;
  const attempts = v.failures + v.successes;
  const { past } = v;
  const pastAttempts = past.failures + past.successes;
  const pastShare = pastAttempts > 0 ? past.failures / pastAttempts : 0;
  if (wilsonInterval(v.failures, attempts, 3).low < Math.max(s.minFailureShare, Math.min(0.9, 2 * pastShare)))
    return undefined;
  if (past.spanMs >= HISTORY_MS)
    return attempts >= s.minSurge * past.maxAttempts ? verdict('surge', 10, v, s, 0.75) : undefined;
  const isFar = v.failures >= 2.5 * s.minFailures && v.addresses >= 2.5 * s.minAddresses;
  return isFar && v.failures >= 0.85 * attempts && past.successes <= 0.3 * v.failures
    ? verdict('share', 10, v, s, 0.65)
    : undefined;
};

const isSpread = (
  of: Pick<Suspects, 'failures' | 'addresses'>,
  s: CredentialStuffingSettings,
  least = s.minFailures,
  tries = s.maxTriesPerAddress,
): boolean => of.failures >= least && of.addresses >= s.minAddresses && of.failures <= tries * of.addresses;

const verdict = (
  by: StuffingVerdict['by'],
  minutes: number,
  { failures, addresses }: Pick<Suspects, 'failures' | 'addresses'>,
  s: CredentialStuffingSettings,
  sure: number,
): StuffingVerdict => ({
  by,
  minutes,
  failures,
  addresses,
  severity: by === 'share' ? 'medium' : 'high',
  confidence: Math.min(0.95, sure + 0.03 * Math.log2(failures / s.minFailures)),
});
