import { parseRange } from './address-words.ts';
import { MAX_LIST_LINES, MAX_NAMES } from './bounds.ts';
import { csvFields, eachLine, textOfBytes } from './lines.ts';
import { listName } from './list-name.ts';
import { RangeRows, RangeTable } from './range-table.ts';

const DAY_MS = 86_400_000;
const MIN_EPOCH_SECONDS = 1e9;
const MIN_EPOCH_MS = 1e12;

export interface ThreatHit {
  /** Name of the list. */
  readonly name: string;
  /** ms since epoch; Infinity where the entry has no end. */
  readonly endsAt: number;
}

/** Entries of one list in use. */
export interface ThreatList {
  readonly entries: number;
  /** Lines that are neither comment nor entry, too long, or beyond the bounds. */
  readonly refused: number;
  find(words: readonly number[], now: number): ThreatHit | undefined;
}

export interface ThreatListOptions {
  readonly name: string;
  /** Entries that may still be taken. */
  readonly maxEntries: number;
  /** False: ends of entries are not looked at (old logs are held against the list as it was). */
  readonly entriesEnd: boolean;
}

/**
 * Reads a list of any common shape, line by line: an address or CIDR (what follows it after white space, `#` or `;` is a remark), lines of a
 * Tor exit list (`ExitAddress 192.0.2.1 …`), or CSV: address, optional end, optional name of the list, or by a header that names the columns.
 */
export const readThreatList = async (bytes: Buffer, options: ThreatListOptions): Promise<ThreatList> => {
  const text = await textOfBytes(bytes);
  const rows = new RangeRows();
  const names = new Names(options.name);
  let columns: CsvColumns | undefined;
  let refused = 0;
  let lines = 0;
  await eachLine(text, (line) => {
    if (++lines > MAX_LIST_LINES) {
      refused++;
      return false;
    }
    if (line === undefined) return void refused++;
    if (isRemark(line)) return;
    const parsed = plainEntry(line) ?? csvEntry(line, columns ?? DEFAULT_COLUMNS);
    const name = parsed && names.of(parsed.name);
    if (parsed && name !== undefined && rows.count < options.maxEntries) {
      rows.add(parsed.range, name, options.entriesEnd ? parsed.endsAt : Infinity);
      return;
    }
    const header = rows.count === 0 && !columns ? headerOf(line) : undefined;
    if (header) columns = header;
    else refused++;
  });
  const table = new RangeTable(rows);
  return {
    entries: table.count,
    refused,
    find: (words, now) => {
      const hit = table.find(words, now);
      return hit && { name: names.at(hit.value), endsAt: hit.endsAt };
    },
  };
};

interface Entry {
  readonly range: NonNullable<ReturnType<typeof parseRange>>;
  readonly endsAt: number;
  readonly name: string;
}

const isRemark = (line: string): boolean =>
  line === '' || /^(?:[#;]|\/\/)/.test(line) || /^(?:ExitNode|Published|LastStatus)\s/.test(line);

/** Everything that is not CSV. */
const plainEntry = (line: string): Entry | undefined => {
  const tor = line.startsWith('ExitAddress ') ? line.slice(12) : line;
  if (/[,"]/.test(tor)) return undefined;
  const range = parseRange(/^[^\s;#]*/.exec(tor)?.[0] ?? '');
  return range && { range, endsAt: Infinity, name: '' };
};

interface CsvColumns {
  readonly address: number;
  readonly end: number;
  readonly name: number;
}

const DEFAULT_COLUMNS: CsvColumns = { address: 0, end: 1, name: 2 };

const csvEntry = (line: string, columns: CsvColumns): Entry | undefined => {
  const fields = csvFields(line);
  const range = parseRange(fields[columns.address] ?? '');
  if (!range) return undefined;
  // Without a header, a second column that is no time is none of ours, and so is what follows it.
  const end = fields[columns.end] ?? '';
  const endsAt = end === '' ? Infinity : endOf(end);
  if (endsAt === undefined) return columns === DEFAULT_COLUMNS ? { range, endsAt: Infinity, name: '' } : undefined;
  return { range, endsAt, name: fields[columns.name] ?? '' };
};

const ADDRESS = /^(?:ip|address|addr|ip_?address|cidr|network|prefix|range|(?:src|dst)_ip|indicator|ioc)$/;
const END = /^(?:end|ends|ends_?at|expires?|expires_?at|expiry|expiration|valid_?until|until)$/;
const NAME = /^(?:name|list|category|tag)$/;

const headerOf = (line: string): CsvColumns | undefined => {
  const names = csvFields(line.toLowerCase());
  const address = names.findIndex((name) => ADDRESS.test(name));
  if (address < 0) return undefined;
  return { address, end: names.findIndex((name) => END.test(name)), name: names.findIndex((name) => NAME.test(name)) };
};

/** ISO 8601 (UTC unless it says otherwise; a date alone lasts to its end), or seconds or milliseconds since 1970. ms; undefined for anything else. */
const endOf = (text: string): number | undefined => {
  if (/^\d{10,13}$/.test(text)) {
    const number = Number(text);
    return number >= MIN_EPOCH_MS ? number : number >= MIN_EPOCH_SECONDS ? number * 1_000 : undefined;
  }
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return whenValid(Date.parse(text) + DAY_MS);
  const parts = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?) ?(Z|UTC|[+-]\d\d:?\d\d)?$/.exec(text);
  if (!parts) return undefined;
  const zone = parts[3] === undefined || parts[3] === 'UTC' ? 'Z' : parts[3];
  return whenValid(Date.parse(`${parts[1]}T${parts[2]}${zone}`));
};

const whenValid = (ms: number): number | undefined => (Number.isNaN(ms) ? undefined : ms);

/** Names of a list's entries, each kept once. */
class Names {
  readonly #names: string[];
  readonly #places = new Map<string, number>();

  constructor(own: string) {
    this.#names = [own];
  }

  /** Undefined when there are too many. */
  of(text: string): number | undefined {
    if (text === '') return 0;
    const known = this.#places.get(text);
    if (known !== undefined) return known;
    if (this.#names.length >= MAX_NAMES) return undefined;
    const place = this.#names.push(listName(text) || this.at(0)) - 1;
    this.#places.set(text, place);
    return place;
  }

  at(place: number): string {
    return this.#names[place] ?? '';
  }
}
