import { classify, DATA_CLASSES } from '@outrider/domain/signals/data-classes/data-class';
import { canonicalIp } from '@outrider/domain/traffic/ip-address';
import { decodePercent } from '../entry/secret-text.ts';

const CLASSES: readonly string[] = [...DATA_CLASSES, 'ip'];
const IP = CLASSES.length - 1;
const MIN_VALUE = 6;
const MAX_VALUE = 8_192;
const MAX_PARTS = 128;

/**
 * Classes of personal and secret data in the path's segments and the query's values: `path:email,query:card`, sorted; '' for none.
 * Only what could be one by its first characters is decoded and looked at.
 */
export const dataClassSignals = (rawPath: string, rawQuery: string): string => {
  const found = inPath(rawPath) | (rawQuery === '' ? 0 : inQuery(rawQuery) << CLASSES.length);
  return found === 0 ? '' : textOf(found);
};

const inPath = (path: string): number => {
  let found = 0;
  let parts = 0;
  let previous = 0;
  for (let at = 0; at < path.length && parts < MAX_PARTS; parts++) {
    let end = path.indexOf('/', at);
    if (end === -1) end = path.length;
    if (mayBe(path, at, end)) found |= classOf(path.slice(at, end), path.slice(previous, Math.max(previous, at - 1)));
    previous = at;
    at = end + 1;
  }
  return found;
};

const inQuery = (query: string): number => {
  let found = 0;
  let parts = 0;
  for (let at = 0; at < query.length && parts < MAX_PARTS; parts++) {
    let end = query.indexOf('&', at);
    if (end === -1) end = query.length;
    const equals = query.indexOf('=', at);
    if (equals !== -1 && equals < end && mayBe(query, equals + 1, end))
      found |= classOf(query.slice(equals + 1, end).replaceAll('+', plusOf), query.slice(at, equals));
    at = end + 1;
  }
  return found;
};

/** A plus that begins a value is a telephone number's, sent by a client that did not encode it. */
const plusOf = (_: string, at: number): string => (at === 0 ? '+' : ' ');

/** Cheap: by length and the first characters, and for an address by its `@`. */
const mayBe = (text: string, from: number, to: number): boolean => {
  const length = to - from;
  if (length < MIN_VALUE || length > MAX_VALUE) return false;
  const first = text.charCodeAt(from);
  if ((first >= 48 && first <= 57) || first === 43 || first === 40 || first === 37) return length >= 7;
  if (length >= 20) return true;
  for (let i = from + 1; i < to; i++) {
    const c = text.charCodeAt(i);
    if (c === 64 || (c === 37 && text.charCodeAt(i + 1) === 52 && text.charCodeAt(i + 2) === 48)) return true;
  }
  return length >= 15 && isDigit(text.charCodeAt(from + 2)) && isDigit(text.charCodeAt(from + 3));
};

const isDigit = (c: number): boolean => c >= 48 && c <= 57;

const classOf = (raw: string, name: string): number => {
  const value = decodePercent(raw);
  const kind = classify(value, { name });
  if (kind !== undefined) return 1 << CLASSES.indexOf(kind);
  return value.length <= 39 && isIp(value) ? 1 << IP : 0;
};

const isIp = (value: string): boolean =>
  (value.includes('.') || value.includes(':')) && canonicalIp(value) !== undefined;

/** At most 2^18 of them; those that occur are few. */
const texts = new Map<number, string>();
const MAX_TEXTS = 1_024;

const textOf = (found: number): string => {
  const known = texts.get(found);
  if (known !== undefined) return known;
  const named = CLASSES.flatMap((kind, i) => [
    ...(found & (1 << i) ? [`path:${kind}`] : []),
    ...(found & (1 << (i + CLASSES.length)) ? [`query:${kind}`] : []),
  ]);
  const text = named.sort().join(',');
  if (texts.size < MAX_TEXTS) texts.set(found, text);
  return text;
};
