import { isVersionName } from './name-words.ts';
import { REST, SUFFIX } from './path-tokens.ts';
import { segmentKind, type SegmentKind } from './segment-kind.ts';

/** Segments before which a small number may be a version: `/1/boards`, `/rest/api/3/issue`. */
const BEFORE_VERSION = new Set(['api', 'apis', 'rest', 'version', 'v', 'public', 'services']);

/** `2010-04-01`, `2024-05`: a day or a month, without a time. */
const DAY = /^\d{4}-\d{2}(?:-\d{2})?$/;
const DECIMAL = /^\d{1,2}\.\d$/;

/** The kind that the shape of token `i` proves, unless it stands where versions stand; `before` is the token before it. */
export const kindAt = (
  tokens: readonly string[],
  i: number,
  count: number,
  before: string,
): SegmentKind | undefined => {
  const token = tokens[i] ?? '';
  if (token.startsWith(SUFFIX) || token === REST) return undefined;
  const kind = segmentKind(token);
  if (kind === undefined || i >= 3 || i >= count - 1) return kind;
  return isVersionAt(token, kind, i, tokens[0] ?? '', before) ? undefined : kind;
};

/** Whether a date or a number is a version: `/2010-04-01/Accounts`, `/rest/api/3/issue`. Of a segment among the first three, with another one after it. */
export const isVersionAt = (token: string, kind: SegmentKind, i: number, first: string, before: string): boolean => {
  const isAfterBase = i === 0 || BEFORE_VERSION.has(before);
  if (kind === 'date') return isAfterBase && DAY.test(token);
  if ((kind !== 'id' && kind !== 'number') || token.length > 4 || !isVersionName(token)) return false;
  // `/api.xro/2.0/Invoices`: nobody numbers things that way. `/rest/agile/1/boards`: each of Atlassian's products has its own.
  return isAfterBase || DECIMAL.test(token) || (first === 'rest' && i === 2 && token.length === 1);
};
