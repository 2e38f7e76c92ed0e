import type { Prisma } from './generated/client.ts';

/**
 * PostgreSQL stores no NUL character and no half surrogate pair, and names and paths come from traffic: both become U+FFFD,
 * so that no client can make a row about itself unstorable.
 */
export const storableText = (text: string): string => text.replace(UNSTORABLE, '\uFFFD');

/** NUL, and surrogates without their other half. */
const UNSTORABLE = /[\0\p{Surrogate}]/gu;

/** A JSON value as a JSON column takes it. Guarantee: an object through JSON and back is an InputJsonValue. */
export const storableJson = (value: object): Prisma.InputJsonValue => {
  const text = JSON.stringify(value);
  // whatever is unstorable, JSON.stringify wrote as an escape
  const reviver = text.includes('\\u') ? (_key: string, inner: unknown) => clean(inner) : undefined;
  return JSON.parse(text, reviver) as Prisma.InputJsonValue;
};

const clean = (value: unknown): unknown => {
  if (typeof value === 'string') return storableText(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [storableText(key), inner]));
};

/** ms since epoch ↔ timestamptz(3). */
export const toTime = (ms: number): Date => new Date(ms);
export const toTimeOrNull = (ms: number | null): Date | null => (ms === null ? null : new Date(ms));
export const toMs = (time: Date): number => time.getTime();
export const toMsOrNull = (time: Date | null): number | null => (time === null ? null : time.getTime());

/** Most rows that one page may have; callers bound it too. */
const MAX_PAGE = 1_000;
export const pageSize = (limit: number): number => Math.max(1, Math.min(MAX_PAGE, Math.trunc(limit)));
