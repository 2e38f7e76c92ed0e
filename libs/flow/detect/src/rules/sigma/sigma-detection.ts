import { ANYTHING, type Condition, type FieldTest } from '@outrider/domain/rules/condition';
import { fieldKind } from '@outrider/domain/rules/raw-fields';
import { parseCidr } from '@outrider/domain/traffic/ip-address';
import { shown } from '../file/problem.ts';
import { suggestion } from '../file/schema-problems.ts';
import { regexFault } from '../file/where.ts';
import type { YamlPath, YamlSource } from '../file/yaml-source.ts';
import { RULE_LIMITS } from '../rule-limits.ts';
import { sigmaField, sigmaFieldNames } from './sigma-fields.ts';
import { base64Offsets, patternCondition } from './sigma-value.ts';

/** Those without a meaning for requests (`windash`, `utf8`, `m`, `s`) are passed over. */
const MODIFIERS = [
  'contains',
  'startswith',
  'endswith',
  're',
  'i',
  'm',
  's',
  'all',
  'cidr',
  'exists',
  'cased',
  'gt',
  'gte',
  'lt',
  'lte',
  'neq',
  'base64',
  'base64offset',
  'utf8',
  'windash',
  'wide',
  'utf16',
  'utf16le',
  'utf16be',
  'fieldref',
  'expand',
] as const;
/** What cannot be told from one request. */
const REFUSED = new Set(['fieldref', 'expand', 'wide', 'utf16', 'utf16le', 'utf16be']);

/** One named search: a mapping (all hold), a list of mappings (one holds) or a list of keywords (one is in the request's line). */
export const readSearch = (source: YamlSource, value: unknown, path: YamlPath): Condition => {
  if (Array.isArray(value)) {
    if (value.length === 0 || value.length > RULE_LIMITS.values)
      return wrong(source, path, 'is an empty or too long list', value);
    return anyOf((value as readonly unknown[]).map((item, i) => readItem(source, item, [...path, i])));
  }
  return readItem(source, value, path);
};

const readItem = (source: YamlSource, value: unknown, path: YamlPath): Condition => {
  if (typeof value === 'string' || typeof value === 'number') return keyword(String(value));
  if (!isMapping(value)) return wrong(source, path, 'is no search', value);
  const parts = Object.entries(value).map(([key, operand]) => readField(source, key, operand, [...path, key]));
  const [only] = parts;
  return parts.length === 1 && only ? only : { kind: 'all', of: parts };
};

const keyword = (text: string): Condition => patternCondition('raw_line', text, 'contains', true);

const readField = (source: YamlSource, key: string, operand: unknown, path: YamlPath): Condition => {
  const [name = '', ...modifiers] = key.split('|');
  const field = name === '' ? 'raw_line' : sigmaField(name);
  if (field === undefined) {
    source.report(
      path,
      { message: 'unknown field', found: shown(name), ...suggestion(name, sigmaFieldNames()) },
      'key',
    );
    return ANYTHING;
  }
  for (const modifier of modifiers)
    if (!(MODIFIERS as readonly string[]).includes(modifier) || REFUSED.has(modifier)) {
      const text = REFUSED.has(modifier) ? 'the modifier has no meaning for requests' : 'unknown modifier';
      source.report(path, { message: text, found: shown(modifier), ...suggestion(modifier, MODIFIERS) }, 'key');
      return ANYTHING;
    }
  const values = Array.isArray(operand) ? (operand as readonly unknown[]) : [operand];
  if (values.length === 0 || values.length > RULE_LIMITS.values)
    return wrong(source, path, `has ${values.length} values`, undefined);
  // A keyword is looked for within the line: `'|all': [a, b]` names no field that it could be the whole of.
  const used = name === '' && !modifiers.includes('re') ? ['contains', ...modifiers] : modifiers;
  const parts = values.map((value, i) =>
    readValue(source, name, field, used, value, Array.isArray(operand) ? [...path, i] : path),
  );
  const joined = modifiers.includes('all') ? { kind: 'all' as const, of: parts } : anyOf(parts);
  return modifiers.includes('neq') ? { kind: 'not', of: joined } : joined;
};

