import { basename } from 'node:path';

const MAX_NAME = 64;
const NAMED = /^([A-Za-z0-9][A-Za-z0-9._-]{0,63})=(.+)$/;

/** What `GEOIP_FILES` and `THREAT_LISTS` name. */
export interface Place {
  /** Given as `name=`, else '' . */
  readonly name: string;
  /** A path, or an http(s) address. */
  readonly target: string;
}

export const placeOf = (text: string): Place => {
  const named = NAMED.exec(text);
  return named ? { name: named[1] ?? '', target: named[2] ?? '' } : { name: '', target: text };
};

export const isAddress = (target: string): boolean => /^https?:\/\//i.test(target);

/** Text as a name: letters, digits, `.`, `_`, `-`; at most 64. */
export const listName = (text: string): string =>
  text
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[-.]+|-+$/g, '')
    .slice(0, MAX_NAME);

/** `/lists/firehol_level1.netset` → `firehol_level1`. */
export const nameOfFile = (path: string): string =>
  listName(basename(path).replace(/(?:\.(?:gz|txt|mmdb|csv|netset|ipset|list|dat))+$/i, '')) || 'list';

/** The last part of the path, or the host; never the query, which may hold a key. */
export const nameOfAddress = (url: string): string => {
  if (!URL.canParse(url)) return 'list';
  const { pathname, hostname } = new URL(url);
  const last = pathname.split('/').findLast((part) => part !== '');
  return last === undefined ? listName(hostname) : nameOfFile(last);
};
