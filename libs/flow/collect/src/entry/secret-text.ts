import type { CredentialNames } from './secret-names.ts';
import { secretShape } from './secret-shape.ts';

export const SECRET = '{secret}';
const SCHEMES = new Set(['bearer', 'basic', 'digest', 'negotiate', 'apikey']);

/** Percent-decoded, leniently: what cannot be decoded stays as it is. */
export const decodePercent = (text: string): string => {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text.replace(/%([0-7][0-9a-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  }
};

/**
 * Text with everything that is, or is announced as, a credential replaced by `{secret}`: tokens of a secret's shape, `name=value` and
 * `name: value` under a secret name, what follows `Bearer` and the like, user and password in a URL, and in a path the segment after a secret name.
 * One pass over runs of token characters; linear.
 */
export const redactText = (text: string, names: CredentialNames): string => {
  let out = '';
  let copied = 0;
  let previous = '';
  let i = 0;
  while (i < text.length) {
    const start = i;
    while (i < text.length && isTokenCode(text.charCodeAt(i))) i++;
    if (i === start) {
      i++;
      continue;
    }
    const token = text.slice(start, i);
    const secretEnd = endOfSecret(token, text, start, i, previous, names);
    if (secretEnd > start) {
      out += text.slice(copied, start) + SECRET;
      copied = secretEnd;
      i = secretEnd;
    }
    previous = token;
  }
  return copied === 0 ? text : out + text.slice(copied);
};

const isTokenCode = (c: number): boolean =>
  (c >= 97 && c <= 122) ||
  (c >= 48 && c <= 57) ||
  (c >= 65 && c <= 90) ||
  c === 45 || // -
  c === 95 || // _
  c === 46 || // .
  c === 37 || // %
  c === 43 || // +
  c === 126 || // ~
  c > 127;

/** Where the secret that begins at `start` ends; -1 when there is none. */
const endOfSecret = (
  token: string,
  text: string,
  start: number,
  end: number,
  previous: string,
  names: CredentialNames,
): number => {
  const plain = decodePercent(token);
  const before = start > 0 ? text.charCodeAt(start - 1) : 0;
  if (before === 47 && start > 1 && text.charCodeAt(start - 2) === 47) {
    const host = endOfUserInfo(text, start);
    if (host > start) return host;
  }
  if (isAnnounced(text, start, before, previous, names)) return endOfValue(text, end);
  if (secretShape(plain) !== undefined || hidesAssignment(plain, token, names)) return end;
  // user:password@host without a scheme
  if (before === 58 && end < text.length && text.charCodeAt(end) === 64) return end;
  if (before === 47 && previous !== '' && isPositional(plain, previous, names)) return end;
  return -1;
};

/** `name=`, `name:` or `name: ` under a secret name, or a scheme such as `Bearer `, stands right before. */
const isAnnounced = (
  text: string,
  start: number,
  before: number,
  previous: string,
  names: CredentialNames,
): boolean => {
  if (previous === '') return false;
  if (before === 61 || before === 58) return names.isSecret(decodePercent(previous));
  if (before !== 32) return false;
  return SCHEMES.has(previous.toLowerCase()) || (text.charCodeAt(start - 2) === 58 && names.isSecret(previous));
};

/** What is announced may hold any character: it ends at white space, at a separator of parameters, and within a path at the next segment. */
const endOfValue = (text: string, from: number): number => {
  const isPath = text.charCodeAt(0) === 47;
  let i = from;
  for (; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c <= 32 || c === 38 || c === 59 || c === 44 || c === 34 || c === 41 || c === 63 || (isPath && c === 47)) break;
  }
  return i;
};

/** The `@` that ends user and password of the authority at `start`; -1 when there is none. */
const endOfUserInfo = (text: string, start: number): number => {
  let at = -1;
  for (let i = start; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 64) at = i;
    if (c === 47 || c === 63 || c <= 32) break;
  }
  return at;
};

/** `token%3Dabc`: an assignment that is itself encoded. */
const hidesAssignment = (plain: string, token: string, names: CredentialNames): boolean => {
  if (plain === token) return false;
  const at = plain.search(/[=:]/);
  return at > 0 && names.isSecret(plain.slice(0, at));
};

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** `/reset-token/x7k2…`: the segment behind a secret name, unless it is plainly a word, a number, an id or a version. */
const isPositional = (plain: string, previous: string, names: CredentialNames): boolean =>
  plain.length >= 8 && /\d/.test(plain) && /[a-z]/i.test(plain) && !UUID.test(plain) && names.isSecret(previous);
