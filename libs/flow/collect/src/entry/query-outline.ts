import { classify } from '@outrider/domain/signals/data-classes/data-class';
import { isObject, wellFormed } from './raw-value.ts';
import type { CredentialNames } from './secret-names.ts';
import { secretShape } from './secret-shape.ts';
import { decodePercent, redactText, SECRET } from './secret-text.ts';
import { valueClass, type ValueClass } from './value-class.ts';

/** Kong itself logs at most 100 parameters. */
const MAX_PARAMETERS = 100;
const MAX_NAME = 64;
const MAX_KEPT_VALUE = 128;
const MAX_OUTLINE = 2_048;
/** Longer values are classed by their beginning. */
const MAX_READ_VALUE = 4_096;

/**
 * A query string without its values: `page=2&q=text:14&apikey=secret:32`. Values of `keep` parameters stay (bounded, unless they are
 * secrets), as do whole numbers that page and numbers and UUIDs that name an object: whoever walks through them shows in these. Names are bounded and are redacted when they look like secrets themselves. What is over the bounds is counted as `…=more:N`.
 */
export const queryOutline = (query: string, names: CredentialNames, keep: ReadonlySet<string>): string => {
  let out = '';
  let count = 0;
  let at = 0;
  while (at <= query.length) {
    let end = query.indexOf('&', at);
    if (end === -1) end = query.length;
    if (end > at) {
      if (count >= MAX_PARAMETERS || out.length > MAX_OUTLINE) return `${out}&…=more:${remaining(query, at)}`;
      const equals = query.indexOf('=', at);
      const nameEnd = equals === -1 || equals > end ? end : equals;
      const part = parameter(query.slice(at, nameEnd), nameEnd < end ? query.slice(nameEnd + 1, end) : '', names, keep);
      out = count === 0 ? part : `${out}&${part}`;
      count++;
    }
    at = end + 1;
  }
  return out;
};

/** A query string made of Kong's decoded `querystring` object, for entries that lost their URI; '' when it is none. */
export const queryOf = (args: unknown): string => {
  if (!isObject(args)) return '';
  const parts: string[] = [];
  for (const name of Object.keys(args).slice(0, MAX_PARAMETERS)) {
    const value = args[name];
    for (const one of Array.isArray(value) ? value.slice(0, MAX_PARAMETERS) : [value])
      parts.push(
        `${encodeURIComponent(wellFormed(name))}=${typeof one === 'string' ? encodeURIComponent(wellFormed(one)) : ''}`,
      );
  }
  return parts.join('&');
};

const parameter = (rawName: string, rawValue: string, names: CredentialNames, keep: ReadonlySet<string>): string => {
  const name = rawName.length > MAX_READ_VALUE ? rawName.slice(0, MAX_READ_VALUE) : rawName;
  const plainName = decode(name);
  const value = decode(rawValue.length > MAX_READ_VALUE ? rawValue.slice(0, MAX_READ_VALUE) : rawValue);
  const length = rawValue.length > MAX_READ_VALUE ? rawValue.length : value.length;
  const shown = shownName(plainName, names);
  if (names.isSecret(plainName)) return `${shown}=${value === '' ? 'empty' : 'secret'}:${length}`;
  const kind = valueClass(value);
  if (kind !== 'jwt' && kind !== 'secret' && keep.size > 0 && keep.has(plainName))
    return `${shown}=${escaped(redactText(value.slice(0, MAX_KEPT_VALUE), names))}`;
  return isPlain(kind, value, plainName) ? `${shown}=${value}` : `${shown}=${kind}:${length}`;
};

const PAGING = new Set([
  'page', 'offset', 'limit', 'per_page', 'page_size', 'start', 'skip', 'pageNumber', 'page_number', 'pageNo', 'page_no', 'pageNum', 'page_num',
  'pageIndex', 'page_index', 'p', 'pg', '_page', '_start', 'startIndex', 'start_index', 'startAt', 'start_at', 'page[number]', 'page[offset]',
  '$skip', 'perPage', 'pageSize', 'page[size]', '$top',
]); // prettier-ignore
/** Longer numbers may be cards. */
const MAX_PLAIN_INT = 20;
const MIN_CARD = 12;

const isPlain = (kind: ValueClass, value: string, name: string): boolean => {
  if (kind === 'int')
    return (
      (PAGING.has(name) || namesObject(name)) &&
      value.length <= MAX_PLAIN_INT &&
      (value.length < MIN_CARD || classify(value, { name }) === undefined)
    );
  return kind === 'uuid' && namesObject(name);
};

/** `id`, `order_id`, `orderId`, `uuid`. */
const namesObject = (name: string): boolean =>
  name === 'id' || name === 'uuid' || (name.length > 2 && (name.endsWith('_id') || name.endsWith('Id')));

const decode = (text: string): string => decodePercent(text.includes('+') ? text.replaceAll('+', ' ') : text);

const shownName = (plain: string, names: CredentialNames): string => {
  if (secretShape(plain) !== undefined) return SECRET;
  const bounded = plain.length > MAX_NAME ? `${plain.slice(0, MAX_NAME)}…` : plain;
  const redacted = plain.length > 8 ? redactText(bounded, names) : bounded;
  return escaped(redacted);
};

/** Control characters (`\p{Cc}`), white space and what the outline itself is made of. */
const UNSAFE = /[&=%#\s\p{Cc}]/u;
const ALL_UNSAFE = /[&=%#\s\p{Cc}]/gu;
const escaped = (text: string): string =>
  UNSAFE.test(text) ? text.replace(ALL_UNSAFE, (c) => encodeURIComponent(c)) : text;

const remaining = (query: string, from: number): number => {
  let count = 1;
  for (let i = query.indexOf('&', from); i !== -1; i = query.indexOf('&', i + 1)) count++;
  return count;
};
