import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { hash32 } from '../duplicates/hash64.ts';

/** What one request says about objects: which one it names, and which page of a list. One object for all events: read it at once. */
export interface ObjectRef {
  /** Hash of all ids in path and query with their template; 0: names no object. */
  hash: number;
  /** The last id where it is a whole number below 2^53; -1 else. */
  value: number;
  /** Hash of the ids before the last one; 0: there are none. */
  under: number;
  /** Page, or the offset of one; -1 without. */
  page: number;
  /** It goes on where an earlier page ended, by a mark whose order nobody sees. */
  cursor: boolean;
}

const SLASH = 47;
const BRACE = 123;
const MAX_DIGITS = 15;

/** What a request names, from the ids in its path (by its template) and the id-like values of its query. Into `into`. */
export const readObject = (event: ApiEvent, into: ObjectRef): ObjectRef => {
  into.hash = 0;
  into.value = -1;
  into.under = 0;
  into.page = -1;
  into.cursor = false;
  if (event.pathTemplate.includes('{')) readPath(event.path, event.pathTemplate, into);
  if (event.query !== '') readQuery(event.query, into);
  if (into.hash !== 0) into.hash = mix(into.hash, hash32(event.pathTemplate)) || 1;
  return into;
};

const mix = (a: number, b: number): number => {
  let h = Math.imul(a ^ b, 2654435761);
  h = Math.imul(h ^ (h >>> 15), 2246822507);
  return (h ^ (h >>> 13)) >>> 0;
};

/** Path and template in step, segment by segment. */
const readPath = (path: string, template: string, into: ObjectRef): void => {
  let p = 0;
  let t = 0;
  while (t < template.length && p < path.length) {
    if (template.charCodeAt(t) === SLASH) t++;
    if (path.charCodeAt(p) === SLASH) p++;
    const tEnd = endOf(template, t);
    const pEnd = endOf(path, p);
    if (template.charCodeAt(t) === BRACE && !template.startsWith('{date}', t) && !template.startsWith('{rest}', t)) take(path.slice(p, pEnd), into); // prettier-ignore
    p = pEnd;
    t = tEnd;
  }
};

const endOf = (text: string, from: number): number => {
  const end = text.indexOf('/', from);
  return end < 0 ? text.length : end;
};

const take = (value: string, into: ObjectRef): void => {
  if (value === '') return;
  into.under = into.hash;
  into.hash = mix(into.hash, hash32(value)) || 1;
  const number = wholeNumber(value);
  if (number >= 0) into.value = number;
};

/** -1 when it is none. */
const wholeNumber = (text: string): number => {
  if (text.length === 0 || text.length > MAX_DIGITS) return -1;
  let number = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return -1;
    number = number * 10 + digit;
  }
  return number;
};

const PAGES: ReadonlySet<string> = new Set([
  'page', 'offset', 'start', 'skip', 'pageNumber', 'page_number', 'pageNo', 'page_no', 'pageNum', 'page_num', 'pageIndex', 'page_index', 'p', 'pg',
  '_page', '_start', 'startIndex', 'start_index', 'startAt', 'start_at', 'page[number]', 'page[offset]', '$skip',
]); // prettier-ignore
const CURSORS: ReadonlySet<string> = new Set([
  'cursor', 'after', 'starting_after', 'page_token', 'pageToken', 'next_token', 'nextToken', 'continuation', 'continuationToken',
  'continuation_token', 'marker', 'scroll_id', 'page[after]', 'page[cursor]',
]); // prettier-ignore

const LETTER_D = 100;
/** Last letters of the names above, and of `…id`, `…Id`, `uuid`: one look spares most parameters a closer one. */
const ENDINGS = new Uint8Array(128);
for (const name of [...PAGES, ...CURSORS, 'id']) ENDINGS[name.charCodeAt(name.length - 1) & 127] = 1;

/** The outline holds plain values of pages and ids only; all else is `class:length`. */
const readQuery = (query: string, into: ObjectRef): void => {
  for (let at = 0; at < query.length;) {
    let end = query.indexOf('&', at);
    if (end < 0) end = query.length;
    const equals = query.indexOf('=', at);
    if (equals > at && equals < end - 1 && ENDINGS[query.charCodeAt(equals - 1) & 127] === 1)
      parameter(query, at, equals, end, into);
    at = end + 1;
  }
};

const parameter = (query: string, from: number, equals: number, end: number, into: ObjectRef): void => {
  const name = query.slice(from, equals);
  if (query.charCodeAt(equals - 1) === LETTER_D && namesObject(name)) {
    const value = query.slice(equals + 1, end);
    if (!value.includes(':')) take(value, into);
    return;
  }
  if (PAGES.has(name)) into.page = wholeNumber(query.slice(equals + 1, end));
  else if (CURSORS.has(name)) into.cursor = !query.startsWith('empty:', equals + 1);
};

const namesObject = (name: string): boolean =>
  name === 'id' || name === 'uuid' || name.endsWith('_id') || name.endsWith('Id');
