import { createHmac } from 'node:crypto';
import { BoundedCache } from './bounded-cache.ts';
import type { RawObject } from './raw-value.ts';
import type { CredentialNames } from './secret-names.ts';
import { decodePercent } from './secret-text.ts';

const MAX_CACHED_CREDENTIAL = 1_024;
const MAX_CREDENTIAL = 8_192;
/** With the bound on their length: at most about 16 MiB. */
const CACHED = 16_384;
const SHORT = 16;
/** What Kong writes instead of an Authorization header. */
const REDACTED = 'REDACTED';

/** Turns credentials into keyed fingerprints, so that one caller's requests can be joined without keeping what it presented. */
export class Fingerprints {
  readonly #short = new BoundedCache<string>(CACHED);

  /** `key`: at least 16 bytes, the same for all collectors of an installation. */
  constructor(private readonly key: Buffer) {}

  /** First 16 hex digits: what events carry. */
  shortOf(credential: string): string {
    const cached = this.#short.get(credential);
    if (cached !== undefined) return cached;
    const print = this.of(credential).slice(0, SHORT);
    if (credential.length <= MAX_CACHED_CREDENTIAL) this.#short.set(credential, print);
    return print;
  }

  /** First 32 hex digits of HMAC-SHA256. */
  of(credential: string): string {
    return createHmac('sha256', this.key).update(credential).digest('hex').slice(0, 32);
  }

  /** Of bytes, uncached. */
  ofBytes(scope: string, bytes: Buffer): string {
    return createHmac('sha256', this.key).update(scope).update('\0').update(bytes).digest('hex').slice(0, 32);
  }
}

/**
 * The credential that a request presented: a key or token in a header, then in the query, then in a session cookie; `''` when none.
 * The authentication scheme is cut off, so that one token counts once whichever way it came.
 */
export const presentedCredential = (headers: RawObject, query: string, names: CredentialNames): string => {
  const lookedAt = names.headers;
  for (let i = 0; i < lookedAt.length; i++) {
    const value = headers[lookedAt[i] as string];
    if (value === undefined) continue;
    const credential = withoutScheme(firstText(value));
    if (credential !== '' && credential !== REDACTED) return credential.slice(0, MAX_CREDENTIAL);
  }
  if (query !== '') {
    const credential = credentialInQuery(query, names);
    if (credential !== '') return credential.slice(0, MAX_CREDENTIAL);
  }
  const cookie = headers['cookie'];
  return cookie === undefined ? '' : credentialInCookies(cookie, names.cookies).slice(0, MAX_CREDENTIAL);
};

const firstText = (value: unknown): string => {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) for (const item of value) if (typeof item === 'string') return item;
  return '';
};

const withoutScheme = (value: string): string => {
  const space = value.indexOf(' ');
  return space > 0 && space <= 12 ? value.slice(space + 1).trim() : value;
};

const credentialInQuery = (query: string, names: CredentialNames): string => {
  for (let at = 0; at < query.length;) {
    let end = query.indexOf('&', at);
    if (end === -1) end = query.length;
    const equals = query.indexOf('=', at);
    if (
      equals !== -1 &&
      equals < end - 1 &&
      equals - at <= 128 &&
      names.isSecret(decodePercent(query.slice(at, equals)))
    )
      return decodePercent(query.slice(equals + 1, end));
    at = end + 1;
  }
  return '';
};

const credentialInCookies = (cookie: unknown, wanted: readonly string[]): string => {
  for (const line of Array.isArray(cookie) ? cookie : [cookie]) {
    if (typeof line !== 'string') continue;
    for (const pair of line.split(';', 64)) {
      const equals = pair.indexOf('=');
      if (equals <= 0) continue;
      if (wanted.includes(pair.slice(0, equals).trim().toLowerCase())) return pair.slice(equals + 1).trim();
    }
  }
  return '';
};
