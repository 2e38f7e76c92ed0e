import { decodeLayers } from './decode-layers.ts';

/** Where in the request a text stood; rules name the places they are for. */
export const PLACE = { path: 1, name: 2, value: 4, agent: 8, referer: 16 } as const;
export const ANYWHERE = 31;
export const IN_REQUEST_LINE = PLACE.path | PLACE.value;

/** What a decoded text holds; a rule that needs what is missing is not asked. */
export const HAS = {
  quote: 1, // ' " `
  space: 2,
  angle: 4, // <
  paren: 8, // (
  separator: 16, // ; | & ` newline $( — what ends a command
  brace: 32, // {
  dollar: 64,
  slash: 128, // / or \
  dots: 256, // ..
  line: 512, // CR or LF
  scheme: 1_024, // :/
  digit: 2_048,
} as const;

/** One decoded text of a request in the forms that rules read; each form is made once, when first asked for. */
export class Subject {
  /** Decoded, lower case; control characters and runs of white space are one space. */
  readonly plain: string;
  /** Decoded, lower case, lines kept. */
  readonly lines: string;
  readonly has: number;
  #sql: string | undefined;
  #shell: string | undefined;

  /** `name`: of the parameter, decoded, lower case; '' elsewhere. */
  constructor(
    raw: string,
    readonly place: number,
    readonly name: string,
  ) {
    this.lines = unified(decodeLayers(raw, place === PLACE.value || place === PLACE.name).toLowerCase());
    this.has = contentsOf(this.lines);
    this.plain = collapsed(this.lines);
  }

  /** As a database reads it: comments are spaces, what stands in MySQL's conditional comments counts. */
  get sql(): string {
    return (this.#sql ??= this.plain.includes('/*') ? withoutComments(this.plain) : this.plain);
  }

  /** As a shell reads it: without the quotes, carets, backslashes and empty variables that only hide words. */
  get shell(): string {
    return (this.#shell ??= shellWords(this.plain));
  }
}

/** Full-width and other lookalikes as the ASCII they are turned into behind the gateway. */
const unified = (text: string): string => (LOOKALIKE.test(text) ? text.replace(LOOKALIKES, toAscii) : text);

const LOOKALIKE = /[\uff01-\uff5e\u02b9-\u02bc\u560a\u560d]/;
const LOOKALIKES = /[\uff01-\uff5e\u02b9-\u02bc\u560a\u560d]/g;

const toAscii = (c: string): string => {
  const code = c.charCodeAt(0);
  if (code >= 0xff01) return String.fromCharCode(code - 0xfee0);
  if (code === 0x560a) return '\n';
  if (code === 0x560d) return '\r';
  return code === 0x2ba ? '"' : "'";
};

const BITS = new Uint16Array(128);
for (const [chars, bit] of [
  ['\'"`', HAS.quote],
  [' \t', HAS.space],
  ['<', HAS.angle],
  ['(', HAS.paren],
  [';|&`\n\r$', HAS.separator],
  ['{', HAS.brace],
  ['$', HAS.dollar],
  ['/\\', HAS.slash],
  ['\r\n', HAS.line | HAS.space],
  ['0123456789', HAS.digit],
] as const)
  for (const c of chars) BITS[c.charCodeAt(0)] = (BITS[c.charCodeAt(0)] ?? 0) | bit;

const contentsOf = (text: string): number => {
  let has = 0;
  let before = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c < 128) has |= BITS[c] as number;
    if (c === 46 && before === 46) has |= HAS.dots;
    else if (c === 47 && before === 58) has |= HAS.scheme;
    else if (c === 42 && before === 47) has |= HAS.space;
    before = c;
  }
  return has;
};

const BLANK = /[\p{Cc}\s]/u;
const BLANKS = /[\p{Cc}\s]+/gu;
const collapsed = (text: string): string => (BLANK.test(text) ? text.replaceAll('\0', '').replace(BLANKS, ' ') : text);

/** Linear: each comment is looked for once, from where the last one ended. */
const withoutComments = (text: string): string => {
  let out = '';
  let at = 0;
  for (;;) {
    const open = text.indexOf('/*', at);
    if (open === -1) return collapsed((out + text.slice(at)).replaceAll('*/', ' '));
    out += text.slice(at, open);
    if (text.charCodeAt(open + 2) === 33) {
      at = open + 3;
      while (at < text.length && isDigit(text.charCodeAt(at))) at++;
      out += ' ';
      continue;
    }
    const close = text.indexOf('*/', open + 2);
    if (close === -1) return collapsed(`${out} -- ${text.slice(open + 2)}`.replaceAll('*/', ' '));
    out += ' ';
    at = close + 2;
  }
};

const isDigit = (c: number): boolean => c >= 48 && c <= 57;

const shellWords = (text: string): string =>
  text
    .replace(/\$(?:ifs\$9|ifs|\{ifs[^}]{0,32}\})/g, ' ')
    .replace(/\$[@*]|['"\\^]/g, '')
    .replace(/\s+/g, ' ');
