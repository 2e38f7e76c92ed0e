import { numberOf, textOf, type RawObject } from '../entry/raw-value.ts';

const MAX_FORWARDED = 1_024;
const MAX_LIMIT = 2 ** 31 - 1;

/** The first address of X-Forwarded-For as the client sent it; '' without one. Not checked: anyone can write it. */
export const claimedAddress = (headers: RawObject): string => {
  const value = headers['x-forwarded-for'];
  if (value === undefined) return '';
  const text = textOf(value, MAX_FORWARDED);
  const comma = text.indexOf(',');
  return (comma === -1 ? text : text.slice(0, comma)).trim().slice(0, 64);
};

const OVERRIDE = /^[A-Za-z]{1,16}$/;

/** The method that the client asks the upstream to take instead; '' for none or for what is no method. */
export const methodOverrideOf = (headers: RawObject): string => {
  const value = headers['x-http-method-override'] ?? headers['x-http-method'] ?? headers['x-method-override'];
  if (value === undefined) return '';
  const text = textOf(value, 64).trim();
  return OVERRIDE.test(text) ? text.toUpperCase() : '';
};

const WINDOWS = ['second', 'minute', 'hour', 'day', 'month', 'year'] as const;
const PAIRS = [
  ...WINDOWS.map((window) => [`x-ratelimit-limit-${window}`, `x-ratelimit-remaining-${window}`] as const),
  ['x-ratelimit-limit', 'x-ratelimit-remaining'] as const,
];

export interface RateState {
  /** Requests; -1 unknown. */
  readonly limit: number;
  readonly remaining: number;
}

const UNKNOWN: RateState = { limit: -1, remaining: -1 };

/** What the answer said of the caller's rate limit: RateLimit-*, or of X-RateLimit-* the window with the least left of it. */
export const rateStateOf = (headers: RawObject): RateState => {
  const limit = headers['ratelimit-limit'];
  if (limit !== undefined) return { limit: countOf(limit), remaining: countOf(headers['ratelimit-remaining']) };
  let tightest = UNKNOWN;
  let least = Infinity;
  for (const [limitName, remainingName] of PAIRS) {
    if (headers[limitName] === undefined) continue;
    const state = { limit: countOf(headers[limitName]), remaining: countOf(headers[remainingName]) };
    const left = state.remaining < 0 ? 1 : state.remaining / Math.max(1, state.limit);
    if (state.limit < 0 || left >= least) continue;
    tightest = state;
    least = left;
  }
  return tightest;
};

/** `100`, or the first of `100, 100;w=60`; -1 for what is no count. */
const countOf = (value: unknown): number => {
  if (value === undefined) return -1;
  const text = textOf(value, 64);
  const end = text.search(/[,;]/);
  const number = numberOf((end === -1 ? text : text.slice(0, end)).trim());
  return number === undefined || number < 0 ? -1 : Math.floor(Math.min(number, MAX_LIMIT));
};