/** Tests of one kind become one test with many values. */
const anyOf = (parts: readonly Condition[]): Condition => {
  const joined: Condition[] = [];
  const known = new Map<string, string[]>();
  for (const part of parts) {
    if (part.kind !== 'test' || !('values' in part.test)) {
      joined.push(part);
      continue;
    }
    const { field, test } = part;
    const key = `${field} ${test.op} ${'ignoreCase' in test ? test.ignoreCase : ''}`;
    const values = known.get(key);
    if (values) values.push(...test.values);
    else {
      const own = [...test.values];
      known.set(key, own);
      joined.push({ kind: 'test', field, test: { ...test, values: own } });
    }
  }
  const [only] = joined;
  return joined.length === 1 && only ? only : { kind: 'any', of: joined };
};

const readValue = (
  source: YamlSource,
  name: string,
  field: string,
  modifiers: readonly string[],
  value: unknown,
  path: YamlPath,
): Condition => {
  const test = (of: FieldTest, at = field): Condition => ({ kind: 'test', field: at, test: of });
  const asked = name.toLowerCase();
  if (value === null || value === '')
    // Here the query is meant, and not the URI that the field stands for as well.
    return test({ op: 'exists', present: false }, asked.endsWith('uri-query') ? 'raw_query' : field);
  if (modifiers.includes('exists')) return test({ op: 'exists', present: value === true });
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
    return wrong(source, path, 'is no value', value);
  const text = String(value);
  if (text.length > RULE_LIMITS.valueLength) return wrong(source, path, `has ${text.length} characters`, undefined);
  const bound = modifiers.find((modifier) => COMPARISONS.has(modifier));
  if (bound !== undefined) {
    const number = Number(text);
    if (!Number.isFinite(number)) return wrong(source, path, 'is no number', value);
    const at = { value: number, open: !bound.endsWith('e') };
    return test(
      bound.startsWith('g') ? { op: 'range', min: at, max: undefined } : { op: 'range', min: undefined, max: at },
    );
  }
  if (modifiers.includes('cidr'))
    return parseCidr(text) ? test({ op: 'cidr', values: [text] }) : wrong(source, path, 'is no range', value);
  const ignoreCase = !modifiers.includes('cased');
  if (modifiers.includes('re')) {
    const fault = regexFault(text);
    if (fault) return wrong(source, path, fault.message, value);
    return test({ op: 'regex', patterns: [text], ignoreCase: modifiers.includes('i') });
  }
  return textCondition(field, asked, modifiers, text, ignoreCase);
};

const COMPARISONS = new Set(['gt', 'gte', 'lt', 'lte']);

const textCondition = (
  field: string,
  asked: string,
  modifiers: readonly string[],
  text: string,
  ignoreCase: boolean,
): Condition => {
  const test = (of: FieldTest, at = field): Condition => ({ kind: 'test', field: at, test: of });
  if (modifiers.includes('base64offset'))
    return test({ op: 'contains', values: [...base64Offsets(text)], ignoreCase: false });
  const wanted = modifiers.includes('base64') ? Buffer.from(text).toString('base64') : text;
  const where = modifiers.includes('contains')
    ? 'contains'
    : modifiers.includes('startswith')
      ? 'prefix'
      : modifiers.includes('endswith')
        ? 'suffix'
        : 'whole';
  if (where === 'whole' && fieldKind(field) === 'number')
    return test({ op: 'equals', values: [wanted], ignoreCase: false });
  // Methods are upper case on both sides: a plain comparison can be looked up.
  const folds = ignoreCase && !(field === 'method' && wanted === wanted.toUpperCase());
  const own = patternCondition(field, wanted, where, folds);
  if (!asked.endsWith('uri-query') || where === 'contains' || where === 'suffix') return own;
  return { kind: 'any', of: [own, patternCondition('raw_query', wanted, where, folds)] };
};

const wrong = (source: YamlSource, path: YamlPath, message: string, found: unknown): Condition => {
  source.report(path, {
    message,
    ...(found === undefined ? {} : { found: shown(found) }),
    allowed: 'text, numbers, or a list of up to 1,000 of them',
  });
  return ANYTHING;
};

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
