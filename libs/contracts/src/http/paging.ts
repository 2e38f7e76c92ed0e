import * as z from 'zod';

export const MAX_PAGE = 200;
export const DEFAULT_PAGE = 50;
const MAX_CURSOR_CHARS = 1_024;
const MAX_LIST_ITEMS = 50;

const RELATIVE = /^-\d{1,6}(?:s|m|h|d|w)$/;
const EPOCH = /^\d{1,15}$/;
const ISO = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

const isInstant = (text: string): boolean =>
  text === 'now' || RELATIVE.test(text) || EPOCH.test(text) || (ISO.test(text) && isRealDate(text));

/** `Date.parse` takes 31 February for 3 March. */
const isRealDate = (text: string): boolean => {
  const day = text.slice(0, 10);
  const parsed = Date.parse(day);
  return !Number.isNaN(Date.parse(text)) && !Number.isNaN(parsed) && new Date(parsed).toISOString().startsWith(day);
};

/** A moment in a query, still as text: what `-1h` means depends on the server's clock. */
export const InstantText = z
  .string()
  .max(40)
  .refine(isInstant, 'ISO 8601 with a zone, ms since epoch, "now", or a time ago such as -15m, -1h, -7d')
  .meta({
    description: 'ISO 8601 with a zone, ms since epoch, `now`, or a time ago such as `-15m`, `-1h`, `-7d`',
    examples: ['-1h'],
  });

export const Limit = z.coerce.number().int().min(1).max(MAX_PAGE).default(DEFAULT_PAGE).describe('items a page');

export const CursorText = z
  .string()
  .min(1)
  .max(MAX_CURSOR_CHARS)
  .regex(/^[A-Za-z0-9_-]+$/, 'not a cursor of this API')
  .describe('`next` of the page before; opaque');

export const paging = { limit: Limit, cursor: CursorText.optional() };
export const range = {
  from: InstantText.optional().describe('start of the range, inclusive'),
  to: InstantText.optional().describe('end of the range, exclusive; now when absent'),
};

/** `?x=a,b` or `?x=a&x=b`. */
export const listOf = <T extends z.ZodType<unknown, string>>(item: T) =>
  z
    .union([z.string().max(2_000), z.array(z.string().max(2_000)).max(MAX_LIST_ITEMS)])
    .transform((value) => (typeof value === 'string' ? [value] : value).flatMap((part) => part.split(',')))
    .pipe(z.array(item).min(1).max(MAX_LIST_ITEMS))
    .describe(
      item instanceof z.ZodEnum
        ? `one or several of ${item.options.join(', ')}; comma-separated`
        : 'one or several, comma-separated',
    );

/** `true` and `1`, `false` and `0`. */
export const flag = z.enum(['true', 'false', '1', '0']).transform((text) => text === 'true' || text === '1');

export const pageOf = <T extends z.ZodType>(item: T, id: string) =>
  z
    .object({ data: z.array(item), next: z.string().nullable().describe('cursor of the next page; null on the last') })
    .meta({ id });

export interface Page<T> {
  readonly data: readonly T[];
  readonly next: string | null;
}

/** A name or id as it may stand in a path or a filter: bounded and without control characters. */
export const IdText = z
  .string()
  .min(1)
  .max(512)
  // eslint-disable-next-line no-control-regex -- control characters are what is refused
  .regex(/^[^\u0000-\u001f\u007f]+$/, 'no control characters');

export const UuidText = z.uuid();
