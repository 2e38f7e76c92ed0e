import { isIban } from '../../signals/data-classes/checksum.ts';

/** What the shape of a path segment alone proves it to be; also the name that its placeholder shows: `{id}`. */
export const SEGMENT_KINDS = [
  'id', 'uuid', 'ulid', 'hex', 'date', 'email', 'iban', 'token', 'version', 'locale', 'ip', 'phone', 'number', 'secret', 'long',
] as const; // prettier-ignore
export type SegmentKind = (typeof SEGMENT_KINDS)[number];

/** What collect put in the place of a value keeps its kind. */
const PLACEHOLDERS = new Map<string, SegmentKind>(SEGMENT_KINDS.map((kind) => [`{${kind}}`, kind]));

/** Names are not that long. */
const MAX_NAME = 128;
const MIN_HEX = 8;
const MIN_TOKEN = 10;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
const DATE = /^(?:19|20)\d{2}-(?:0\d|1[0-2])(?:-[0-3]\d(?:T[\d:.]{2,15}(?:Z|[+-]\d{2}:?\d{2})?)?)?$/i;
const SEMVER = /^v?\d{1,8}\.\d{1,8}\.\d{1,8}(?:[-+.][\w.+-]{1,64})?$/i;
const LOCALE = /^[a-z]{2}[-_][A-Z]{2}$/;
const IPV4 = /^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}$/;
const IPV6 = /^[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}$/i;
const KEY = /^[A-Z][A-Z0-9]{0,15}(?:[-_]\d{1,12}){1,3}$/; // PROJ-12, INV-2024-001
const LOWER_KEY = /^[a-z]{1,16}[-_]\d{3,18}$/; // order-1234
const PREFIX = /^[A-Za-z][A-Za-z_-]{0,23}$/;
const NOT_IDS = new Set(['sha-256', 'sha-384', 'sha-512', 'md-160']);

/** One scan; the narrower checks are asked only where the scan allows. Linear in the segment's length. */
export const segmentKind = (segment: string): SegmentKind | undefined => {
  const { length } = segment;
  if (length === 0) return undefined;
  if (length > MAX_NAME) return 'long';
  let digits = 0;
  let lower = 0;
  let upper = 0;
  let notHex = 0;
  let marks = 0; // - and _
  let points = 0; // . and ,
  let others = 0;
  let changes = 0;
  let last = 0;
  for (let i = 0; i < length; i++) {
    const c = segment.charCodeAt(i);
    let kind = 0;
    if (c >= 48 && c <= 57) {
      digits++;
      kind = 1;
    } else if (c >= 97 && c <= 122) {
      lower++;
      kind = 2;
      if (c > 102) notHex++;
    } else if (c >= 65 && c <= 90) {
      upper++;
      kind = 3;
      if (c > 70) notHex++;
    } else if (c === 45 || c === 95) marks++;
    else if (c === 46 || c === 44) points++;
    else others++;
    if (kind !== 0) {
      if (last !== 0 && kind !== last) changes++;
      last = kind;
    }
  }
  if (others > 0) return unusual(segment, digits);
  const letters = lower + upper;
  if (digits === 0) return letters === length && upper === 0 && lower >= 16 && notHex === 0 ? 'hex' : localeOf(segment);
  if (letters === 0) return numeric(segment, points, marks);
  if (marks + points === 0) return solid(segment, { digits, lower, upper, notHex, changes });
  if (points > 0) return SEMVER.test(segment) ? 'version' : undefined;
  return marked(segment, { digits, lower, upper, notHex, changes });
};

interface Scan {
  readonly digits: number;
  readonly lower: number;
  readonly upper: number;
  readonly notHex: number;
  readonly changes: number;
}

const localeOf = (segment: string): SegmentKind | undefined =>
  segment.length === 5 && LOCALE.test(segment) ? 'locale' : undefined;

/** Digits with `.`, `,`, `-` and `_` only. */
const numeric = (segment: string, points: number, marks: number): SegmentKind => {
  if (points === 0) return marks > 0 && DATE.test(segment) ? 'date' : 'id';
  if (points === 3 && IPV4.test(segment)) return 'ip';
  return points === 2 && SEMVER.test(segment) ? 'version' : 'number';
};

/** Letters and digits without any mark. */
const solid = (segment: string, { digits, lower, upper, notHex, changes }: Scan): SegmentKind | undefined => {
  const { length } = segment;
  if (notHex === 0 && length >= MIN_HEX && (lower === 0 || upper === 0 || length >= 16)) return 'hex';
  if (length === 26 && lower === 0 && ULID.test(segment)) return 'ulid';
  if (upper > 0 && lower === 0 && length >= 15 && isIban(segment)) return 'iban';
  if (length < MIN_TOKEN || digits < 2) return undefined;
  return changes >= 3 && changes * 8 >= length ? 'token' : undefined;
};

/** Letters and digits with `-` or `_`. */
const marked = (segment: string, scan: Scan): SegmentKind | undefined => {
  const { length } = segment;
  if (length === 36 && UUID.test(segment)) return 'uuid';
  if (segment.charCodeAt(0) < 58 && DATE.test(segment)) return 'date';
  if (KEY.test(segment)) return 'id';
  if (LOWER_KEY.test(segment)) return NOT_IDS.has(segment) ? undefined : 'id';
  const at = Math.max(segment.lastIndexOf('-'), segment.lastIndexOf('_'));
  // cus_NffrFeUfNV2Hib, i-0abc12345678
  const hasPrefix = at > 0 && at <= 24 && length - at > MIN_HEX && PREFIX.test(segment.slice(0, at));
  if (hasPrefix && segmentKind(segment.slice(at + 1)) !== undefined) return 'id';
  const counted = scan.digits + scan.lower + scan.upper;
  const mixed = scan.lower > 0 && scan.upper > 0 && scan.digits > 0;
  if (counted < 16 || !mixed || scan.changes * 3 < counted) return undefined;
  return hasPrefix ? 'id' : 'token';
};

/** Segments with other characters than letters, digits, `-`, `_`, `.`, `,`. */
const unusual = (segment: string, digits: number): SegmentKind | undefined => {
  const first = segment.charCodeAt(0);
  if (first === 123) return segment.startsWith('{secret}') ? 'secret' : (PLACEHOLDERS.get(segment) ?? 'id');
  if (segment.includes('{secret}')) return 'secret';
  const at = segment.indexOf('@');
  if (at > 0 && at <= 64 && segment.lastIndexOf('.') > at + 1 && !/\s/.test(segment)) return 'email';
  if (digits === 0) return undefined;
  if (first === 43 && digits >= 8 && digits <= 15 && digits === segment.length - 1) return 'phone';
  if (segment.includes(':')) {
    if (DATE.test(segment)) return 'date';
    if (segment.length <= 39 && IPV6.test(segment)) return 'ip';
  }
  const bare = segment.replace(/[=~]/g, '');
  return bare.length < segment.length && bare.length >= 16 ? segmentKind(bare) : undefined;
};
