import type { WarmUp } from '@outrider/domain/detection/alert';
import { DAY_MS, HOUR_MS, WINDOW_MS } from '../windows/time.ts';
import type { CallerHistory } from './caller-history.ts';

/** What is usual for a caller in five minutes, at one hour of the week. Counts are requests. */
export interface SpikeProfile {
  readonly warmUp: WarmUp;
  /** Expected five-minute count at this hour. */
  readonly mean: number;
  /** Negative-binomial size: small means bursty. */
  readonly size: number;
  readonly p999: number;
  readonly max: number;
  readonly maxMinute: number;
  /** Blocks behind it, those without traffic included, those that must not teach not. */
  readonly n: number;
  readonly activeMinutes: number;
  readonly requests: number;
  readonly lifeMs: number;
}

const HISTORY_BLOCKS = (14 * DAY_MS) / WINDOW_MS;
const BLOCKS_A_DAY = DAY_MS / WINDOW_MS;
const BLOCKS_AN_HOUR = HOUR_MS / WINDOW_MS;
/** 1970-01-01 was a Thursday; Monday is 0. */
const dayOfWeek = (block: number): number => (Math.floor(block / BLOCKS_A_DAY) + 3) % 7;
const hourOfDay = (block: number): number => Math.floor((block % BLOCKS_A_DAY) / BLOCKS_AN_HOUR);
const isWeekend = (block: number): boolean => dayOfWeek(block) >= 5;
const MIN_SIZE = 0.3;
const MAX_SIZE = 500;
/** No caller is as regular as its past says: relative spread that is always allowed for. */
const LEARNING_SIZE = 2;

/** The profile as of block `now`: only blocks before `history.foldedThrough` count. Pure. */
export const spikeProfile = (history: CallerHistory, now: number): SpikeProfile => {
  const from = Math.max(history.since, now - HISTORY_BLOCKS);
  const to = history.foldedThrough;
  const n = Math.max(0, to - from - history.excludedWithin(from, to));
  const lifeMs = Math.max(0, now - history.since) * WINDOW_MS;
  const warmUp = warmUpOf(lifeMs, history.requests);
  const overall = summarise(history, from);
  const base = {
    warmUp,
    p999: upperRank(overall.peaks, Math.max(1, Math.ceil(n * 0.001))),
    max: overall.peaks[0] ?? 0,
    maxMinute: overall.maxMinute,
    n,
    activeMinutes: history.activeMinutes,
    requests: history.requests,
    lifeMs,
  };
  if (warmUp === 'learning') return { ...base, mean: overall.sum / Math.max(1, n), size: LEARNING_SIZE };
  return { ...base, ...seasonal(history, from, to, now, overall.sum / Math.max(1, n)) };
};

const warmUpOf = (lifeMs: number, requests: number): WarmUp => {
  if (lifeMs < DAY_MS || requests < 500) return 'learning';
  if (lifeMs < 7 * DAY_MS) return 'provisional';
  return lifeMs < 14 * DAY_MS ? 'mature' : 'seasonal';
};

const summarise = (history: CallerHistory, from: number) => {
  let sum = 0;
  let maxMinute = 0;
  const peaks: number[] = [];
  for (let i = lowerBound(history.blocks, from); i < history.blocks.length; i++) {
    sum += history.sums[i] ?? 0;
    peaks.push(history.peaks[i] ?? 0);
    maxMinute = Math.max(maxMinute, history.minutePeaks[i] ?? 0);
  }
  peaks.sort((a, b) => b - a);
  return { sum, peaks, maxMinute };
};

const upperRank = (descending: readonly number[], rank: number): number => descending[rank - 1] ?? 0;

/** Hour-of-week mean, half-shrunk to the weekday or weekend mean of the same hour; size by the method of moments around it. */
const seasonal = (history: CallerHistory, from: number, to: number, now: number, overallMean: number) => {
  const week = new Cells(168);
  const day = new Cells(48);
  const weekCell = (b: number): number => dayOfWeek(b) * 24 + hourOfDay(b);
  const dayCell = (b: number): number => (isWeekend(b) ? 24 : 0) + hourOfDay(b);
  forEachBlock(history, from, to, (block, sum) => {
    week.add(weekCell(block), sum);
    day.add(dayCell(block), sum);
  });
  const expected = (b: number): number => {
    const h = week.mean(weekCell(b));
    const d = day.mean(dayCell(b)) ?? day.mean(hourOfDay(b)) ?? day.mean(24 + hourOfDay(b)) ?? overallMean;
    return h === undefined ? d : (h + d) / 2;
  };
  let squares = 0;
  let excess = 0;
  forEachBlock(history, from, to, (block, sum) => {
    const mean = expected(block);
    squares += mean * mean;
    excess += (sum - mean) ** 2 - sum;
  });
  const size = excess <= 0 ? MAX_SIZE : Math.min(MAX_SIZE, Math.max(MIN_SIZE, squares / excess));
  return { mean: expected(now), size };
};

class Cells {
  readonly #sum: Float64Array;
  readonly #n: Float64Array;
  constructor(cells: number) {
    this.#sum = new Float64Array(cells);
    this.#n = new Float64Array(cells);
  }
  add(cell: number, value: number): void {
    this.#sum[cell] = (this.#sum[cell] ?? 0) + value;
    this.#n[cell] = (this.#n[cell] ?? 0) + 1;
  }
  mean(cell: number): number | undefined {
    const n = this.#n[cell] ?? 0;
    return n === 0 ? undefined : (this.#sum[cell] ?? 0) / n;
  }
}

/** Every block from `from` until before `to` that may teach, those without traffic with 0. */
const forEachBlock = (
  history: CallerHistory,
  from: number,
  to: number,
  visit: (block: number, sum: number) => void,
): void => {
  let i = lowerBound(history.blocks, from);
  let span = 0;
  for (let block = from; block < to; block++) {
    while ((history.excluded[span]?.to ?? Infinity) < block) span++;
    if ((history.excluded[span]?.from ?? Infinity) <= block) continue;
    if (history.blocks[i] === block) visit(block, history.sums[i++] ?? 0);
    else visit(block, 0);
  }
};

const lowerBound = (ascending: readonly number[], value: number): number => {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
};
