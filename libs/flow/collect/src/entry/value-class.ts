import { secretShape } from './secret-shape.ts';

/**
 * What a query value looks like; the value itself is not kept. `privilege`: a rank that may do everything (admin, root); `special`: what stands
 * for nothing or for all (null, undefined, all, last); `schema`: a GraphQL query for the schema.
 */
export type ValueClass =
  | 'empty' | 'int' | 'decimal' | 'bool' | 'date' | 'uuid' | 'hex' | 'email' | 'jwt' | 'secret' | 'ip' | 'url' | 'word' | 'text'
  | 'privilege' | 'special' | 'schema'; // prettier-ignore

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const DATE = /^\d{4}-\d{2}-\d{2}(?:[T ][\d:.]{2,18}(?:Z|[+-]\d{2}:?\d{2})?)?$/;
const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;
const IPV6 = /^(?=.*:.*:)[0-9a-f:.]{3,45}$/i;
const DECIMAL = /^-?\d{1,20}(?:\.\d{1,20})?(?:e[+-]?\d{1,3})?$/i;
const EMAIL = /^[^@\s]{1,64}@[a-z0-9.-]{1,190}\.[a-z]{2,24}$/i;
const LONG = 512;

const DIGIT = 1;
const HEX_LETTER = 2;
const LETTER = 4;
const SIGN = 8;
const DOT = 16;
const COLON = 32;
const OTHER = 64;
const AT = 128;

/** `value` is percent-decoded. One scan decides which of the narrower checks are worth asking. */
export const valueClass = (value: string): ValueClass => {
  if (value === '') return 'empty';
  const seen = scan(value.length > LONG ? value.slice(0, LONG) : value);
  const first = value.charCodeAt(0);
  const negative = first === 45;
  if (seen === DIGIT || (seen === (DIGIT | SIGN) && negative && value.indexOf('-', 1) === -1))
    return value.length <= 40 ? 'int' : 'text';
  if ((seen & ~(DIGIT | SIGN | DOT | HEX_LETTER)) === 0 && seen & DOT && DECIMAL.test(value)) return 'decimal';
  if ((seen & (LETTER | HEX_LETTER)) === seen && (value === 'true' || value === 'false')) return 'bool';
  if (seen & SIGN && value.length === 36 && UUID.test(value)) return 'uuid';
  if (seen & SIGN && seen & DIGIT && DATE.test(value)) return 'date';
  if (seen & COLON && value.includes('://')) return 'url';
  if (seen & AT && EMAIL.test(value)) return 'email';
  const shape = secretShape(value);
  if (shape !== undefined) return shape;
  if (seen & DOT && IPV4.test(value)) return 'ip';
  if (seen & COLON && IPV6.test(value)) return 'ip';
  if (seen === (DIGIT | HEX_LETTER) && value.length >= 8) return 'hex';
  const isWord = (seen & ~(LETTER | HEX_LETTER)) === 0;
  if (value.length <= MAX_MEANT) return meantBy(value) ?? (isWord ? 'word' : 'text');
  return !isWord && (seen & OTHER) !== 0 && value.includes('__') && SCHEMA.test(value) ? 'schema' : isWord ? 'word' : 'text'; // prettier-ignore
};

/** Longer values are none of the words below, and shorter ones no query for a schema. */
const MAX_MEANT = 15;
const SPECIAL = new Set(['null', 'undefined', 'nan', 'nil', 'none', 'void', 'all', 'any', 'last', 'first', 'next', 'prev', 'latest', 'max', 'min', 'auto', 'default', 'unlimited', 'infinity']); // prettier-ignore
const PRIVILEGE =
  /^(?:role[_-]?)?(?:(?:super|sys|system|site|global|org|tenant|web|full)[_-]?)?(?:admins?|administrators?|root|superusers?)$/i;

const meantBy = (value: string): 'special' | 'privilege' | undefined => {
  if (value.length < 3) return undefined;
  // the letters that the words below end with
  switch (value.charCodeAt(value.length - 1) | 32) {
    case 110: // n
    case 114: // r
    case 115: // s
    case 116: // t
      if (value.length >= 4 && PRIVILEGE.test(value)) return 'privilege';
  }
  return value.length <= 9 && SPECIAL.has(value.toLowerCase()) ? 'special' : undefined;
};

/** The schema's own fields; `__typename` is what every client library asks for. */
const SCHEMA = /__schema\b|__type\s{0,8}\(/;

const scan = (value: string): number => {
  let seen = 0;
  for (let i = 0; i < value.length; i++) {
    const c = value.charCodeAt(i);
    if (c >= 48 && c <= 57) seen |= DIGIT;
    else if ((c >= 97 && c <= 102) || (c >= 65 && c <= 70)) seen |= HEX_LETTER;
    else if ((c >= 97 && c <= 122) || (c >= 65 && c <= 90)) seen |= LETTER;
    else if (c === 45 || c === 43) seen |= SIGN;
    else if (c === 46) seen |= DOT;
    else if (c === 58) seen |= COLON;
    else if (c === 64) seen |= AT;
    else seen |= OTHER;
  }
  return seen;
};
