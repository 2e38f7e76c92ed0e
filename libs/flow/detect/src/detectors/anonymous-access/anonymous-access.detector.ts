import type { Severity } from '@outrider/domain/detection/alert';
import type { AnonymousAccessSettings } from './anonymous-access.settings.ts';

export const ANONYMOUS_ACCESS_VERSION = '1';

/** Good answers of a route or endpoint, as they were before. */
export interface AccessHistory {
  readonly authenticated: number;
  readonly anonymous: number;
  /** Different callers with credentials. */
  readonly callers: number;
  /** Watched for; ms. */
  readonly spanMs: number;
  /** Kong refused so many for want of a credential. */
  readonly refusals: number;
}

/** Whether only callers with a credential were ever served. */
export const isProtected = (h: AccessHistory, s: AnonymousAccessSettings): boolean => {
  if (h.authenticated < s.minAuthenticated) return false;
  if (h.anonymous > s.maxAnonymousShare * (h.authenticated + h.anonymous)) return false;
  return h.refusals >= s.minRefusals
    ? h.callers >= s.minCallersProven
    : h.callers >= s.minCallers && h.spanMs >= s.minHistoryHours * 3_600_000;
};

/** Too little is known to say that it is protected, but if all its callers lose their credentials from one moment on, it was. */
export const mayBeOpened = (h: AccessHistory, s: AnonymousAccessSettings): boolean =>
  h.authenticated >= s.minAuthenticated &&
  h.anonymous === 0 &&
  h.callers >= s.minCallers &&
  h.spanMs >= s.minYoungMinutes * 60_000;

export interface AccessVerdict {
  readonly severity: Severity;
  readonly confidence: number;
}

/**
 * Flags good answers to callers without a credential where that never happened. False positives: a route that was opened on purpose, which
 * is told once (`meantAfterHours`); a login that is optional and was long used by programs alone.
 */
export const judgeAnonymous = (
  v: { readonly answers: number; readonly history: AccessHistory; readonly sensitive: boolean },
  s: AnonymousAccessSettings,
): AccessVerdict | undefined => {
  if (v.answers < answersNeeded(v.history, s)) return undefined;
  const isProven = v.history.refusals >= s.minRefusals && v.history.anonymous === 0;
  return {
    severity: v.answers >= s.manyAnswers || v.sensitive ? 'high' : 'medium',
    confidence: Math.min(0.95, (isProven ? 0.85 : 0.72) + 0.03 * Math.log2(Math.max(1, v.answers / s.minAnswers))),
  };
};

/** Good answers without a credential from which on it is told. */
export const answersNeeded = (h: AccessHistory, s: AnonymousAccessSettings): number =>
  h.anonymous === 0 && h.authenticated >= s.sureTimes * s.minAuthenticated && h.spanMs >= s.minHistoryHours * 3_600_000
    ? Math.min(s.minAnswers, s.minAnswersSure)
    : s.minAnswers;
