import { PermanentError } from '@outrider/platform/errors';
import { parseRange } from './address-words.ts';
import { MAX_ENTRIES, MAX_RECORDS } from './bounds.ts';
import { asnOf, countryOf, locationOf, shownText, type FactsRecord } from './facts-record.ts';
import { csvFields, eachLine, textOfBytes } from './lines.ts';
import { kindOf } from './mmdb-fields.ts';
import { RangeRows, RangeTable } from './range-table.ts';
import type { FactsSource } from './facts-source.ts';

const COLUMNS = ['cidr', 'country', 'asn', 'organization', 'network', 'lat', 'lon', 'radius'] as const;
type Column = (typeof COLUMNS)[number];

const isComment = (line: string): boolean => line === '' || line.startsWith('#');

/**
 * A CSV of facts: a header that names its columns (`cidr`, and any of country, asn, organization, network, lat, lon, radius, in any order),
 * then a range a line; the narrowest range around an address counts. PermanentError `no-header` or `no-entries`.
 */
export const readFactsCsv = async (bytes: Buffer): Promise<FactsSource> => {
  const text = await textOfBytes(bytes);
  const rows = new RangeRows();
  const records: FactsRecord[] = [];
  const known = new Map<string, number>();
  let columns: ReadonlyMap<Column, number> | undefined;
  let refused = 0;
  await eachLine(text, (line) => {
    if (line !== undefined && isComment(line)) return;
    const fields = line === undefined ? [] : csvFields(line);
    if (!columns) {
      columns = columnsOf(fields);
      return;
    }
    const places = columns;
    const value = (column: Column): string => fields[places.get(column) ?? -1] ?? '';
    const range = parseRange(value('cidr'));
    const key = fields.filter((_, i) => i !== places.get('cidr')).join('\u0000');
    let record = known.get(key);
    if (!range || rows.count >= MAX_ENTRIES || (record === undefined && records.length >= MAX_RECORDS)) {
      refused++;
      return;
    }
    if (record === undefined) {
      record = records.push(recordOf(value)) - 1;
      known.set(key, record);
    }
    rows.add(range, record);
  });
  if (rows.count === 0)
    throw new PermanentError('the file has no line that starts with an address range', 'no-entries');
  const table = new RangeTable(rows);
  return {
    kind: 'csv',
    entries: table.count,
    refused,
    contentAt: undefined,
    find: (_ip, words) => {
      const hit = table.find(words, 0);
      return hit && records[hit.value];
    },
  };
};

const columnsOf = (header: readonly string[]): ReadonlyMap<Column, number> => {
  const names = header.map((name) => name.toLowerCase());
  const columns = new Map(COLUMNS.map((name) => [name, names.indexOf(name)] as const).filter(([, at]) => at >= 0));
  if (!columns.has('cidr') || columns.size < 2)
    throw new PermanentError(
      `the first line must name its columns: cidr and others of ${COLUMNS.join(', ')}`,
      'no-header',
    );
  return columns;
};

const recordOf = (value: (column: Column) => string): FactsRecord => {
  const country = countryOf(value('country'));
  const asn = asnOf(value('asn'));
  const organization = shownText(value('organization'));
  const network = kindOf(value('network'));
  const location = locationOf(value('lat'), value('lon'), value('radius'));
  return Object.freeze({
    ...(country === undefined ? {} : { country }),
    ...(asn === undefined ? {} : { asn }),
    ...(organization === '' ? {} : { organization }),
    ...(network === undefined ? {} : { network }),
    ...(location === undefined ? {} : { location }),
  });
};
