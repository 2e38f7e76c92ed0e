import { isObject, numberOf, type RawObject } from '../entry/raw-value.ts';

/** OpenTelemetry's logs nest nine deep. */
const MAX_DEPTH = 12;
/** What stands before an entry in a line: time, host, program; without quotes, but for syslog's structured data. */
const MAX_BEGINNING = 1_024;
const OPENING = /\{\s*"/;
const BRACKETS = /\[[^\]]*\]/g;
/** A line of Kubernetes' container log: time, stream, whether the line is whole (F) or cut (P). */
const CRI = /^\S{20,40} (stdout|stderr) [PF](?::\S{0,32})? /;
const LINE_END = /\r?\n$/;

/**
 * The Kong entries in what log collectors wrap around them: `{"log": "…"}` of Docker, `… stdout F {…}` of Kubernetes, a line of syslog, `_source`,
 * `message`, `jsonPayload` and other fields, answers of Elasticsearch, Loki and CloudWatch. Empty for a line that holds none by design, as
 * Elasticsearch's bulk files have; undefined when there is none, or the text is an entry itself. What looks like an entry is not searched,
 * and no text in which a quote stands before the brace: what a caller wrote into a header or a URL must not become an entry of its own.
 */
export const enclosedIn = (text: string): readonly RawObject[] | undefined => {
  const inner = bracedIn(text);
  const value = inner === undefined ? undefined : parsedObject(inner);
  if (inner === undefined || value === undefined) return undefined;
  if (resemblesEntry(value)) return isEntry(value) && inner.length < text.trim().length ? [value] : undefined;
  const found: RawObject[] = [];
  search(value, 0, found);
  return found.length === 0 && !isBulkAction(value) ? undefined : found;
};

/** What one line holds of an entry that Docker or Kubernetes cut: they do so at 16 KiB. */
export interface Piece {
  /** `stdout` or `stderr`: lines of both may alternate. */
  readonly stream: string;
  readonly text: string;
}

/** Undefined when neither Docker nor Kubernetes wrote the line. */
export const pieceIn = (line: string): Piece | undefined => {
  const cri = CRI.exec(line);
  if (cri) return { stream: cri[1] ?? '', text: line.slice(cri[0].length).replace(LINE_END, '') };
  const { log, stream } = parsedObject(line) ?? {};
  if (typeof log !== 'string') return undefined;
  return { stream: typeof stream === 'string' ? stream : '', text: log.replace(LINE_END, '') };
};

/** The entry that pieces make together; undefined while it has no end. */
export const entryOf = (pieces: string): RawObject | undefined => {
  const value = parsedObject(pieces);
  return value && isEntry(value) ? value : undefined;
};

const bracedIn = (text: string): string | undefined => {
  const start = text.search(OPENING);
  if (start === -1 || start > MAX_BEGINNING) return undefined;
  if (start > 0 && text.slice(0, start).replace(BRACKETS, '').includes('"')) return undefined;
  return text.slice(start, text.lastIndexOf('}') + 1);
};

const parsedObject = (text: string): RawObject | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

const search = (value: unknown, depth: number, found: RawObject[]): void => {
  if (depth > MAX_DEPTH) return;
  if (typeof value === 'string') {
    const text = value.includes('"started_at"') ? bracedIn(value) : undefined;
    const entry = text === undefined ? undefined : entryOf(text);
    if (entry) found.push(entry);
  } else if (Array.isArray(value)) for (const item of value) search(item, depth + 1, found);
  else if (isObject(value)) {
    if (isEntry(value)) found.push(value);
    else if (!resemblesEntry(value)) for (const item of Object.values(value)) search(item, depth + 1, found);
  }
};

/** The line that stands before each document in a file for Elasticsearch's bulk API: nothing is lost with it. */
const isBulkAction = (value: RawObject): boolean => {
  const [name, ...others] = Object.keys(value);
  return others.length === 0 && (name === 'index' || name === 'create') && isObject(value[name]);
};

const isEntry = (value: RawObject): boolean => numberOf(value['started_at']) !== undefined && hasExchange(value);

const hasExchange = (value: RawObject): boolean => isObject(value['request']) || isObject(value['session']);

const resemblesEntry = (value: RawObject): boolean =>
  hasExchange(value) || 'started_at' in value || 'latencies' in value || 'client_ip' in value;
