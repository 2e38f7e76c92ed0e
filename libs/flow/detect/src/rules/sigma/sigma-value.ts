import type { Condition, FieldTest } from '@outrider/domain/rules/condition';

type TextTest = Extract<FieldTest, { op: 'equals' | 'prefix' | 'suffix' | 'contains' | 'regex' }>;
type Where = 'whole' | 'prefix' | 'suffix' | 'contains';

/**
 * A value with Sigma's wildcards (`*`, `?`, escaped by a backslash), asked of a field. Where it takes an expression, the longest plain part is
 * asked for before: that is cheap, and can be looked up.
 */
export const patternCondition = (field: string, value: string, where: Where, ignoreCase: boolean): Condition => {
  const test = patternTest(value, where, ignoreCase);
  const whole: Condition = { kind: 'test', field, test };
  if (test.op !== 'regex') return whole;
  const longest = tokensOf(value)
    .filter((token) => typeof token === 'string')
    .reduce((best, token) => (token.length > best.length ? token : best), '');
  if (longest === '') return whole;
  return {
    kind: 'all',
    of: [{ kind: 'test', field, test: { op: 'contains', values: [longest], ignoreCase } }, whole],
  };
};

const patternTest = (value: string, where: Where, ignoreCase: boolean): TextTest => {
  const tokens = tokensOf(value);
  if (where === 'contains' || where === 'suffix') tokens.unshift(ANY);
  if (where === 'contains' || where === 'prefix') tokens.push(ANY);
  const open = tokens[0] === ANY;
  const openEnd = tokens.length > 1 ? tokens.at(-1) === ANY : open;
  const first = tokens.findIndex((token) => token !== ANY);
  const last = tokens.findLastIndex((token) => token !== ANY);
  const inner = first < 0 ? [] : tokens.slice(first, last + 1);
  if (inner.every((token): token is string => typeof token === 'string')) {
    const text = inner.join('');
    const op = open && openEnd ? 'contains' : open ? 'suffix' : openEnd ? 'prefix' : 'equals';
    return { op, values: [text], ignoreCase };
  }
  const body = inner.map((token) => (token === ANY ? '.*' : token === ONE ? '.' : escaped(token))).join('');
  return { op: 'regex', patterns: [`${open ? '' : '^'}${body}${openEnd ? '' : '$'}`], ignoreCase };
};

const ANY = Symbol('any text');
const ONE = Symbol('one character');

const tokensOf = (value: string): (string | typeof ANY | typeof ONE)[] => {
  const tokens: (string | typeof ANY | typeof ONE)[] = [];
  let text = '';
  const flush = (): void => {
    if (text !== '') tokens.push(text);
    text = '';
  };
  for (let i = 0; i < value.length; i++) {
    const c = value[i] ?? '';
    const next = value[i + 1];
    if (c === '\\' && (next === '*' || next === '?' || next === '\\')) {
      text += next;
      i++;
    } else if (c === '*' || c === '?') {
      flush();
      tokens.push(c === '*' ? ANY : ONE);
    } else text += c;
  }
  flush();
  return tokens;
};

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

/** The three base64 forms that a text has within a longer one, by where it begins. */
export const base64Offsets = (text: string): readonly string[] =>
  [0, 1, 2].map((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), Buffer.from(text)]).toString('base64');
    const rest = (shift + Buffer.byteLength(text)) % 3;
    return encoded
      .replace(/=+$/, '')
      .slice([0, 2, 3][shift] ?? 0)
      .slice(0, rest === 0 ? undefined : -1);
  });
