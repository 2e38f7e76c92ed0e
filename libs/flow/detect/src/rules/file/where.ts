import { ANYTHING, type Condition, type FieldTest } from '@outrider/domain/rules/condition';
import { eventField, eventFieldNames } from '@outrider/domain/rules/event-fields';
import { fieldKind, RAW_FIELD_NAMES } from '@outrider/domain/rules/raw-fields';
import { parseCidr } from '@outrider/domain/traffic/ip-address';
import { linearRegex } from '../linear-regex.ts';
import { RULE_LIMITS } from '../rule-limits.ts';
import { shown } from './problem.ts';
import { suggestion } from './schema-problems.ts';
import type { YamlPath, YamlSource } from './yaml-source.ts';

const OPERATORS = [
  'equals',
  'any_of',
  'not',
  'prefix',
  'suffix',
  'contains',
  'regex',
  'cidr',
  'gt',
  'gte',
  'lt',
  'lte',
  'exists',
  'ignore_case',
] as const;
type Operator = (typeof OPERATORS)[number];
const WORDS = ['and', 'or', 'not'] as const;

export const allFieldNames = (): readonly string[] => [...eventFieldNames(), ...RAW_FIELD_NAMES];

export const isFieldName = (name: string): boolean =>
  eventField(name) !== undefined || (RAW_FIELD_NAMES as readonly string[]).includes(name);

/** Reads a `where`: a mapping whose parts all hold. What is wrong is reported; what comes back then is not to be used. */
export const parseWhere = (source: YamlSource, value: unknown, path: YamlPath): Condition =>
  new WhereReader(source).read(value, path, 0);

class WhereReader {
  #tests = 0;

  constructor(private readonly source: YamlSource) {}

