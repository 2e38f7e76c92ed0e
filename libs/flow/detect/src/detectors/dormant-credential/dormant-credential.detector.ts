import type { Severity } from '@outrider/domain/detection/alert';
import { DAY_MS, HOUR_MS } from '../../windows/time.ts';
import type { DormantCredentialSettings } from './dormant-credential.settings.ts';

export const DORMANT_CREDENTIAL_VERSION = '1';

export interface ReturnView {
  readonly gapMs: number;
  readonly returnedAt: number;
  /** Earlier pauses of 20 days or more, requests and days before the silence. */
  readonly pauses: number;
  readonly requestsBefore: number;
  readonly daysBefore: number;
  /** Since the return, at most an hour back. */
  readonly requests: number;
  readonly sensitive: boolean;
  /** It comes from a place or with a client that it never had. */
  readonly strange: boolean;
}

/**
 * A credential in use again after weeks of silence: forgotten keys are found in old code, backups and logs.
 * False positives: long leave; work by the season that was not seen twice yet. A job of the month comes at its day and is let pass.
 */
export const judgeDormant = (
  view: ReturnView,
  s: DormantCredentialSettings,
): { severity: Severity; confidence: number } | undefined => {
  if (view.gapMs < s.silentDays * DAY_MS || !wasInUse(view, s)) return undefined;
  if (view.pauses >= s.seasonalPauses) return undefined;
  if (view.requests < s.minRequests && !view.sensitive) return undefined;
  const mayBeJob = !view.strange && view.daysBefore < s.dailyUseDays;
  if (mayBeJob && isSameDayOfMonth(view.returnedAt - view.gapMs, view.returnedAt)) return undefined;
  const severity = view.strange ? (view.sensitive ? 'high' : 'medium') : view.sensitive ? 'medium' : 'low';
  return { severity, confidence: Math.min(0.9, 0.6 + (view.strange ? 0.2 : 0) + (view.sensitive ? 0.1 : 0)) };
};

const wasInUse = (view: ReturnView, s: DormantCredentialSettings): boolean =>
  (view.requestsBefore >= s.minRequestsBefore && view.daysBefore >= s.minDaysBefore) ||
  (view.sensitive && view.requestsBefore >= s.sparseRequestsBefore && view.daysBefore >= s.sparseDaysBefore);

/** A job of the month, the quarter or the year: the same day of the month to a day (or as far from its end), about the same hour. */
export const isSameDayOfMonth = (before: number, after: number): boolean => {
  const hours = Math.abs((((after - before) % DAY_MS) + DAY_MS) % DAY_MS) / HOUR_MS;
  if (Math.min(hours, 24 - hours) > 3) return false;
  const [a, b] = [new Date(before), new Date(after)];
  const toEnd = (date: Date): number =>
    new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate() - date.getUTCDate();
  return Math.abs(a.getUTCDate() - b.getUTCDate()) <= 1 || Math.abs(toEnd(a) - toEnd(b)) <= 1;
};
