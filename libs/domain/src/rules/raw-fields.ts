import { eventField } from './event-fields.ts';
import { fieldsOf, type Condition, type FieldAccess } from './condition.ts';

/** What a log entry still holds and the event no longer does: texts as the client sent them; and what a rule on them mostly asks besides. */
export interface RawRequest {
  /** Path without the query, percent-encoded as it came. */
  readonly path: string;
  /** Query without the `?`, as it came; `''` when there was none. */
  readonly query: string;
  readonly userAgent: string;
  readonly referer: string;
  /** Upper case. */
  readonly method: string;
  readonly status: number;
}

/** The raw texts, each cut to a bound and with its decoded form beside it. */
export interface RawSubject {
  readonly method: string;
  readonly status: number;
  readonly path: readonly string[];
  readonly query: readonly string[];
  readonly uri: readonly string[];
  readonly referer: readonly string[];
  readonly userAgent: readonly string[];
  /** `GET /path?query`, referer and user agent: what a keyword is looked for in. */
  readonly line: readonly string[];
}

/** Characters of a raw text that are looked at; nginx's own bound for a header is 8 KiB. */
export const MAX_RAW_TEXT = 65_536;

export const RAW_FIELD_NAMES = [
  'raw_path',
  'raw_query',
  'raw_uri',
  'raw_referer',
  'raw_user_agent',
  'raw_line',
] as const;
export type RawFieldName = (typeof RAW_FIELD_NAMES)[number];

const READ: Readonly<Record<RawFieldName, (subject: RawSubject) => readonly string[]>> = {
  raw_path: (subject) => subject.path,
  raw_query: (subject) => subject.query,
  raw_uri: (subject) => subject.uri,
  raw_referer: (subject) => subject.referer,
  raw_user_agent: (subject) => subject.userAgent,
  raw_line: (subject) => subject.line,
};

const isRaw = (field: string): field is RawFieldName => field in READ;
/** Fields of the event that are known where the raw request is. */
const isBeside = (field: string): field is 'method' | 'status' => field === 'method' || field === 'status';

/** Whether the condition can be decided only where the raw request is at hand. */
export const needsRaw = (condition: Condition): boolean => fieldsOf(condition).some(isRaw);

/** Whether the condition can be decided by the raw request alone. */
export const isRawOnly = (condition: Condition): boolean =>
  fieldsOf(condition).every((field) => isRaw(field) || isBeside(field));

/** How the values of a field are, be it raw or the event's; undefined for what is no field. */
export const fieldKind = (name: string): 'text' | 'number' | 'list' | undefined =>
  isRaw(name) ? 'list' : eventField(name)?.access.kind;

/** Raw fields as they came and decoded once (a test holds when one form fits), and what is known beside them. */
export const rawAccess = (name: string): FieldAccess<RawSubject> => {
  if (isRaw(name)) return { kind: 'list', read: READ[name] };
  if (name === 'method') return { kind: 'text', read: (subject) => subject.method };
  if (name === 'status') return { kind: 'number', read: (subject) => subject.status };
  throw new Error(`${name} is not known where the raw request is`);
};

export const rawSubject = (raw: RawRequest): RawSubject => {
  const path = raw.path.slice(0, MAX_RAW_TEXT);
  const query = raw.query.slice(0, MAX_RAW_TEXT);
  const uri = query === '' ? path : `${path}?${query}`;
  const uris = forms(uri);
  const referer = forms(raw.referer.slice(0, MAX_RAW_TEXT));
  const userAgent = [raw.userAgent.slice(0, MAX_RAW_TEXT)];
  return {
    method: raw.method,
    status: raw.status,
    path: query === '' ? uris : forms(path),
    query: forms(query),
    uri: uris,
    referer,
    userAgent,
    line: [...uris.map((form) => `${raw.method} ${form}`), ...referer, ...userAgent],
  };
};

/** The text, and its decoded form where that differs. */
const forms = (text: string): readonly string[] => {
  if (!text.includes('%') && !text.includes('+')) return [text];
  const decoded = decodeOnce(text);
  return decoded === text ? [text] : [text, decoded];
};

/** `+` and `%xx` decoded, one byte a character, so that nothing is ever malformed. */
const decodeOnce = (text: string): string =>
  text
    .replaceAll('+', ' ')
    .replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
