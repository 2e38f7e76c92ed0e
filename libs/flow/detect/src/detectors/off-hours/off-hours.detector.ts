import { DAY_MS } from '../../windows/time.ts';
import type { OffHoursSettings } from './off-hours.settings.ts';

export const OFF_HOURS_VERSION = '2';

export interface HistoryView {
  readonly firstAt: number;
  readonly requests: number;
  readonly days: number;
}

/** Whether enough is known of a caller to say when it rests. */
export const isKnownLong = (
  history: HistoryView,
  at: number,
  s: Pick<OffHoursSettings, 'minHistoryRequests' | 'minHistoryDays' | 'minActiveDays'>,
): boolean =>
  history.requests >= s.minHistoryRequests &&
  history.days >= s.minActiveDays &&
  at - history.firstAt >= s.minHistoryDays * DAY_MS;

/** Many people behind one key work at all hours; `forgotten`: more than can be remembered. */
export const isCrowd = (
  prefixes: { readonly size: number; readonly forgotten: number },
  fingerprints: { readonly size: number; readonly forgotten: number },
  { maxNetworks }: Pick<OffHoursSettings, 'maxNetworks'>,
): boolean => [prefixes, fingerprints].some(({ size, forgotten }) => forgotten > 0 || size > maxNetworks);

/** `n` requests within an hour in which the caller rests; `busiest` of such hours so far. Few are a person who could not sleep. */
export const judgeOffHours = (
  n: number,
  busiest: number,
  s: Pick<OffHoursSettings, 'minRequests' | 'factor'>,
): { limit: number; confidence: number } | undefined => {
  const limit = Math.max(s.minRequests, Math.ceil(s.factor * busiest));
  return n < limit ? undefined : { limit, confidence: Math.min(0.75, 0.5 + 0.05 * Math.log2(n / limit)) };
};
