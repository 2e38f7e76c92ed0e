import { isIban, passesElevenTest, passesLuhn } from './checksum.ts';

/** Kinds of personal or secret data that a value's own form, and its check digits, prove or make likely. */
export const DATA_CLASSES = ['email', 'iban', 'card', 'bsn', 'ssn', 'phone', 'jwt', 'key'] as const;
export type DataClass = (typeof DATA_CLASSES)[number];

/** A value that is one of these is shorter, but for tokens, and those show at their beginning. */
const MAX_PERSONAL = 320;
const MIN_JWT = 20;

export interface ClassifyOptions {
  /** Nine digits alone are far more often an id than a citizen number: told only where the name says so, or when this is set. */
  readonly name?: string;
}

/**
 * `value` is percent-decoded. Looks at no more than the value's beginning where it is long; no expression that could go back over it.
 * BSN and SSN without separators need `name` to speak of them; a card needs its issuer's prefix, its length and Luhn.
 */
export const classify = (value: string, options: ClassifyOptions = {}): DataClass | undefined => {
  const { length } = value;
  if (length < 6) return undefined;
  const first = value.charCodeAt(0);
  if (length >= MIN_JWT) {
    if (first === 101 && isJwt(value)) return 'jwt';
    if (isKey(value, first)) return 'key';
  }
  if (length > MAX_PERSONAL) return undefined;
  if (length <= 42 && isLetter(first)) {
    const compact = value.includes(' ') ? value.replaceAll(' ', '') : value;
    if (isIban(compact)) return 'iban';
  }
  if (isDigit(first) || first === 43 || first === 40) {
    const number = numberClass(value, first, options.name ?? '');
    if (number !== undefined) return number;
  }
  return isEmail(value) ? 'email' : undefined;
};

const isDigit = (c: number): boolean => c >= 48 && c <= 57;
const isLetter = (c: number): boolean => (c >= 97 && c <= 122) || (c >= 65 && c <= 90);

/** Three parts of base64url, of which the first is a JSON object (`{"`); the third may be empty, five make a JWE. */
const isJwt = (value: string): boolean => {
  if (!value.startsWith('eyJ')) return false;
  let points = 0;
  const end = Math.min(value.length, 8_192);
  for (let i = 3; i < end; i++) {
    const c = value.charCodeAt(i);
    if (c === 46) {
      if (points === 0 && i < 12) return false;
      points++;
    } else if (!isDigit(c) && !isLetter(c) && c !== 45 && c !== 95 && c !== 61) return false;
  }
  return points === 2 || points === 4 || (points > 0 && end < value.length);
};

/** Vendor prefixes with how much of which characters follows at least. */
const KEYS: readonly (readonly [prefix: string, min: number])[] = [
  ['AKIA', 16], ['ASIA', 16], ['AROA', 16], ['AIDA', 16],
  ['ghp_', 30], ['gho_', 30], ['ghu_', 30], ['ghs_', 30], ['ghr_', 30], ['github_pat_', 22], ['glpat-', 20],
  ['sk_live_', 16], ['sk_test_', 16], ['rk_live_', 16], ['rk_test_', 16], ['pk_live_', 16], ['pk_test_', 16], ['whsec_', 24],
  ['xoxb-', 16], ['xoxp-', 16], ['xoxa-', 16], ['xoxs-', 16], ['xoxe-', 16], ['xoxr-', 16], ['xapp-', 16],
  ['AIza', 35], ['ya29.', 20], ['SG.', 40], ['npm_', 30], ['pypi-', 30], ['dop_v1_', 40], ['shpat_', 30], ['shpss_', 30], ['hvs.', 20],
  ['sk-ant-', 20], ['sk-proj-', 20], ['sk-', 40], ['AGE-SECRET-KEY-', 40], ['-----BEGIN ', 16],
]; // prettier-ignore
const AWS_LENGTH = 20;
const KEY_STARTS = new Set(KEYS.map(([prefix]) => prefix.charCodeAt(0)));

const isKey = (value: string, first: number): boolean => {
  if (!KEY_STARTS.has(first)) return false;
  for (const [prefix, min] of KEYS) {
    if (value.length < prefix.length + min || !value.startsWith(prefix)) continue;
    if (prefix.startsWith('-----')) return value.slice(0, 64).includes('PRIVATE KEY');
    if (min === 16 && prefix.length === 4 && !prefix.endsWith('_'))
      return value.length === AWS_LENGTH && /^[A-Z0-9]{20}$/.test(value);
    if (isKeyTail(value, prefix.length)) return true;
  }
  return false;
};

