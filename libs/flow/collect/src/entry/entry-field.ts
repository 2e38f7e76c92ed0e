import type { Fingerprints } from './credential.ts';
import { isObject, objectOf, textOf, type RawObject } from './raw-value.ts';
import { secretShape } from './secret-shape.ts';
import { SECRET } from './secret-text.ts';

const MAX_LABEL = 256;
const MAX_TAGS = 32;
const MAX_TAG = 128;
const MAX_CONTENT_TYPE = 128;
const UUID_LENGTH = 36;
const REQUEST_ID = /^[0-9a-f]{32}$/i;
const NO_TAGS: readonly string[] = Object.freeze([]);

/** A name or id that operators chose; bounded, and never a secret by its shape (custom fields can put anything anywhere). */
export const label = (value: unknown): string => {
  if (value === undefined) return '';
  const text = textOf(value, MAX_LABEL);
  // Kong's ids are UUIDs, too short to be a key of unknown make; longer or prefixed ones are looked at.
  if (text.length < 20 || (text.length === UUID_LENGTH && text.charCodeAt(8) === 45 && text.charCodeAt(23) === 45))
    return text;
  return secretShape(text) === undefined ? text : SECRET;
};

/** Kong's request id as 32 lower-case hex digits, `''` when there is none (before 3.5, stream) or custom fields put something else there. */
export const requestIdOf = (entry: RawObject): string => {
  const request = entry['request'];
  if (!isObject(request)) return '';
  const id = request['id'];
  if (typeof id !== 'string' || id.length !== 32 || !REQUEST_ID.test(id)) return '';
  return id.toLowerCase();
};

/** A credential id is a UUID; anything else (such as ldap-auth's cache key, which holds the password's hash) is kept as a keyed hash only. */
export const credentialIdOf = (value: unknown, fingerprints: Fingerprints): string => {
  if (value === undefined) return '';
  const text = textOf(value, 4_096);
  if (text === '' || isUuid(text)) return text;
  return `keyed:${fingerprints.of(text)}`;
};

const NOBODY = /^(?:anon(?:ymous)?(?:[-_.\s].*)?|guest|public|nobody)$/i;

/**
 * Whether the consumer is the one that Kong's `anonymous` setting gives to whoever shows no credential: Kong says so in a header. Where headers
 * were not logged its name tells. Any other consumer without an authenticated entity was found by a plugin that names no credential
 * (OpenID Connect, certificates that are mapped): its own id then stands for the credential.
 */
export const standsForAll = (consumer: RawObject, headers: RawObject): boolean => {
  const said = headers['x-anonymous-consumer'];
  return said === undefined ? NOBODY.test(textOf(consumer['username'], 64)) : textOf(said, 8).toLowerCase() === 'true';
};

const isUuid = (text: string): boolean => {
  if (text.length !== UUID_LENGTH) return false;
  for (let i = 0; i < UUID_LENGTH; i++) {
    const c = text.charCodeAt(i);
    if (i === 8 || i === 13 || i === 18 || i === 23) {
      if (c !== 45) return false;
    } else if (!((c >= 48 && c <= 57) || (c >= 97 && c <= 102) || (c >= 65 && c <= 70))) return false;
  }
  return true;
};

export const tagsOf = (value: unknown): string[] => {
  // Shared: an event is read-only, and most have no tags.
  if (!Array.isArray(value) || value.length === 0) return NO_TAGS as string[];
  const tags: string[] = [];
  for (const item of value.slice(0, MAX_TAGS)) if (typeof item === 'string') tags.push(label(item.slice(0, MAX_TAG)));
  return tags;
};

const METHODS = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']);
/** What nginx lets through. */
const OTHER_METHOD = /^[A-Z_-]{1,24}$/;

/** `''` for what cannot be a method. */
export const methodOf = (value: unknown): string => {
  if (typeof value !== 'string') return '';
  return METHODS.has(value) || OTHER_METHOD.test(value) ? value : '';
};

const TLS_VERSION = /^[A-Za-z0-9.]{1,16}$/;

export const tlsVersionOf = (tls: unknown): string => {
  if (tls === undefined) return '';
  const version = objectOf(tls)['version'];
  return typeof version === 'string' && TLS_VERSION.test(version) ? version : '';
};

const MEDIA_TYPE = /^[a-z0-9!#$&^_.+-]{1,64}\/[a-z0-9!#$&^_.+*-]{1,64}$/;

/** The media type alone, in lower case; `''` for what is none. */
export const contentType = (value: unknown): string => {
  if (value === undefined) return '';
  const text = textOf(value, 256);
  if (text === 'application/json') return text;
  const semicolon = text.indexOf(';');
  const type = (semicolon === -1 ? text : text.slice(0, semicolon)).trim().toLowerCase();
  return type.length <= MAX_CONTENT_TYPE && MEDIA_TYPE.test(type) && secretShape(text) === undefined ? type : '';
};
