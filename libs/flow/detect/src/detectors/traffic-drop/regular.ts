import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { hourOfWeek, type CallerProfile } from '../../knowledge/caller-profile.ts';
import { DAY_MS, HOUR_MS } from '../../windows/time.ts';

const RECENT_HOURS = 24;
/** Hour of the week at which Saturday begins (UTC). */
const WEEKEND = 120;

/** A consumer or credential. The newest event is kept for its names. */
export class Regular {
  lastAt: number;
  longestGapMs = 0;
  told = false;
  /** Requests by hour of the last 24 hours; for a rate that has fallen, and for how even it is. */
  readonly hours = new Uint32Array(RECENT_HOURS);
  hour: number;

  constructor(
    public event: ApiEvent,
    readonly firstAt: number,
    /** By the clock of its gateway, which stands still while the gateway is silent. */
    public lastLive: number,
    readonly profile: CallerProfile,
  ) {
    this.lastAt = firstAt;
    this.hour = Math.floor(firstAt / HOUR_MS);
  }

  /** True when an hour began. */
  count(hour: number): boolean {
    const begins = hour > this.hour;
    if (begins) {
      for (let h = Math.max(this.hour + 1, hour - RECENT_HOURS + 1); h <= hour; h++) this.hours[h % RECENT_HOURS] = 0;
      this.hour = hour;
    }
    this.hours[hour % RECENT_HOURS] = (this.hours[hour % RECENT_HOURS] ?? 0) + 1;
    return begins;
  }

  /** Mean of the last hours, of those alone that it is known for, and the quietest whole one of them. */
  lately(): { readonly mean: number; readonly least: number } {
    const known = Math.min(RECENT_HOURS, this.hour - Math.floor(this.firstAt / HOUR_MS) + 1);
    let sum = 0;
    let least = Number.POSITIVE_INFINITY;
    // the first hour is a part of one as well
    const whole = known < RECENT_HOURS ? known - 1 : RECENT_HOURS;
    for (let back = 0; back < known; back++) {
      const n = this.hours[(this.hour - back) % RECENT_HOURS] ?? 0;
      sum += n;
      if (back > 0 && back < whole && n < least) least = n;
    }
    return { mean: sum / known, least: least === Number.POSITIVE_INFINITY ? 0 : least };
  }
}

/**
 * What the hours of the week that passed in silence usually bring; hours of the day that were not seen yet, on a working day or at a weekend as others were
 * seen, bring `unseen` an hour.
 */
export const expectedIn = (
  profile: CallerProfile,
  from: number,
  silenceMs: number,
  lifeMs: number,
  unseen: number,
): number => {
  const weeks = Math.max(1, Math.ceil(lifeMs / (7 * DAY_MS)));
  const to = from + Math.min(silenceMs, 7 * DAY_MS);
  let sum = 0;
  for (let at = from; at < to;) {
    const end = Math.min(to, (Math.floor(at / HOUR_MS) + 1) * HOUR_MS);
    sum += (hourMean(profile, at, weeks, lifeMs, unseen) * (end - at)) / HOUR_MS;
    at = end;
  }
  return sum;
};

/**
 * Requests in this hour; where the week was not seen whole, by the same hour of other working days, or of other days of the weekend: who was
 * never seen at a weekend may well rest there.
 */
const hourMean = (profile: CallerProfile, at: number, weeks: number, lifeMs: number, unseen: number): number => {
  const hour = hourOfWeek(at);
  if (lifeMs >= 7 * DAY_MS) return (profile.hours[hour] ?? 0) / weeks;
  const [from, to] = hour < WEEKEND ? [0, WEEKEND] : [WEEKEND, 168];
  let sum = 0;
  let days = 0;
  for (let h = from + (hour % 24); h < to; h += 24) {
    const n = profile.hours[h] ?? 0;
    sum += n;
    if (n > 0) days++;
  }
  if (days > 0) return sum / days;
  if (unseen === 0) return 0;
  for (let h = from; h < to; h++) if ((profile.hours[h] ?? 0) > 0) return unseen;
  return 0;
};