/** Token characters, with a digit or both cases: `sk-learn-is-a-library` is none. */
const isKeyTail = (value: string, from: number): boolean => {
  let digits = 0;
  let upper = 0;
  let lower = 0;
  const end = Math.min(value.length, from + 256);
  for (let i = from; i < end; i++) {
    const c = value.charCodeAt(i);
    if (isDigit(c)) digits++;
    else if (c >= 97 && c <= 122) lower++;
    else if (c >= 65 && c <= 90) upper++;
    else if (c !== 45 && c !== 95 && c !== 46) return false;
  }
  return digits >= 2 || (upper > 0 && lower > 0);
};

/** Digits with spaces, `-`, `.` and brackets between them. */
const numberClass = (value: string, first: number, name: string): DataClass | undefined => {
  if (value.length > 32) return undefined;
  let digits = '';
  let marks = 0;
  for (let i = first === 43 ? 1 : 0; i < value.length; i++) {
    const c = value.charCodeAt(i);
    if (isDigit(c)) digits += value[i];
    else if (c === 32 || c === 45 || c === 46 || c === 40 || c === 41) marks++;
    else return undefined;
  }
  if (first === 43)
    return digits.length >= 8 && digits.length <= 15 && digits.charCodeAt(0) !== 48 ? 'phone' : undefined;
  if (isCard(value, digits, marks)) return 'card';
  if (digits.length === 9) {
    if (/^\d{3}-\d{2}-\d{4}$/.test(value)) return isSsn(digits) ? 'ssn' : undefined;
    if (NAMES_BSN.test(name) && passesElevenTest(digits)) return 'bsn';
    if (NAMES_SSN.test(name) && isSsn(digits)) return 'ssn';
  }
  if (digits.length >= 9 && digits.length <= 15 && (first === 40 || NAMES_PHONE.test(name))) return 'phone';
  return undefined;
};

const NAMES_BSN = /bsn|burgerservice|sofi|citizen/i;
const NAMES_SSN = /ssn|social.?sec/i;
const NAMES_PHONE = /phone|mobile|msisdn|^tel/i;

/** Area 000, 666 and 900–999, group 00 and serial 0000 are never given out. */
const isSsn = (digits: string): boolean => {
  const area = Number(digits.slice(0, 3));
  return area !== 0 && area !== 666 && area < 900 && digits.slice(3, 5) !== '00' && digits.slice(5) !== '0000';
};

/** Issuer ranges: first digits, their number, and lengths. */
const isCard = (value: string, digits: string, marks: number): boolean => {
  const { length } = digits;
  if (length < 13 || length > 19 || marks > 4) return false;
  if (marks > 0 && !/^\d{4}([ -])\d{4,6}\1\d{4,5}(?:\1\d{1,7})?$/.test(value)) return false;
  return hasIssuer(digits, length) && passesLuhn(digits) && !isRepeated(digits);
};

const hasIssuer = (digits: string, length: number): boolean => {
  const four = Number(digits.slice(0, 4));
  const two = Math.floor(four / 100);
  if (four >= 4000 && four < 5000) return length === 13 || length === 16 || length === 19; // Visa
  if ((two >= 51 && two <= 55) || (four >= 2221 && four <= 2720)) return length === 16; // Mastercard
  if (two === 34 || two === 37) return length === 15; // American Express
  if (four === 6011 || two === 65 || (four >= 6440 && four <= 6499)) return length === 16 || length === 19; // Discover
  if (four >= 3528 && four <= 3589) return length === 16; // JCB
  if (two === 36 || two === 38 || two === 39 || (four >= 3000 && four <= 3059)) return length === 14; // Diners Club
  return two === 62 && length >= 16; // UnionPay
};

const isRepeated = (digits: string): boolean => {
  for (let i = 1; i < digits.length; i++) if (digits.charCodeAt(i) !== digits.charCodeAt(0)) return false;
  return true;
};

/** One `@`, something before it, and a domain of at least two labels after it. */
const isEmail = (value: string): boolean => {
  const at = value.indexOf('@');
  if (at < 1 || at > 64 || value.indexOf('@', at + 1) !== -1) return false;
  for (let i = 0; i < at; i++) {
    const c = value.charCodeAt(i);
    if (c <= 32 || c === 47 || c === 58 || c === 44 || c === 59 || c === 60 || c === 62 || c === 40 || c === 41)
      return false;
  }
  const domain = value.slice(at + 1);
  const point = domain.lastIndexOf('.');
  return point > 0 && /^[A-Za-z]{2,24}$|^xn--[A-Za-z0-9-]{1,59}$/.test(domain.slice(point + 1)) && isDomain(domain);
};

const isDomain = (domain: string): boolean => {
  if (domain.length > 253) return false;
  let label = 0;
  for (let i = 0; i < domain.length; i++) {
    const c = domain.charCodeAt(i);
    if (c === 46) {
      if (label === 0) return false;
      label = 0;
    } else if (isDigit(c) || isLetter(c) || c === 45 || c > 127) {
      if (++label > 63) return false;
    } else return false;
  }
  return label > 0;
};
