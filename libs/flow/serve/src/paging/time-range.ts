import type { TimeRange } from '@outrider/ports/event-store';
import { InvalidInput } from '../http/problem.ts';

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
/** The longest range a query may span. */
export const MAX_RANGE_MS = 400 * DAY_MS;
/** Clocks differ: "now" in a range reaches this far ahead. */
const AHEAD_MS = 60_000;

/** A moment written as ISO 8601, ms since epoch, `now` or a time ago; its form was checked by InstantText. */
export const instantOf = (text: string, now: number): number => {
  if (text === 'now') return now;
  const ago = /^-(\d+)([smhdw])$/.exec(text);
  if (ago) return Math.max(0, now - Number(ago[1]) * (UNIT_MS[ago[2] ?? 's'] ?? 1_000));
  return /^\d+$/.test(text) ? Number(text) : Date.parse(text);
};

interface Asked {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** The range asked for, `defaultMs` up to now when nothing was said. Throws InvalidInput on an empty or too long one. */
export const rangeOf = (asked: Asked, now: number, defaultMs: number): TimeRange => {
  const to = asked.to === undefined ? now + AHEAD_MS : instantOf(asked.to, now);
  const from = asked.from === undefined ? Math.max(0, to - defaultMs) : instantOf(asked.from, now);
  if (from >= to) throw new InvalidInput([{ path: 'from', message: 'the range is empty: from must be before to' }]);
  if (to - from > MAX_RANGE_MS)
    throw new InvalidInput([{ path: 'from', message: `a range may span at most ${MAX_RANGE_MS / DAY_MS} days` }]);
  return { from, to };
};

/** Like `rangeOf`, but no range at all when nothing was said. */
export const rangeIfAsked = (asked: Asked, now: number): TimeRange | undefined =>
  asked.from === undefined && asked.to === undefined ? undefined : rangeOf(asked, now, MAX_RANGE_MS);
