import type { Severity } from '@outrider/domain/detection/alert';
import { CRITICAL_SCORE, type AttackScore } from '@outrider/domain/signals/attack-family';
import type { InjectionProbingSettings } from './injection-probing.settings.ts';

export const INJECTION_PROBING_VERSION = '2';

/** Families that nobody's users type together. */
const MIXED = 3;
/** Different probes that no crowd types, of however many addresses. */
const CERTAIN_PROBES = 10;

/** What a single request shows: nothing that counts, a probe, or one that needs no second. */
export type Probe = 'none' | 'probe' | 'certain';

export const judgeRequest = (scores: readonly AttackScore[], s: InjectionProbingSettings): Probe => {
  let total = 0;
  let certain = false;
  for (const { family, score } of scores) {
    total += score;
    certain ||= family === 'jndi' && score >= CRITICAL_SCORE;
    certain ||= family === 'ssrf' && score >= s.ssrfAlone;
  }
  if (certain) return 'certain';
  return total >= s.minScore ? 'probe' : 'none';
};

export interface InjectionView {
  /** Different probes; those of the day without what the service is used to. */
  readonly in10m: number;
  readonly in24h: number;
  readonly certain: boolean;
  /** Those of ten minutes that stand where no honest text does; one of them leaves no doubt, and was not told before. */
  readonly firm10m: number;
  readonly alone: boolean;
  /** A consumer or credential all of whose probes stand where people write as they like, answered 2xx: it passes on what they wrote. */
  readonly passesOn: boolean;
  /** Families of the probes of the last day. */
  readonly families: number;
  /** Probes of the last day that were answered 2xx or 5xx: they reached something. */
  readonly reached: number;
  /** Probes as a part of the caller's requests, in ten minutes and since the first of them; 1 where that is not known. */
  readonly share10m: number;
  readonly share: number;
  /** Addresses that the probes of a consumer or credential came from; 0 of an address. */
  readonly addresses: number;
  /** Different sums of families and scores: an attack varies. */
  readonly variants: number;
}

/** Many people behind one credential: each has its own address, and all type much the same. */
const isCrowd = (view: InjectionView, probes: number): boolean =>
  view.families < 2 && probes < CERTAIN_PROBES && probes < 2 * view.addresses;

export interface InjectionVerdict {
  readonly windowMs: number;
  /** Few, and told for where they stand. */
  readonly isFirm: boolean;
  readonly distinct: number;
  readonly limit: number;
  readonly severity: Severity;
  readonly confidence: number;
}

/**
 * Flags a caller that sends several different injection texts, fast or spread over a day; a look-up of Log4Shell, a request for cloud metadata and a
 * working exploit where no honest text stands at once. False positives: services whose users search for code (`usualCallers`), a caller that passes on what others type (`minShare`).
 */
export const judgeInjection = (view: InjectionView, s: InjectionProbingSettings): InjectionVerdict | undefined => {
  if (view.passesOn && !view.certain && (view.in10m < CERTAIN_PROBES || view.share10m < s.minFreeShare))
    return undefined;
  const mixed = view.families >= MIXED;
  const fast = view.in10m >= s.distinct10m && (mixed || (view.share10m >= s.minShare && !isCrowd(view, view.in10m)));
  const varied = view.variants > 1 && view.share >= s.minShare && !isCrowd(view, view.in24h);
  const slow = view.in24h >= s.distinct24h && (mixed || varied);
  if (!fast && !slow && !view.certain) return judgeFirm(view, s);
  const [windowMs, distinct, limit] = fast
    ? [600_000, view.in10m, s.distinct10m]
    : [86_400_000, Math.max(1, view.in24h), view.certain ? 1 : s.distinct24h];
  const many = Math.max(view.in10m, view.in24h) >= 2 * s.distinct24h || mixed;
  const severity = view.certain || (view.reached > 0 && many) ? 'high' : 'medium';
  const confidence = view.certain
    ? 0.95
    : Math.min(0.98, 0.84 + 0.03 * (distinct - limit) + 0.03 * (view.families - 1));
  return { windowMs, isFirm: false, distinct, limit, severity, confidence };
};

/** One of them is a try: that it was refused is how things should be. */
const judgeFirm = (view: InjectionView, s: InjectionProbingSettings): InjectionVerdict | undefined => {
  const several = view.firm10m >= s.firm10m;
  if ((!several && (!view.alone || view.reached === 0)) || view.share10m < s.minShare) return undefined;
  return {
    windowMs: 600_000,
    isFirm: true,
    distinct: Math.max(1, view.firm10m),
    limit: several ? s.firm10m : 1,
    severity: 'medium',
    confidence: several ? 0.78 : 0.72,
  };
};
