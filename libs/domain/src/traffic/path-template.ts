import { isVersionAt } from './paths/kind-at.ts';

/**
 * Replaces the path segments that are plainly ids by a placeholder, so that `/orders/42` and `/orders/43` are one endpoint.
 * Only what its own shape proves is replaced (numbers, UUIDs, ULIDs, long hex, dates, e-mail addresses); names stay.
 */
const MAX_SEGMENTS = 24;
const MAX_LENGTH = 512;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
const HEX = /^[0-9a-f]{16,128}$/i;
const SHORT_HEX = /^(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{8,15}$/;
const NUMBER = /^-?\d{1,40}$/;
const DATE = /^\d{4}-\d{2}-\d{2}(?:T[\d:.]{4,15}(?:Z|[+-]\d{2}:?\d{2})?)?$/;
const EMAIL = /^[^@\s/]{1,64}(?:@|%40)[a-z0-9.-]{1,190}\.[a-z]{2,24}$/i;

const placeholder = (segment: string): string | undefined => {
  if (segment.length > 200) return '{long}';
  const first = segment.charCodeAt(0);
  const startsLikeNumber = (first >= 48 && first <= 57) || first === 45;
  if (startsLikeNumber && NUMBER.test(segment)) return '{id}';
  if (segment.length === 36 && UUID.test(segment)) return '{uuid}';
  if (segment.length === 26 && ULID.test(segment)) return '{ulid}';
  if (segment.length >= 16 && HEX.test(segment)) return '{hex}';
  if (segment.length >= 8 && segment.length <= 15 && SHORT_HEX.test(segment)) return '{hex}';
  if (startsLikeNumber && DATE.test(segment)) return '{date}';
  if (segment.length > 5 && (segment.includes('@') || segment.includes('%40')) && EMAIL.test(segment)) return '{email}';
  return undefined;
};

/** Of numbers a single digit only: the others are ids, mostly, until the learner has seen that they are not. */
const mayBeVersion = (segment: string, replaced: string): boolean =>
  (replaced === '{id}' && segment.length === 1) || replaced === '{date}';

/** As the learner says it (`kindAt`), so that what a short log shows is named as a long one will. */
const standsForVersion = (segments: readonly string[], i: number, segment: string): boolean => {
  const at = segments[0] === '' ? i - 1 : i;
  const next = segments[i + 1];
  if (at > 2 || next === undefined || next === '') return false;
  const kind = segment.length === 1 ? 'id' : 'date';
  return isVersionAt(segment, kind, at, segments[i - at] ?? '', at === 0 ? '' : (segments[i - 1] ?? ''));
};

/** `/orders/42/items` → `/orders/{id}/items`. Linear in the path's length; the result is bounded. */
export const pathTemplate = (path: string): string => {
  let changed = false;
  const segments = path.split('/', MAX_SEGMENTS + 1);
  if (segments.length > MAX_SEGMENTS) {
    segments.length = MAX_SEGMENTS;
    segments.push('{rest}');
    changed = true;
  }
  for (let i = 0; i < segments.length; i++) {
    const segment = segments[i];
    if (segment === undefined || segment === '') continue;
    const replaced = placeholder(segment);
    if (replaced === undefined) continue;
    if (i <= 3 && mayBeVersion(segment, replaced) && standsForVersion(segments, i, segment)) continue;
    segments[i] = replaced;
    changed = true;
  }
  const template = changed ? segments.join('/') : path;
  return template.length > MAX_LENGTH ? `${template.slice(0, MAX_LENGTH)}{rest}` : template;
};
