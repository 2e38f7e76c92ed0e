import * as z from 'zod';
import { InvalidInput } from '../http/problem.ts';
import { MAX_RANGE_MS } from './time-range.ts';

/** Cursors are a page's last sort key as JSON in base64url: opaque to callers, parsed like any other input. */
export const writeCursor = (key: object): string => Buffer.from(JSON.stringify(key)).toString('base64url');

export const readCursor = <T extends z.ZodType>(schema: T, text: string | undefined): z.output<T> | undefined => {
  if (text === undefined) return undefined;
  const parsed = schema.safeParse(jsonOf(Buffer.from(text, 'base64url').toString('utf8')));
  if (!parsed.success) throw new InvalidInput([{ path: 'cursor', message: 'not a cursor of this list' }]);
  return parsed.data;
};

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

export const Instant = z.number().int().min(0).max(8_640_000_000_000_000);
const Id = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[A-Za-z0-9_.:-]+$/);
/** The range of the first page, which its cursor carries: a relative range must not slide from page to page. */
export const rangeFields = { f: Instant, u: Instant };
export const isBoundedRange = ({ f, u }: { readonly f: number; readonly u: number }): boolean =>
  f < u && u - f <= MAX_RANGE_MS;
export const RangedKey = z.strictObject({ t: Instant, i: Id, ...rangeFields }).refine(isBoundedRange);
export const UuidKey = z.strictObject({ t: Instant, i: z.uuid() });
export const OffsetKey = z.strictObject({ o: z.number().int().min(1).max(1_000_000) });

/** The page of a list that was asked for one item more than `limit`. */
export const pageOf = <T, V>(
  rows: readonly T[],
  limit: number,
  keyOf: (row: T) => object,
  view: (row: T) => V,
): { data: V[]; next: string | null } => {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { data: shown.map(view), next: rows.length > limit && last !== undefined ? writeCursor(keyOf(last)) : null };
};

/** Pages a list that is small and wholly in memory, by offset. */
export const pageOfAll = <T, V>(
  all: readonly T[],
  query: { readonly limit: number; readonly cursor?: string | undefined },
  view: (row: T) => V,
): { data: V[]; next: string | null } => {
  const offset = readCursor(OffsetKey, query.cursor)?.o ?? 0;
  return pageOf(all.slice(offset, offset + query.limit + 1), query.limit, () => ({ o: offset + query.limit }), view);
};
