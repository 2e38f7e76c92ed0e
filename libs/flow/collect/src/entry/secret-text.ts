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
    if (i > start) {
      const token = text.slice(start, i);
      if (isSecretHere(token, text, start, i, previous, names)) {
        out += text.slice(copied, start) + SECRET;
        copied = i;
      }
      previous = token;
    } else i++;
  }
  return copied === 0 ? text : out + text.slice(copied);
};

const isTokenCode = (c: number): boolean =>
  (c >= 97 && c <= 122) || (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || c === 45 || c === 95 || c === 46 || c === 37 || c === 43 || c === 126 || c > 127; // prettier-ignore

const isSecretHere = (
  token: string,
  text: string,
  start: number,
  end: number,
  previous: string,
  names: CredentialNames,
): boolean => {
  const plain = decodePercent(token);
  if (secretShape(plain) !== undefined || hidesAssignment(plain, token, names)) return true;
  const before = start > 0 ? text.charCodeAt(start - 1) : 0;
  const after = end < text.length ? text.charCodeAt(end) : 0;
  // user:password@host, //user@host
  if (after === 64 && (before === 58 || (before === 47 && start > 1 && text.charCodeAt(start - 2) === 47))) return true;
  if (after === 58 && before === 47 && isUserInfo(text, end)) return true;
  if (previous === '') return false;
  if (before === 61 || before === 58) return names.isSecret(decodePercent(previous));
  if (before === 32)
    return SCHEMES.has(previous.toLowerCase()) || (afterColon(text, start) && names.isSecret(previous));
  if (before === 47)
    return plain.length >= 8 && /\d/.test(plain) && /[a-z]/i.test(plain) && isPositional(plain, previous, names);
  return false;
};

/** `token%3Dabc`: an assignment that is itself encoded. */
const hidesAssignment = (plain: string, token: string, names: CredentialNames): boolean => {
  if (plain === token) return false;
  const at = plain.search(/[=:]/);
  return at > 0 && names.isSecret(plain.slice(0, at));
};

const isUserInfo = (text: string, colon: number): boolean => {
  for (let i = colon + 1; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 64) return true;
    if (c === 47 || c === 32) return false;
  }
  return false;
};

const afterColon = (text: string, start: number): boolean => start > 1 && text.charCodeAt(start - 2) === 58;

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** `/reset-token/x7k2…`: the segment behind a secret name, unless it is plainly an id or a version. */
const isPositional = (plain: string, previous: string, names: CredentialNames): boolean =>
  !UUID.test(plain) && names.isSecret(previous);
