import { HOUR_MS } from '../windows/time.ts';

export interface RestLimits {
  /** A resting hour has at most this share of all requests. */
  readonly restShare: number;
  /** Consecutive resting hours of the day (UTC) that make a rest period. */
  readonly minRestHours: number;
  /** Hours of the day with a real share of the work: fewer is a job at its hour, not somebody's day. */
  readonly minBusyHours: number;
  /** Hours at the beginning and at the end of a rest period of ten hours or more that do not count; of shorter ones one at either edge. */
  readonly eveningHours?: number;
  readonly morningHours?: number;
  /** An hour’s busiest day of the week is left out of its share: one late sitting ends no habit. `Rest.busiest` knows it. */
  readonly exceptBusiestDay?: boolean;
}

export const REST: RestLimits = { restShare: 0.008, minRestHours: 6, minBusyHours: 5 };
const LONG_REST_HOURS = 10;
/** What makes an hour a busy one. */
const BUSY_SHARE = 0.02;

export interface Rest {
  /** Requests of the busiest hour of the week in it: somebody who could not sleep. */
  readonly busiest: number;
  /** The hours of the day (UTC) that are well within it. */
  readonly within: ReadonlySet<number>;
}

/**
 * The clear rest period that `at` lies in, of who has these requests by hour of the week; undefined within an hour of its edges, which daylight
 * saving and long evenings move, and of who has none.
 */
export const restAt = (hours: Uint16Array, at: number, limits: RestLimits = REST): Rest | undefined => {
  const day = new Float64Array(24);
  let all = 0;
  for (let i = 0; i < hours.length; i++) {
    const n = hours[i] ?? 0;
    day[i % 24] = (day[i % 24] ?? 0) + n;
    all += n;
  }
  if (all === 0) return undefined;
  let busy = 0;
  for (const n of day) if (n >= all * BUSY_SHARE) busy++;
  if (busy < limits.minBusyHours) return undefined;
  const hour = Math.floor(at / HOUR_MS) % 24;
  const rests = (h: number): boolean => {
    const n = day[(h + 48) % 24] ?? 0;
    const most = limits.exceptBusiestDay === true ? busiestOf(hours, (h + 48) % 24) : 0;
    return n - most <= all * limits.restShare;
  };
  if (!rests(hour)) return undefined;
  let first = hour;
  while (first > hour - 23 && rests(first - 1)) first--;
  let last = hour;
  while (last < hour + 23 && rests(last + 1)) last++;
  const length = last - first + 1;
  if (length < limits.minRestHours) return undefined;
  const long = length >= LONG_REST_HOURS;
  const from = first + (long ? (limits.eveningHours ?? 1) : 1);
  const to = last - (long ? (limits.morningHours ?? 1) : 1);
  if (hour < from || hour > to) return undefined;
  const within = new Set<number>();
  for (let h = from; h <= to; h++) within.add((h + 48) % 24);
  let busiest = 0;
  for (let i = 0; i < hours.length; i++) if (rests(i % 24)) busiest = Math.max(busiest, hours[i] ?? 0);
  return { busiest, within };
};

/** Requests at an hour of the day on its busiest day of the week. */
const busiestOf = (hours: Uint16Array, hour: number): number => {
  let most = 0;
  for (let i = hour; i < hours.length; i += 24) most = Math.max(most, hours[i] ?? 0);
  return most;
};
