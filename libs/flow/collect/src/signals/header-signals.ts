import { numberOf, textOf, type RawObject } from '../entry/raw-value.ts';
import { maySignal } from './prefilter.ts';

const MAX_FORWARDED = 1_024;
const MAX_LIMIT = 2 ** 31 - 1;

/** The first address of X-Forwarded-For as the client sent it; '' without one. Not checked: anyone can write it. */
export const claimedAddress = (headers: RawObject): string => {
  const value = headers['x-forwarded-for'];
  if (value === undefined) return '';
  const text = textOf(value, MAX_FORWARDED);
  const comma = text.indexOf(',');
  return (comma === -1 ? text : text.slice(0, comma)).trim().slice(0, 64);
};

/** Headers in which proxies and clients name an address: nothing else belongs into them. */
const ADDRESS_HEADERS: ReadonlySet<string> = new Set(['x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'x-client-ip', 'client-ip', 'true-client-ip', 'x-originating-ip', 'x-remote-ip', 'x-remote-addr', 'x-cluster-client-ip']); // prettier-ignore
/** Read on their own account. */
const READ_APART: ReadonlySet<string> = new Set(['user-agent', 'referer']);
const MAX_HEADER = 1_024;
const MAX_SUSPECTS = 16;

export interface HeaderSuspects {
  /** Of headers that hold an address. */
  readonly addresses: readonly string[];
  /** Of any other: they are read for look-ups (`${jndi:…`) only, since templates and queries may be honest there. */
  readonly lookups: readonly string[];
  /** Of cookies and headers of the application's own, with a quote: they are read for SQL that no name or text has. */
  readonly quoted: readonly string[];
}

/** Header texts that could hold an attack; undefined for nearly all requests. */
export const suspectsIn = (headers: RawObject): HeaderSuspects | undefined => {
  let found: { addresses: string[]; lookups: string[]; quoted: string[] } | undefined;
  for (const name of Object.keys(headers)) {
    if (READ_APART.has(name)) continue;
    const value = headers[name];
    const text = typeof value === 'string' ? value : Array.isArray(value) ? joined(value) : '';
    const isAddress = ADDRESS_HEADERS.has(name);
    const isQuoted = !isAddress && (name === 'cookie' || name.startsWith('x-')) && hasQuote(text);
    if (!isQuoted && !text.includes('${') && !(isAddress && maySignal(text, 0, Math.min(text.length, MAX_HEADER), false))) continue; // prettier-ignore
    found ??= { addresses: [], lookups: [], quoted: [] };
    const texts = isAddress ? found.addresses : isQuoted ? found.quoted : found.lookups;
    if (texts.length < MAX_SUSPECTS) texts.push(text.slice(0, MAX_HEADER));
  }
  return found;
};

const hasQuote = (text: string): boolean => text.includes("'") || text.includes('%27');

const joined = (values: readonly unknown[]): string =>
  values.slice(0, MAX_SUSPECTS).filter((value) => typeof value === 'string').join(' '); // prettier-ignore

const OVERRIDE = /^[A-Za-z]{1,16}$/;

/** The method that the client asks the upstream to take instead; '' for none or for what is no method. */
export const methodOverrideOf = (headers: RawObject): string => {
  const value = headers['x-http-method-override'] ?? headers['x-http-method'] ?? headers['x-method-override'];
  if (value === undefined) return '';
  const text = textOf(value, 64).trim();
  return OVERRIDE.test(text) ? text.toUpperCase() : '';
};

const WINDOWS = ['second', 'minute', 'hour', 'day', 'month', 'year'] as const;
const PAIRS = [
  ...WINDOWS.map((window) => [`x-ratelimit-limit-${window}`, `x-ratelimit-remaining-${window}`] as const),
  ['x-ratelimit-limit', 'x-ratelimit-remaining'] as const,
];

export interface RateState {
  /** Requests; -1 unknown. */
  readonly limit: number;
  readonly remaining: number;
}

const UNKNOWN: RateState = { limit: -1, remaining: -1 };

/** What the answer said of the caller's rate limit: RateLimit-*, or of X-RateLimit-* the window with the least left of it. */
export const rateStateOf = (headers: RawObject): RateState => {
  const limit = headers['ratelimit-limit'];
  if (limit !== undefined) return { limit: countOf(limit), remaining: countOf(headers['ratelimit-remaining']) };
  let tightest = UNKNOWN;
  let least = Infinity;
  for (const [limitName, remainingName] of PAIRS) {
    if (headers[limitName] === undefined) continue;
    const state = { limit: countOf(headers[limitName]), remaining: countOf(headers[remainingName]) };
    const left = state.remaining < 0 ? 1 : state.remaining / Math.max(1, state.limit);
    if (state.limit < 0 || left >= least) continue;
    tightest = state;
    least = left;
  }
  return tightest;
};

/** `100`, or the first of `100, 100;w=60`; -1 for what is no count. */
const countOf = (value: unknown): number => {
  if (value === undefined) return -1;
  const text = textOf(value, 64);
  const end = text.search(/[,;]/);
  const number = numberOf((end === -1 ? text : text.slice(0, end)).trim());
  return number === undefined || number < 0 ? -1 : Math.floor(Math.min(number, MAX_LIMIT));
};