  read(value: unknown, path: YamlPath, depth: number): Condition {
    if (!isMapping(value))
      return this.#wrong(path, 'is no condition', value, 'a mapping of fields to what they must be');
    if (depth > RULE_LIMITS.depth)
      return this.#wrong(path, 'is nested too deep', undefined, `${RULE_LIMITS.depth} levels`);
    const parts: Condition[] = [];
    for (const [name, part] of Object.entries(value)) {
      const at = [...path, name];
      if (name === 'and' || name === 'or') parts.push(this.#list(name, part, at, depth));
      else if (name === 'not') parts.push({ kind: 'not', of: this.read(part, at, depth + 1) });
      else if (isFieldName(name)) parts.push(this.#field(name, part, at));
      else
        this.source.report(
          at,
          { message: 'unknown field', found: shown(name), ...suggestion(name, [...allFieldNames(), ...WORDS]) },
          'key',
        );
    }
    const [only] = parts;
    return parts.length === 1 && only ? only : { kind: 'all', of: parts };
  }

  #list(word: 'and' | 'or', value: unknown, path: YamlPath, depth: number): Condition {
    if (!Array.isArray(value) || value.length === 0)
      return this.#wrong(path, 'is no list of conditions', value, 'a list of mappings');
    const of = value.map((part, i) => this.read(part, [...path, i], depth + 1));
    return { kind: word === 'and' ? 'all' : 'any', of };
  }

  #field(field: string, value: unknown, path: YamlPath): Condition {
    if (++this.#tests > RULE_LIMITS.tests)
      return this.#wrong(path, 'is one test too many', undefined, `${RULE_LIMITS.tests} in one condition`);
    if (!isMapping(value)) return this.#test(field, 'equals', value, path, false);
    const ignoreCase = value['ignore_case'] === true;
    if ('ignore_case' in value && typeof value['ignore_case'] !== 'boolean')
      this.#wrong([...path, 'ignore_case'], 'is of the wrong type', value['ignore_case'], 'true or false');
    const parts = Object.entries(value)
      .filter(([name]) => name !== 'ignore_case')
      .map(([name, operand]) => this.#operator(field, name, operand, [...path, name], ignoreCase));
    if (parts.length === 0) return this.#wrong(path, 'says nothing', value, OPERATORS.join(', '));
    const [only] = parts;
    return parts.length === 1 && only ? only : { kind: 'all', of: parts };
  }

  #operator(field: string, name: string, operand: unknown, path: YamlPath, ignoreCase: boolean): Condition {
    if (!isOperator(name)) {
      this.source.report(
        path,
        { message: 'unknown operator', found: shown(name), ...suggestion(name, OPERATORS) },
        'key',
      );
      return ANYTHING;
    }
    if (name === 'not')
      return {
        kind: 'not',
        of: isMapping(operand)
          ? this.#field(field, operand, path)
          : this.#test(field, 'equals', operand, path, ignoreCase),
      };
    if (name === 'ignore_case') return ANYTHING;
    return this.#test(field, name === 'any_of' ? 'equals' : name, operand, path, ignoreCase);
  }

  #test(
    field: string,
    op: Exclude<Operator, 'any_of' | 'not' | 'ignore_case'>,
    operand: unknown,
    path: YamlPath,
    ignoreCase: boolean,
  ): Condition {
    const test = (of: FieldTest): Condition => ({ kind: 'test', field, test: of });
    switch (op) {
      case 'gt':
      case 'gte':
      case 'lt':
      case 'lte': {
        if (typeof operand !== 'number') return this.#wrong(path, 'is no number', operand, 'a number');
        if (fieldKind(field) === 'text')
          return this.#wrong(
            path,
            `${field} is text and is not compared with numbers`,
            operand,
            'a field with a number',
          );
        const bound = { value: operand, open: op === 'gt' || op === 'lt' };
        return test(
          op.startsWith('g')
            ? { op: 'range', min: bound, max: undefined }
            : { op: 'range', min: undefined, max: bound },
        );
      }
      case 'exists':
        if (typeof operand !== 'boolean') return this.#wrong(path, 'is of the wrong type', operand, 'true or false');
        return test({ op: 'exists', present: operand });
      default: {
        const values = this.#values(field, op, operand, path);
        if (values.length === 0) return ANYTHING;
        if (op === 'regex') return test({ op, patterns: values, ignoreCase });
        return test(op === 'cidr' ? { op, values } : { op, values, ignoreCase });
      }
    }
  }

  /** One value or a list of them, as text. */
  #values(
    field: string,
    op: 'equals' | 'prefix' | 'suffix' | 'contains' | 'regex' | 'cidr',
    operand: unknown,
    path: YamlPath,
  ): string[] {
    const list = Array.isArray(operand) ? (operand as readonly unknown[]) : [operand];
    if (list.length === 0 || list.length > RULE_LIMITS.values) {
      this.#wrong(path, `has ${list.length} values`, undefined, `1 to ${RULE_LIMITS.values}`);
      return [];
    }
    const numeric = op === 'equals' && fieldKind(field) === 'number';
    return list.flatMap((one, i) => {
      const at = Array.isArray(operand) ? [...path, i] : path;
      const fault = faultOf(one, op, numeric);
      if (fault === undefined) return [String(one)];
      this.#wrong(at, fault.message, one, fault.allowed);
      return [];
    });
  }

  #wrong(path: YamlPath, message: string, found: unknown, allowed: string): Condition {
    this.source.report(path, { message, ...(found === undefined ? {} : { found: shown(found) }), allowed });
    return ANYTHING;
  }
}

const faultOf = (value: unknown, op: string, numeric: boolean): { message: string; allowed: string } | undefined => {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
    return { message: 'is no value', allowed: 'text or a number, or a list of them' };
  const text = String(value);
  if (text.length > RULE_LIMITS.valueLength)
    return { message: `has ${text.length} characters`, allowed: `at most ${RULE_LIMITS.valueLength}` };
  if (numeric && (text.trim() === '' || !Number.isFinite(Number(text))))
    return { message: 'is no number', allowed: 'a number or a list of numbers' };
  if (op === 'cidr' && !parseCidr(text))
    return { message: 'is no address or range', allowed: 'such as 10.0.0.0/8 or 2001:db8::/32' };
  if (op !== 'equals' && op !== 'cidr' && text === '')
    return { message: 'is empty', allowed: 'at least one character' };
  return op === 'regex' ? regexFault(text) : undefined;
};

export const regexFault = (pattern: string): { message: string; allowed: string } | undefined => {
  if (pattern.length > RULE_LIMITS.patternLength)
    return { message: `has ${pattern.length} characters`, allowed: `at most ${RULE_LIMITS.patternLength}` };
  try {
    linearRegex(pattern, { ignoreCase: false });
    return undefined;
  } catch (error) {
    return {
      message: `is no regular expression: ${error instanceof Error ? error.message : String(error)}`,
      allowed: 'RE2 syntax: no look-around, no back-references',
    };
  }
};

const isOperator = (name: string): name is Operator => (OPERATORS as readonly string[]).includes(name);

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
