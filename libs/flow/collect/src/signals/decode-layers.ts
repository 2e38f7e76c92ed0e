/** More layers than any honest client nests, and as many as web frameworks have been seen to peel off. */
const MAX_PASSES = 3;
const MAX_ENTITY = 10;

/**
 * Text as the last reader behind the gateway may see it: percent (also overlong UTF-8 and %uXXXX), `+`, HTML entities, `\uXXXX` and `\xXX`
 * taken off, at most three layers deep. What cannot be decoded stays as it is. Linear.
 */
export const decodeLayers = (raw: string, plusIsSpace: boolean): string => {
  let text = plusIsSpace && raw.includes('+') ? raw.replaceAll('+', ' ') : raw;
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const before = text;
    if (text.includes('%')) text = decodePercentLoosely(text);
    if (text.includes('&')) text = decodeEntities(text);
    if (text.includes('\\')) text = decodeEscapes(text);
    if (text === before) break;
  }
  return text;
};

const hexOf = (c: number): number => {
  if (c >= 48 && c <= 57) return c - 48;
  const lower = c | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
};

/** The number that `digits` hex digits at `at` make; -1 when they are none. */
export const hexAt = (text: string, at: number, digits: number): number => {
  let value = 0;
  for (let i = at; i < at + digits; i++) {
    const digit = i < text.length ? hexOf(text.charCodeAt(i)) : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
};

/** Bytes that are no UTF-8 are read as Latin-1; overlong forms (`%c0%af`) as what they hide. */
const decodePercentLoosely = (text: string): string => {
  let out = '';
  let copied = 0;
  let i = text.indexOf('%');
  while (i !== -1 && i < text.length) {
    const next = text.charCodeAt(i + 1) | 32;
    const wide = next === 117 ? hexAt(text, i + 2, 4) : -1;
    if (wide >= 0) {
      out += text.slice(copied, i) + String.fromCharCode(wide);
      copied = i += 6;
    } else {
      const byte = hexAt(text, i + 1, 2);
      if (byte < 0) i++;
      else {
        const length = byte < 0x80 ? 1 : sequenceLength(byte);
        const code = length === 1 ? byte : sequenceAt(text, i, byte, length);
        const used = code < 0 ? 1 : length;
        out += text.slice(copied, i) + String.fromCodePoint(code < 0 ? byte : code);
        copied = i += 3 * used;
      }
    }
    i = text.indexOf('%', i);
  }
  return copied === 0 ? text : out + text.slice(copied);
};

const sequenceLength = (byte: number): number => (byte >= 0xf0 && byte < 0xf8 ? 4 : byte >= 0xe0 ? 3 : 2);

/** The code point of a UTF-8 sequence, shortest form or not; -1 when its bytes do not follow one another. */
const sequenceAt = (text: string, at: number, first: number, length: number): number => {
  if (first < 0xc0 || first >= 0xf8) return -1;
  let code = first & (0xff >> (length + 1));
  for (let n = 1; n < length; n++) {
    const byte = text.charCodeAt(at + 3 * n) === 37 ? hexAt(text, at + 3 * n + 1, 2) : -1;
    if (byte < 0 || (byte & 0xc0) !== 0x80) return -1;
    code = code * 64 + (byte & 0x3f);
  }
  return code <= 0x10ffff ? code : -1;
};

const NAMED: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  amp: '&',
  colon: ':',
  lpar: '(',
  rpar: ')',
  tab: ' ',
  newline: '\n',
  sol: '/',
  grave: '`',
};

/** `&lt;`, `&#60;`, `&#x3c;`; the semicolon may be missing after a number. */
const decodeEntities = (text: string): string => {
  let out = '';
  let copied = 0;
  for (let i = text.indexOf('&'); i !== -1; i = text.indexOf('&', i + 1)) {
    const end = text.indexOf(';', i);
    const bounded = end !== -1 && end - i <= MAX_ENTITY ? end : -1;
    const isNumber = text.charCodeAt(i + 1) === 35;
    const found = isNumber ? numericEntity(text, i + 2) : bounded < 0 ? undefined : namedEntity(text, i + 1, bounded);
    if (found === undefined) continue;
    out += text.slice(copied, i) + found.text;
    copied = found.end;
    i = found.end - 1;
  }
  return copied === 0 ? text : out + text.slice(copied);
};

const namedEntity = (text: string, from: number, semicolon: number): { text: string; end: number } | undefined => {
  const name = text.slice(from, semicolon).toLowerCase();
  const named = Object.hasOwn(NAMED, name) ? NAMED[name] : undefined;
  return named === undefined ? undefined : { text: named, end: semicolon + 1 };
};

const numericEntity = (text: string, from: number): { text: string; end: number } | undefined => {
  const isHex = (text.charCodeAt(from) | 32) === 120;
  const start = isHex ? from + 1 : from;
  let value = 0;
  let i = start;
  for (; i < text.length && i < start + MAX_ENTITY; i++) {
    const digit = hexOf(text.charCodeAt(i));
    if (digit < 0 || (!isHex && digit > 9)) break;
    value = value * (isHex ? 16 : 10) + digit;
  }
  if (i === start || value > 0xffff) return undefined;
  return { text: String.fromCharCode(value), end: text.charCodeAt(i) === 59 ? i + 1 : i };
};

/** Of scripts: `\u003c`, `\x3c`. */
const decodeEscapes = (text: string): string => {
  let out = '';
  let copied = 0;
  for (let i = text.indexOf('\\'); i !== -1; i = text.indexOf('\\', i + 1)) {
    const kind = text.charCodeAt(i + 1) | 32;
    const digits = kind === 117 ? 4 : kind === 120 ? 2 : 0;
    const code = digits === 0 ? -1 : hexAt(text, i + 2, digits);
    if (code < 0) continue;
    out += text.slice(copied, i) + String.fromCharCode(code);
    copied = i + 2 + digits;
    i = copied - 1;
  }
  return copied === 0 ? text : out + text.slice(copied);
};
