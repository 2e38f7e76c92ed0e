import { isVersionName } from './name-words.ts';
import { REST, SUFFIX } from './path-tokens.ts';
import { segmentKind, type SegmentKind } from './segment-kind.ts';

/** Segments before which a small number may be a version: `/1/boards`, `/rest/api/3/issue`. */
const BEFORE_VERSION = new Set(['api', 'apis', 'rest', 'version', 'v', 'public', 'services']);

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
  if ((kind === 'id' || kind === 'number') && token.length <= 4 && i < 3 && i < count - 1 && isVersionName(token))
    return i === 0 || BEFORE_VERSION.has(before) ? undefined : kind;
  return kind;
};
