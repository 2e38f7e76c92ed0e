import { assertNever } from '@outrider/domain/assert-never';
import type { Condition } from '@outrider/domain/rules/condition';

/** `selection | count(field) by group > n`: Sigma's old way to count. */
export interface Aggregation {
  readonly field: string | undefined;
  readonly by: string | undefined;
  readonly atLeast: number;
}

export interface SigmaCondition {
  readonly condition: Condition;
  readonly aggregation: Aggregation | undefined;
}

/** What is wrong with a condition's text. */
export class SigmaConditionError extends Error {}

const TOKEN = /\s*(\(|\)|\||[^\s()|]+)/y;
const MAX_LENGTH = 4_096;
const MAX_DEPTH = 32;

/** `selection and not 1 of filter_*`, over the named searches. Throws SigmaConditionError. */
export const parseSigmaCondition = (text: string, searches: ReadonlyMap<string, Condition>): SigmaCondition => {
  if (text.length > MAX_LENGTH) throw new SigmaConditionError(`has more than ${MAX_LENGTH} characters`);
  const bar = text.indexOf('|');
  const condition = new Parser(tokens(bar < 0 ? text : text.slice(0, bar)), searches).all();
  return { condition, aggregation: bar < 0 ? undefined : aggregationOf(text.slice(bar + 1).trim()) };
};

const tokens = (text: string): string[] => {
  const found: string[] = [];
  TOKEN.lastIndex = 0;
  const trimmed = text.trimEnd();
  while (TOKEN.lastIndex < trimmed.length) {
    const [, token] = TOKEN.exec(trimmed) ?? [];
    if (token === undefined) break;
    found.push(token);
  }
  return found;
};

const AGGREGATION = /^count\(\s*([\w-]*)\s*\)(?:\s+by\s+([\w-]+))?\s*(>=|>|<=|<|==|=)\s*(\d{1,9})$/i;

const aggregationOf = (text: string): Aggregation => {
  const [, field, by, comparison, digits] = AGGREGATION.exec(text) ?? [];
  if (digits === undefined) throw new SigmaConditionError(`"${text.slice(0, 60)}" is no count() … by … > n`);
  if (comparison !== '>' && comparison !== '>=')
    throw new SigmaConditionError(
      `count() ${comparison ?? ''} n is not supported: only > and >= can be told as events come`,
    );
  return {
    field: field === '' ? undefined : field,
    by,
    atLeast: Math.max(1, Number(digits) + (comparison === '>' ? 1 : 0)),
  };
};

class Parser {
  #at = 0;
  #depth = 0;

  constructor(
    private readonly tokens: readonly string[],
    private readonly searches: ReadonlyMap<string, Condition>,
  ) {}

  all(): Condition {
    if (this.tokens.length === 0) throw new SigmaConditionError('is empty');
    const condition = this.#or();
    const rest = this.tokens[this.#at];
    if (rest !== undefined) throw new SigmaConditionError(`does not go on with "${rest}"`);
    return condition;
  }

  #or(): Condition {
    const of = [this.#and()];
    while (this.#takes('or')) of.push(this.#and());
    return of.length === 1 && of[0] ? of[0] : { kind: 'any', of };
  }

  #and(): Condition {
    const of = [this.#not()];
    while (this.#takes('and')) of.push(this.#not());
    return of.length === 1 && of[0] ? of[0] : { kind: 'all', of };
  }

  #not(): Condition {
    if (++this.#depth > MAX_DEPTH * 8) throw new SigmaConditionError('is nested too deep');
    return this.#takes('not') ? { kind: 'not', of: this.#not() } : this.#primary();
  }

  #primary(): Condition {
    const token = this.tokens[this.#at++];
    if (token === undefined) throw new SigmaConditionError('ends too early');
    if (token === '(') {
      const inner = this.#or();
      if (this.tokens[this.#at++] !== ')') throw new SigmaConditionError('lacks a closing parenthesis');
      return inner;
    }
    const quantity = token.toLowerCase();
    if ((quantity === '1' || quantity === 'any' || quantity === 'all') && this.#takes('of'))
      return this.#of(quantity === 'all' ? 'all' : 'any');
    const search = this.searches.get(token);
    if (!search) throw new SigmaConditionError(`names "${token}", which the detection does not have`);
    return search;
  }

  #of(kind: 'all' | 'any'): Condition {
    const pattern = this.tokens[this.#at++];
    if (pattern === undefined) throw new SigmaConditionError('ends after "of"');
    const names = [...this.searches.keys()].filter((name) => fits(name, pattern));
    if (names.length === 0) throw new SigmaConditionError(`names "${pattern}", which fits nothing in the detection`);
    const of = names.flatMap((name) => this.searches.get(name) ?? []);
    switch (kind) {
      case 'all':
      case 'any':
        return of.length === 1 && of[0] ? of[0] : { kind, of };
      default:
        return assertNever(kind);
    }
  }

  #takes(word: string): boolean {
    if (this.tokens[this.#at]?.toLowerCase() !== word) return false;
    this.#at++;
    return true;
  }
}

/** `them` is all but those that begin with an underscore; `*` stands for any text. */
const fits = (name: string, pattern: string): boolean => {
  if (pattern.toLowerCase() === 'them') return !name.startsWith('_');
  const parts = pattern.split('*');
  const [first = '', ...rest] = parts;
  if (rest.length === 0) return name === pattern;
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const [i, part] of rest.entries()) {
    const found =
      i === rest.length - 1
        ? name.length - part.length >= at
          ? name.length - part.length
          : -1
        : name.indexOf(part, at);
    if (found < 0 || !name.startsWith(part, found)) return false;
    at = found + part.length;
  }
  return true;
};
