import { HOUR_MS } from '../windows/time.ts';

export interface RestLimits {
  /** A resting hour has at most this share of all requests. */
  readonly restShare: number;
  /** Consecutive resting hours of the day (UTC) that make a rest period. */
  readonly minRestHours: number;
  /** Hours of the day with a real share of the work: fewer is a job at its hour, not somebody's day. */
  readonly minBusyHours: number;
}

export const REST: RestLimits = { restShare: 0.008, minRestHours: 6, minBusyHours: 5 };
/** What makes an hour a busy one. */
const BUSY_SHARE = 0.02;

export interface Rest {
  /** Requests of the busiest hour of the week in it: somebody who could not sleep. */
  readonly busiest: number;
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
  const rests = (h: number): boolean => (day[(h + 48) % 24] ?? 0) <= all * limits.restShare;
  if (!rests(hour)) return undefined;
  let before = 0;
  while (before < 23 && rests(hour - before - 1)) before++;
  let after = 0;
  while (after < 23 && rests(hour + after + 1)) after++;
  if (before < 1 || after < 1 || before + after + 1 < limits.minRestHours) return undefined;
  let busiest = 0;
  for (let i = 0; i < hours.length; i++) if (rests(i % 24)) busiest = Math.max(busiest, hours[i] ?? 0);
  return { busiest };
};
