/** Kong looks at no more arguments than this (lua_max_uri_args). */
const MAX_ARGUMENTS = 100;

const UNRESERVED = /[A-Za-z0-9\-._~]/;

/** Decodes what needs no escaping, resolves dots and merges slashes; an escaped slash stays one segment's text. */
export const normalizePath = (raw: string): string => {
  const decoded = raw.replace(/%([0-9a-fA-F]{2})/g, (escaped, hex: string) => {
    const char = String.fromCharCode(Number.parseInt(hex, 16));
    return UNRESERVED.test(char) ? char : escaped.toUpperCase();
  });
  const kept: string[] = [];
  const segments = decoded.split('/');
  for (const segment of segments) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  const endsInFolder = ['', '.', '..'].includes(segments.at(-1) ?? '');
  return `/${kept.join('/')}${endsInFolder && kept.length > 0 ? '/' : ''}`;
};

export const splitUri = (uri: string): { path: string; query: string } => {
  const at = uri.indexOf('?');
  return at < 0 ? { path: uri, query: '' } : { path: uri.slice(0, at), query: uri.slice(at) };
};

export type Arguments = Record<string, string | true | (string | true)[]>;

/**
 * Arguments by decoded name: `?flag` is true, `?x=` empty, a repeated name a list.
 * Decoding yields bytes, one per character, because escapes need not be UTF-8.
 */
export const parseQuery = (query: string): Arguments => {
  const parsed = Object.create(null) as Arguments;
  const pairs = query
    .replace(/^\?/, '')
    .split('&')
    .filter((pair) => pair !== '');
  for (const pair of pairs.slice(0, MAX_ARGUMENTS)) {
    const at = pair.indexOf('=');
    const name = unescapeBytes(at < 0 ? pair : pair.slice(0, at));
    const value = at < 0 ? true : unescapeBytes(pair.slice(at + 1));
    const before = parsed[name];
    if (before === undefined) parsed[name] = value;
    else parsed[name] = [...(Array.isArray(before) ? before : [before]), value];
  }
  return parsed;
};

/** The query without some argument, for credentials that are not to travel on. */
export const withoutArgument = (query: string, name: string): string => {
  const pairs = query
    .replace(/^\?/, '')
    .split('&')
    .filter((pair) => pair !== '');
  const kept = pairs.filter((pair) => unescapeBytes(pair.split('=')[0] ?? '') !== name);
  return kept.length === 0 ? '' : `?${kept.join('&')}`;
};

const unescapeBytes = (text: string): string =>
  text
    .replace(/\+/g, ' ')
    .replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

/** Where a request goes below its service: the service's path, then what strip_path leaves (path handling v0). */
export const upstreamPath = (
  servicePath: string | undefined,
  path: string,
  matched: string,
  strips: boolean,
): string => {
  const base = servicePath ?? '/';
  const rest = strips ? path.slice(matched.length) : path;
  if (rest === '') return base;
  return `${base.replace(/\/$/, '')}${rest.startsWith('/') ? '' : '/'}${rest}`;
};
