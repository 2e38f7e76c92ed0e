import { hexAt } from './decode-layers.ts';

const STRONG = 1;
const SPACE = 2;
const WATCHED = 3;
const PERCENT = 4;

/** What a character may begin: an attack needs at least one that is not plain. */
const TABLE = new Uint8Array(128);
for (let c = 0; c < 32; c++) TABLE[c] = STRONG;
for (const c of '\'"<`\\|;{$(\x7f') TABLE[c.charCodeAt(0)] = STRONG;
for (const c of ' ') TABLE[c.charCodeAt(0)] = SPACE;
for (const c of './_-*&%=[]#') TABLE[c.charCodeAt(0)] = WATCHED;
TABLE[37] = PERCENT;

const ETC = 0x657463; // etc
/** Three letters before a slash: etc/ -inf/ self/ var/ .ssh/ .aws/ system32/ windows/. */
const BEFORE_SLASH = new Set([ETC, ...['inf', 'elf', 'var', 'ssh', 'aws', 'roc', 'm32', 'ows', 'nnt'].map(three)]);
/** Before a dot: win. boot. 169. constructor. class. */
const BEFORE_DOT = new Set(['win', 'oot', '169', 'tor', 'ass'].map(three));
/** The ends of names under which any value is looked at: cmd, exec, execute, command, shell; and of constructor, class. */
const BEFORE_EQUALS = new Set(['cmd', 'xec', 'ute', 'and', 'ell'].map(three));
const BEFORE_BRACKET = new Set(['tor', 'ass'].map(three));

function three(word: string): number {
  return (word.charCodeAt(0) << 16) | (word.charCodeAt(1) << 8) | word.charCodeAt(2);
}

/**
 * Whether `text[from, to)` could hold an attack at all: one pass over the characters, percent-encoding looked through once. `plus` is true
 * where `+` stands for a space. Never false for what a rule would find; true for a few per cent of honest parameters.
 */
export const maySignal = (text: string, from: number, to: number, plus: boolean): boolean => {
  let last = 0; // the latest three characters
  for (let i = from; i < to; i++) {
    let c = text.charCodeAt(i);
    if (c >= 128) {
      if (isLookalike(c)) return true;
      last = 0;
      continue;
    }
    let kind = TABLE[c];
    if (kind === PERCENT) {
      const byte = hexAt(text, i + 1, 2);
      if (byte < 0) {
        if ((text.charCodeAt(i + 1) | 32) === 117) return true;
        continue;
      }
      if (byte === 37 || byte === 38 || (byte >= 128 && isStrange(text, i, byte))) return true;
      i += 2;
      if (byte >= 128) continue;
      c = byte;
      kind = TABLE[c];
    }
    if (kind !== 0) {
      if (kind !== WATCHED) return true;
      if (isWatched(c, last)) return true;
    } else if (plus && c === 43) return true;
    last = ((last << 8) & 0xffff00) | (c >= 65 && c <= 90 ? c | 32 : c);
  }
  return false;
};

const isWatched = (c: number, last: number): boolean => {
  const before = last & 0xff;
  switch (c) {
    case 46: // ..
      return before === 46 || BEFORE_DOT.has(last);
    case 47: // :/ // and names of folders
      return before === 58 || before === 47 || BEFORE_SLASH.has(last);
    case 95: // __
    case 45: // --
      return before === c;
    case 42: // /*
      return before === 47;
    case 61: // cmd=
      return BEFORE_EQUALS.has(last);
    case 93: // constructor]
    case 91: // constructor[
      return BEFORE_BRACKET.has(last);
    case 38: // &&
      return before === 38;
    default: // &#
      return before === 38;
  }
};

/** Full-width forms of ASCII, and the letters that databases turn into quotes. */
const isLookalike = (c: number): boolean =>
  (c >= 0xff01 && c <= 0xff5e) || (c >= 0x2b9 && c <= 0x2bc) || c === 0x560a || c === 0x560d;

/** Overlong UTF-8, and lookalikes in UTF-8. */
const isStrange = (text: string, at: number, first: number): boolean => {
  if (first === 0xc0 || first === 0xc1) return true;
  if (first !== 0xe0 && first !== 0xf0 && first !== 0xef && first !== 0xca && first !== 0xe5) return false;
  const second = hexAt(text, at + 4, 2);
  if (first === 0xe0) return second < 0xa0;
  if (first === 0xf0) return second < 0x90;
  if (first === 0xef) return second === 0xbc || second === 0xbd;
  if (first === 0xca) return second >= 0xb9 && second <= 0xbc;
  return second === 0x98;
};
