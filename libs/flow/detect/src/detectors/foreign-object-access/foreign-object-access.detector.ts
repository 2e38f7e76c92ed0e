import type { Severity } from '@outrider/domain/detection/alert';
import type { ForeignObjectAccessSettings } from './foreign-object-access.settings.ts';

export const FOREIGN_OBJECT_ACCESS_VERSION = '3';

export interface ForeignView {
  /** Objects of the template, within an hour, that one other caller alone used until now; all that the caller was given anew in one to two hours. */
  readonly objects: number;
  readonly gained: number;
  /** Pairs of caller and object at the template before, and those that were not the first of their object. */
  readonly pairs: number;
  readonly shared: number;
  /** Other callers of the template. */
  readonly others: number;
  /** Objects that the caller was given before, anywhere, and those that another had before it. */
  readonly ownPairs: number;
  readonly ownShared: number;
  readonly knownForHours: number;
}

export interface ForeignVerdict {
  readonly severity: Severity;
  readonly confidence: number;
  /** How often an object is another's: at the template, or of this caller, whichever is more; and how likely so many are by chance. */
  readonly usual: number;
  readonly chance: number;
}

/**
 * Several objects of one other caller, where objects are hardly ever shared, and mostly those. False positives: an account that was handed over;
 * a second integration of the same customer, the first to share anything.
 */
export const judgeForeign = (
  view: ForeignView,
  s: ForeignObjectAccessSettings,
  least: { readonly objects: number; readonly maxChance: number; readonly maxShared: number } = s,
): ForeignVerdict | undefined => {
  const { objects, pairs, shared } = view;
  if (objects < least.objects || !isKnown(view, s) || !arePrivate(view, s)) return undefined;
  const here = (shared + 1) / (pairs + 2);
  const usual = Math.max(here, view.ownShared / Math.max(view.ownPairs, OWN_LEAST));
  const chance = atLeast(objects, Math.max(objects, view.gained), usual);
  const maxChance = view.knownForHours < s.habitHours ? Math.min(s.seenMaxChance, least.maxChance) : least.maxChance;
  if (here > least.maxShared || usual > s.maxShared || chance > maxChance) return undefined;
  return {
    severity: objects >= s.high ? 'high' : 'medium',
    confidence: Math.min(0.92, 0.76 + 0.04 * (objects - s.objects)),
    usual,
    chance,
  };
};

/** It has objects of its own, and was hardly given those of others. */
const hasOwn = (view: ForeignView, s: ForeignObjectAccessSettings): boolean =>
  view.ownPairs - view.ownShared >= s.ownObjects && view.ownShared <= s.maxShared * view.ownPairs;

/** A new caller may have taken over from another; one with objects of its own has not. */
const isKnown = (view: ForeignView, s: ForeignObjectAccessSettings): boolean =>
  view.knownForHours >= s.habitHours ||
  (view.knownForHours >= s.seenHours && view.objects >= s.seenObjects && hasOwn(view, s));

/** Enough is known of how objects are shared. */
const arePrivate = (view: ForeignView, s: ForeignObjectAccessSettings): boolean =>
  (view.pairs >= s.pairs && view.others >= s.otherCallers) ||
  (view.pairs >= s.fewPairs && view.others >= 1 && view.objects >= s.fewPairsObjects && hasOwn(view, s));

/** Fewer objects than this do not tell how often a caller meets those of others. */
const OWN_LEAST = 20;

/** Chance of `k` and more of `n` when each has chance `p`: the sum of the binomial's upper end, from its largest term down. */
const atLeast = (k: number, n: number, p: number): number => {
  if (k <= n * p) return 1;
  let term = 1;
  for (let i = 0; i < k; i++) term *= ((n - i) / (k - i)) * p;
  term *= (1 - p) ** (n - k);
  let sum = 0;
  for (let i = k; i <= n && term > sum * 1e-6; i++) {
    sum += term;
    term *= ((n - i) / (i + 1)) * (p / (1 - p));
  }
  return Math.min(1, sum);
};
