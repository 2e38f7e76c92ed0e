import type { SlowExfiltrationSettings } from './slow-exfiltration.settings.ts';

export const SLOW_EXFILTRATION_VERSION = '1';

/** Least standard deviation of daily logarithms: nobody is as even as that. */
const MIN_SIGMA = 0.15;

export interface Drift {
  /** Highest CUSUM in standard deviations, at the last day. */
  readonly score: number;
  /** What was reached on most of the recent days (see `sustained`), against the mean of the days that teach. */
  readonly growth: number;
  readonly before: number;
  readonly recent: number;
  readonly days: number;
}

/** One-sided CUSUM of daily values, oldest first: the first half (at least `minDays / 2`) teaches mean and deviation. */
export const driftOf = (values: readonly number[], s: SlowExfiltrationSettings): Drift | undefined => {
  const days = values.length;
  if (days < s.minDays) return undefined;
  const teaching = Math.max(Math.floor(s.minDays / 2), Math.floor(days / 2));
  const logs = values.map((value) => Math.log1p(value));
  const base = logs.slice(0, teaching);
  const mean = average(base);
  const sigma = Math.max(MIN_SIGMA, Math.sqrt(average(base.map((log) => (log - mean) ** 2))));
  let score = 0;
  for (const log of logs.slice(teaching)) score = Math.max(0, score + (log - mean) / sigma - s.allowance);
  const before = average(values.slice(0, teaching));
  const recent = sustained(values, days < s.youngDays);
  return { score, growth: (recent + 1) / (before + 1), before, recent, days };
};

export const judgeDrift = (
  drift: Drift,
  last: number,
  floor: number,
  peersGrowth: number,
  s: SlowExfiltrationSettings,
): number | undefined => {
  if (last < floor || drift.score < s.limit) return undefined;
  const growth = drift.days < s.youngDays ? Math.max(s.growth, s.youngGrowth) : s.growth;
  const limit = Math.max(growth, s.overPeers * peersGrowth);
  return drift.growth >= limit ? limit : undefined;
};

const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length); // prettier-ignore

/**
 * The level that was reached on two of the last three days, of whom little is known on three of four: a month's end, or one large export,
 * is a day and no drift, and a new device synchronises for a day or two.
 */
export const sustained = (values: readonly number[], isYoung = false): number =>
  values.slice(isYoung ? -4 : -3).toSorted((a, b) => b - a)[isYoung ? 2 : 1] ?? 0;
