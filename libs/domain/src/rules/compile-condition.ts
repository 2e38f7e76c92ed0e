import { assertNever } from '../assert-never.ts';
import { inCidr, parseCidr, parseIp, type Cidr } from '../traffic/ip-address.ts';
import type { Condition, FieldAccess, FieldTest, RegexEngine } from './condition.ts';

export type Predicate<T> = (subject: T) => boolean;

export interface CompileParts<T> {
  readonly access: (field: string) => FieldAccess<T>;
  readonly regex: RegexEngine;
}

/** Makes a test of one subject. Parts that cost little are asked first. Time is linear in the text that is read. */
export const compileCondition = <T>(condition: Condition, parts: CompileParts<T>): Predicate<T> => {
  switch (condition.kind) {
    case 'all': {
      const of = byCost(condition.of).map((part) => compileCondition(part, parts));
      const [first, second] = of;
      if (!first) return () => true;
      if (!second) return first;
      if (of.length === 2) return (subject) => first(subject) && second(subject);
      return (subject) => of.every((part) => part(subject));
    }
    case 'any': {
      const of = byCost(condition.of).map((part) => compileCondition(part, parts));
      return of.length === 1 && of[0] ? of[0] : (subject) => of.some((part) => part(subject));
    }
    case 'not': {
      const of = compileCondition(condition.of, parts);
      return (subject) => !of(subject);
    }
    case 'test':
      return compileTest(parts.access(condition.field), condition.test, parts.regex);
    default:
      return assertNever(condition);
  }
};

const byCost = (conditions: readonly Condition[]): readonly Condition[] =>
  conditions.length < 2 ? conditions : [...conditions].sort((a, b) => costOf(a) - costOf(b));

/** Rough steps a character; only the order matters. */
const costOf = (condition: Condition): number => {
  switch (condition.kind) {
    case 'all':
    case 'any':
      return condition.of.reduce((sum, part) => sum + costOf(part), 0);
    case 'not':
      return costOf(condition.of);
    case 'test':
      return (
        TEST_COST[condition.test.op] * ('values' in condition.test ? Math.max(1, condition.test.values.length) : 1)
      );
    default:
      return assertNever(condition);
  }
};

const TEST_COST: Readonly<Record<FieldTest['op'], number>> = {
  exists: 1,
  range: 1,
  equals: 1,
  prefix: 2,
  suffix: 2,
  contains: 8,
  cidr: 20,
  regex: 200,
};

const compileTest = <T>(access: FieldAccess<T>, test: FieldTest, regex: RegexEngine): Predicate<T> => {
  switch (access.kind) {
    case 'number':
      return numberTest(access.read, test, regex);
    case 'text': {
      const { read } = access;
      const holds = textTest(test, regex);
      return (subject) => holds(read(subject));
    }
    case 'list': {
      const { read } = access;
      if (test.op === 'exists') return (subject) => read(subject).some((item) => item !== '') === test.present;
      const holds = textTest(test, regex);
      return (subject) => read(subject).some(holds);
    }
    default:
      return assertNever(access);
  }
};

const numberTest = <T>(read: (subject: T) => number, test: FieldTest, regex: RegexEngine): Predicate<T> => {
  if (test.op === 'range') {
    const within = rangeTest(test);
    return (subject) => within(read(subject));
  }
  if (test.op === 'exists') return (subject) => read(subject) >= 0 === test.present;
  if (test.op === 'equals') {
    const values = new Set(test.values.map(Number));
    return (subject) => values.has(read(subject));
  }
  const holds = textTest(test, regex);
  return (subject) => holds(String(read(subject)));
};

const textTest = (test: FieldTest, regex: RegexEngine): ((text: string) => boolean) => {
  switch (test.op) {
    case 'equals': {
      const values = new Set(folded(test.values, test.ignoreCase));
      return test.ignoreCase ? (text) => values.has(text.toLowerCase()) : (text) => values.has(text);
    }
    case 'prefix':
      return anyValue(test.values, test.ignoreCase, (text, value) => text.startsWith(value));
    case 'suffix':
      return anyValue(test.values, test.ignoreCase, (text, value) => text.endsWith(value));
    case 'contains':
      return anyValue(test.values, test.ignoreCase, (text, value) => text.includes(value));
    case 'cidr':
      return cidrTest(test.values);
    case 'range': {
      const within = rangeTest(test);
      return (text) => text.length < 32 && NUMBER.test(text) && within(Number(text));
    }
    case 'regex': {
      const patterns = test.patterns.map((pattern) => regex(pattern, { ignoreCase: test.ignoreCase }));
      return (text) => patterns.some((matches) => matches(text));
    }
    case 'exists':
      return (text) => (text !== '') === test.present;
    default:
      return assertNever(test);
  }
};

const NUMBER = /^-?\d+(?:\.\d+)?$/;

const folded = (values: readonly string[], ignoreCase: boolean): readonly string[] =>
  ignoreCase ? values.map((value) => value.toLowerCase()) : values;

const anyValue = (
  given: readonly string[],
  ignoreCase: boolean,
  fits: (text: string, value: string) => boolean,
): ((text: string) => boolean) => {
  const values = folded(given, ignoreCase);
  const [only] = values;
  if (values.length === 1 && only !== undefined)
    return ignoreCase ? (text) => fits(text.toLowerCase(), only) : (text) => fits(text, only);
  return (text) => {
    const read = ignoreCase ? text.toLowerCase() : text;
    for (const value of values) if (fits(read, value)) return true;
    return false;
  };
};

const cidrTest = (values: readonly string[]): ((text: string) => boolean) => {
  const ranges = values.map(parseCidr).filter((range): range is Cidr => range !== undefined);
  return (text) => {
    const ip = parseIp(text);
    return ip !== undefined && ranges.some((range) => inCidr(ip, range));
  };
};

const rangeTest = ({ min, max }: Extract<FieldTest, { op: 'range' }>): ((value: number) => boolean) => {
  const low = min?.value ?? Number.NEGATIVE_INFINITY;
  const high = max?.value ?? Number.POSITIVE_INFINITY;
  const lowOpen = min?.open ?? false;
  const highOpen = max?.open ?? false;
  return (value) => (lowOpen ? value > low : value >= low) && (highOpen ? value < high : value <= high);
};
