import { stringsAt, type JsonObject } from '../json.ts';
import { invalidOffset, invalidOption, invalidSize } from '../kong-error.ts';
import type { AdminAnswer } from './admin-request.ts';

const DEFAULT_SIZE = 100;
const MAX_SIZE = 1000;

/** One page of rows that are ordered by id; `next` is a path, not a URL. */
export const pageOf = (path: string, rows: readonly JsonObject[], query: URLSearchParams, key = 'id'): AdminAnswer => {
  const size = sizeOf(query);
  const after = offsetOf(query);
  const matches = tagFilter(query);
  const rest = rows.filter((row) => matches(row) && (after === undefined || String(row[key]) > after));
  const data = rest.slice(0, size);
  if (rest.length <= size) return { status: 200, body: { data, next: null } };
  const offset = Buffer.from(JSON.stringify([data.at(-1)?.[key]])).toString('base64url');
  const parameters = new URLSearchParams({ offset });
  for (const name of ['tags', 'size']) {
    const value = query.get(name);
    if (value !== null) parameters.set(name, value);
  }
  return { status: 200, body: { data, offset, next: `${path}?${parameters.toString()}` } };
};

const sizeOf = (query: URLSearchParams): number => {
  const given = query.get('size');
  if (given === null) return DEFAULT_SIZE;
  const size = Number(given);
  if (!Number.isInteger(size) || size < 1 || size > MAX_SIZE) throw invalidSize();
  return size;
};

const offsetOf = (query: URLSearchParams): string | undefined => {
  const given = query.get('offset');
  if (given === null) return undefined;
  if (!/^[\w-]+=*$/.test(given)) throw invalidOffset(given, 'bad base64 encoding');
  try {
    const decoded: unknown = JSON.parse(Buffer.from(given, 'base64url').toString());
    if (Array.isArray(decoded) && typeof decoded[0] === 'string') return decoded[0];
  } catch {
    // told below
  }
  throw invalidOffset(given, 'bad json encoding');
};

/** `a,b` is all of them, `a/b` any of them; a mixture is refused. */
const tagFilter = (query: URLSearchParams): ((row: JsonObject) => boolean) => {
  const given = query.get('tags');
  if (given === null) return () => true;
  if (given === '') throw invalidOption('tags', 'cannot be null');
  if (given.includes(',') && given.includes('/')) throw invalidOption('tags', 'invalid filter syntax');
  const wanted = given.split(/[,/]/);
  return given.includes('/')
    ? (row) => wanted.some((tag) => stringsAt(row, 'tags').includes(tag))
    : (row) => wanted.every((tag) => stringsAt(row, 'tags').includes(tag));
};
