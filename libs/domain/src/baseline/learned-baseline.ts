import type { WarmUp } from '../detection/alert.ts';
import { spreadOf, STEP_MS, warmUpOf, type BaselineMetric, type BaselineStep } from './baseline.ts';
import { EMPTY_CELL, hourOfWeek, HOURS_A_WEEK, shrunkMeans, type HourCell } from './hour-of-week.ts';
import { lowerQuantile, upperQuantile } from './negative-binomial.ts';
import { normalQuantile, wilsonInterval } from './wilson.ts';

/** What was counted of one entity, time that teaches nothing left out. */
export interface BaselineSums {
  readonly id: string;
  /** Start of the first window of its life that is looked at, ms; undefined = it was never seen. */
  readonly since: number | undefined;
  readonly requests: number;
  /** Days (UTC) on which it was seen. */
  readonly days: number;
  /** Highest values, descending: of five minutes the busiest five minutes that end in each window. At least PEAKS where there are as many. */
  readonly peaks: readonly number[];
  /** By hour of the week. Counts: windows, requests. Ratios: requests, hits. Sizes: windows with traffic, logarithms of the values. */
  readonly cells: readonly HourCell[];
}

/** Enough for the 99.9th percentile of two weeks of five minutes. */
export const PEAKS = 5;

/** What is usual for one entity at each hour of the week. */
export interface LearnedBaseline {
  readonly id: string;
  readonly metric: BaselineMetric;
  readonly step: BaselineStep;
  readonly warmUp: WarmUp;
  readonly lifeMs: number;
  /** Windows behind it (of sizes and ratios those with traffic), and days on which the entity was seen. */
  readonly n: number;
  readonly days: number;
  readonly requests: number;
  /** 168 means; of sizes the means of logarithms. */
  readonly expected: Readonly<Float64Array>;
  /** Of counts the negative-binomial size (small means bursty), of sizes the standard deviation of the logarithm, of ratios requests a window. */
  readonly spread: number;
  readonly p999: number;
  readonly max: number;
  /** Whose baseline it borrows; null = its own alone. */
  readonly group: BorrowedFrom | null;
}

export interface BorrowedFrom {
  readonly by: string;
  readonly name: string;
  /** Peers whose baselines were used. */
  readonly peers: number;
}

export interface Band {
  readonly expected: number;
  readonly low: number;
  readonly high: number;
}

const MIN_SIZE = 0.3;
const MAX_SIZE = 500;
/** No caller is as regular as its first hours say. */
const LEARNING_SIZE = 2;
const MIN_SIGMA = 0.1;
const LEARNING_SIGMA = 1;

/** The baseline as of `at`. Pure; agrees with the detectors' own profile (a test in the store's adapter holds both to it). */
export const learnBaseline = (
  sums: BaselineSums,
  of: {
    readonly metric: BaselineMetric;
    readonly step: BaselineStep;
    readonly at: number;
    readonly lookBackMs: number;
  },
): LearnedBaseline => {
  const stepMs = STEP_MS[of.step];
  const end = Math.floor(of.at / stepMs) * stepMs;
  const lifeMs = sums.since === undefined ? 0 : Math.max(0, Math.min(of.lookBackMs, end - sums.since));
  const warmUp = warmUpOf(lifeMs, sums.requests);
  const spread = spreadOf(of.metric);
  const total = totalOf(sums.cells);
  const overall = total.sum / Math.max(1, total.n);
  const learning = warmUp === 'learning';
  const expected = learning ? new Float64Array(HOURS_A_WEEK).fill(overall) : shrunkMeans(sums.cells, overall);
  return {
    id: sums.id,
    metric: of.metric,
    step: of.step,
    warmUp,
    lifeMs,
    n: spread === 'ratio' ? Math.round(lifeMs / stepMs) : total.n,
    days: sums.days,
    requests: sums.requests,
    expected,
    spread: spreadAround(spread, sums, expected, { learning, total, windows: lifeMs / stepMs }),
    p999: sums.peaks[Math.max(1, Math.ceil(total.n * 0.001)) - 1] ?? 0,
    max: sums.peaks[0] ?? 0,
    group: null,
  };
};

const totalOf = (cells: readonly HourCell[]): HourCell =>
  cells.reduce((a, b) => ({ n: a.n + b.n, sum: a.sum + b.sum, squares: a.squares + b.squares }), EMPTY_CELL);

const spreadAround = (
  spread: ReturnType<typeof spreadOf>,
  { cells }: BaselineSums,
  expected: Readonly<Float64Array>,
  of: { readonly learning: boolean; readonly total: HourCell; readonly windows: number },
): number => {
  if (spread === 'ratio') return of.total.n / Math.max(1, of.windows);
  let squares = 0;
  let deviations = 0;
  cells.forEach(({ n, sum, squares: s2 }, hour) => {
    const mean = expected[hour] ?? 0;
    squares += n * mean * mean;
    deviations += s2 - 2 * mean * sum + n * mean * mean;
  });
  if (spread === 'size') {
    const sigma = Math.max(MIN_SIGMA, Math.sqrt(Math.max(0, deviations) / Math.max(1, of.total.n)));
    return of.learning ? Math.max(LEARNING_SIGMA, sigma) : sigma;
  }
  if (of.learning) return LEARNING_SIZE;
  // By the method of moments around the hour's mean: what varies beyond a Poisson count.
  const excess = deviations - of.total.sum;
  return excess <= 0 ? MAX_SIZE : Math.min(MAX_SIZE, Math.max(MIN_SIZE, squares / excess));
};

/**
 * What is usual in the window that begins at `at`; an ordinary value is above `high` with probability `p`, and below `low` likewise.
 * `requests`: of ratios, the requests of that window; as usual when absent.
 */
export const bandAt = (baseline: LearnedBaseline, at: number, p: number, requests?: number): Band => {
  const mean = baseline.expected[hourOfWeek(at)] ?? 0;
  switch (spreadOf(baseline.metric)) {
    case 'count': {
      if (baseline.n === 0 && baseline.group === null) return { expected: 0, low: 0, high: 0 };
      // Even who never came may come once or twice.
      const high = upperQuantile(Math.log(p), Math.max(mean, 0.5), baseline.spread);
      return { expected: mean, low: lowerQuantile(p, mean, baseline.spread), high };
    }
    case 'ratio': {
      const n = Math.max(1, requests ?? baseline.spread);
      return { expected: mean, ...wilsonInterval(mean * n, n, normalQuantile(p)) };
    }
    case 'size': {
      if (baseline.n === 0 && baseline.group === null) return { expected: 0, low: 0, high: 0 };
      const reach = normalQuantile(p) * baseline.spread;
      return { expected: Math.exp(mean), low: Math.exp(mean - reach), high: Math.exp(mean + reach) };
    }
  }
};
