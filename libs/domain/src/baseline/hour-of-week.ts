const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export const HOURS_A_WEEK = 168;

/** 0 is Monday, 00:00 UTC. 1970-01-01 was a Thursday. */
export const hourOfWeek = (at: number): number =>
  ((Math.floor(at / DAY_MS) + 3) % 7) * 24 + Math.floor((at % DAY_MS) / HOUR_MS);

/** Monday to Friday, and the weekend: 0 … 47. */
const dayCellOf = (hour: number): number => (hour >= 120 ? 24 : 0) + (hour % 24);

/** What was seen in one hour of the week: `n` windows, empty ones included, the sum of their values and of the squares. */
export interface HourCell {
  readonly n: number;
  readonly sum: number;
  readonly squares: number;
}

export const EMPTY_CELL: HourCell = { n: 0, sum: 0, squares: 0 };

/**
 * Expected value at each hour of the week: the mean of that hour, half-shrunk to the weekday or weekend mean of the same hour of the day.
 * An hour that was never seen takes the hour of the day, of the other kind of day if need be, and `overall` at last.
 */
export const shrunkMeans = (cells: readonly HourCell[], overall: number): Float64Array => {
  const sums = new Float64Array(48);
  const counts = new Float64Array(48);
  for (let hour = 0; hour < HOURS_A_WEEK; hour++) {
    const { n, sum } = cells[hour] ?? EMPTY_CELL;
    const day = dayCellOf(hour);
    sums[day] = (sums[day] ?? 0) + sum;
    counts[day] = (counts[day] ?? 0) + n;
  }
  const mean = (day: number): number | undefined => {
    const n = counts[day] ?? 0;
    return n === 0 ? undefined : (sums[day] ?? 0) / n;
  };
  return Float64Array.from({ length: HOURS_A_WEEK }, (_, hour) => {
    const { n, sum } = cells[hour] ?? EMPTY_CELL;
    const ofDay = mean(dayCellOf(hour)) ?? mean(hour % 24) ?? mean(24 + (hour % 24)) ?? overall;
    return n === 0 ? ofDay : (sum / n + ofDay) / 2;
  });
};

/** How many windows of `windowMs` (a divisor of an hour) each hour of the week has from `from` until before `to`. */
export const windowsAnHour = (from: number, to: number, windowMs: number): Float64Array => {
  const windows = new Float64Array(HOURS_A_WEEK);
  const first = Math.floor(from / windowMs);
  const last = Math.floor(to / windowMs);
  for (let at = first; at < last; at++) {
    const hour = hourOfWeek(at * windowMs);
    windows[hour] = (windows[hour] ?? 0) + 1;
  }
  return windows;
};
