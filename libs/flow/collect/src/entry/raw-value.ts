import { flatCopy } from './bounded-cache.ts';

/** A JSON object as it came: any field may be missing or of any type, since custom fields can replace everything. */
export type RawObject = Readonly<Record<string, unknown>>;

const NOTHING: RawObject = Object.freeze({});
const MAX_LATENCY_MS = 2_147_483_647;
const MAX_BYTES = 2 ** 48;

/** Guarantee of the cast: a non-null, non-array object is readable by any string key. */
export const objectOf = (value: unknown): RawObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as RawObject) : NOTHING;

export const isObject = (value: unknown): value is RawObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A string of at most `max` characters; numbers are written out, of an array the first string counts, all else is `''`. */
export const textOf = (value: unknown, max: number): string => {
  if (typeof value === 'string') return value.length <= max ? value : flatCopy(value.slice(0, max));
  if (value === undefined || value === null) return '';
  if (typeof value === 'number') return String(value);
  if (!Array.isArray(value)) return '';
  for (const item of value)
    if (typeof item === 'string') return item.length <= max ? item : flatCopy(item.slice(0, max));
  return '';
};

/** Finite number, also when written as text; undefined otherwise. */
export const numberOf = (value: unknown): number | undefined => {
  if (typeof value === 'number') return value - value === 0 ? value : undefined;
  if (typeof value !== 'string' || value.length === 0 || value.length > 32) return undefined;
  const parsed = Number(value);
  return parsed - parsed === 0 ? parsed : undefined;
};

/** Whole bytes, -1 when unknown. */
export const bytesOf = (value: unknown): number => {
  const number = numberOf(value);
  return number === undefined || number < 0 ? -1 : Math.floor(Math.min(number, MAX_BYTES));
};

/** Milliseconds with at most three decimals (Kong's floating point leaves noise such as 57.000000000000007), -1 when unknown. */
export const millisecondsOf = (value: unknown): number => {
  if (typeof value === 'number' && value === (value | 0)) return value < 0 ? -1 : value;
  const number = numberOf(value);
  if (number === undefined || number < 0) return -1;
  return Math.round(Math.min(number, MAX_LATENCY_MS) * 1000) / 1000;
};

/** An HTTP (or stream) status, -1 when unknown. */
export const statusOf = (value: unknown): number => {
  const number = numberOf(value);
  return number === undefined || number < 0 || number > 999 ? -1 : Math.floor(number);
};

/** Lone surrogates become U+FFFD. Guarantee of the cast: every Node that we run on (>= 20) has the method; the ES2023 library lacks its type. */
export const wellFormed = (text: string): string => (text as string & { toWellFormed(): string }).toWellFormed();
