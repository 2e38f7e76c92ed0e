import { isObject, type Json, type JsonObject } from '../json.ts';
import { fieldsOf, type FieldSpec, type NamedField } from './field-spec.ts';
import { luaPattern } from './lua-pattern.ts';

/** What is wrong with a value: a sentence, or the same per field, or per element with null for the good ones. */
export type Violation = string | { [field: string]: Violation } | (Violation | null)[];

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export const isUuid = (value: string): boolean => UUID.test(value);

/** The violations of a record by field; empty when it is valid. */
export const violationsOf = (
  record: { readonly fields?: readonly NamedField[] },
  value: JsonObject,
): { [field: string]: Violation } => {
  const found: { [field: string]: Violation } = {};
  const specs = new Map(fieldsOf(record));
  for (const [name, spec] of specs) {
    const violation = violationOf(spec, value[name] ?? null);
    if (violation !== undefined) found[name] = violation;
  }
  for (const name of Object.keys(value)) if (!specs.has(name)) found[name] = 'unknown field';
  return found;
};

/** The first violation of one value, in the order in which Kong applies its validators. */
export const violationOf = (spec: FieldSpec, value: Json): Violation | undefined => {
  if (value === null) return spec.required === true && spec.auto !== true ? 'required field missing' : undefined;
  if (spec.eq !== undefined && spec.eq !== value) return `value must be ${spec.eq === null ? 'null' : String(spec.eq)}`;
  switch (spec.type) {
    case 'string':
      return typeof value === 'string' ? stringViolation(spec, value) : 'expected a string';
    case 'number':
      return typeof value === 'number' ? numberViolation(spec, value) : 'expected a number';
    case 'integer':
      if (typeof value !== 'number' || !Number.isInteger(value)) return 'expected an integer';
      return numberViolation(spec, value);
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'expected a boolean';
    case 'array':
    case 'set':
      return Array.isArray(value)
        ? listViolation(spec, value)
        : `expected ${spec.type === 'set' ? 'a set' : 'an array'}`;
    case 'map':
      return isObject(value) ? mapViolation(spec, value) : 'expected a map';
    case 'record':
      if (!isObject(value)) return 'expected a record';
      return nonEmpty(spec.abstract === true ? {} : violationsOf(spec, value));
    case 'foreign':
      return isObject(value) ? undefined : 'expected a record';
    case undefined:
      // The conditions of cross-field checks name no type.
      if (typeof value === 'string') return stringViolation(spec, value);
      if (typeof value === 'number') return numberViolation(spec, value);
      return Array.isArray(value) ? listViolation(spec, value) : choiceViolation(spec, value);
  }
};

const nonEmpty = (violations: { [field: string]: Violation }): Violation | undefined =>
  Object.keys(violations).length === 0 ? undefined : violations;

const choiceViolation = (spec: FieldSpec, value: Json): string | undefined => {
  if (spec.one_of !== undefined && !spec.one_of.includes(value)) return `expected one of: ${spec.one_of.join(', ')}`;
  if (spec.not_one_of?.includes(value) === true) return `must not be one of: ${spec.not_one_of.join(', ')}`;
  return undefined;
};

const numberViolation = (spec: FieldSpec, value: number): string | undefined => {
  if (spec.between !== undefined && (value < spec.between[0] || value > spec.between[1]))
    return `value should be between ${spec.between[0]} and ${spec.between[1]}`;
  if (spec.gt !== undefined && value <= spec.gt) return `value must be greater than ${spec.gt}`;
  return choiceViolation(spec, value);
};

const stringViolation = (spec: FieldSpec, value: string): string | undefined => {
  // Kong refuses empty strings unless the schema allows them.
  if (value.length < (spec.len_min ?? 1)) return `length must be at least ${spec.len_min ?? 1}`;
  if (spec.len_max !== undefined && value.length > spec.len_max) return `length must be at most ${spec.len_max}`;
  if (spec.uuid === true && !isUuid(value)) return 'expected a valid UUID';
  if (spec.starts_with !== undefined && !value.startsWith(spec.starts_with))
    return `should start with: ${spec.starts_with}`;
  return choiceViolation(spec, value) ?? patternViolation(spec, value);
};

const patternViolation = (spec: FieldSpec, value: string): string | undefined => {
  if (spec.match !== undefined && !luaPattern(spec.match).test(value)) return `invalid value: ${value}`;
  if (spec.match_any !== undefined && !spec.match_any.patterns.some((pattern) => luaPattern(pattern).test(value)))
    return spec.match_any.err ?? `invalid value: ${value}`;
  for (const rule of spec.match_all ?? []) if (!luaPattern(rule.pattern).test(value)) return rule.err;
  for (const rule of spec.match_none ?? []) if (luaPattern(rule.pattern).test(value)) return rule.err;
  if (spec.is_regex === true && !compiles(value)) return `invalid regex: ${value}`;
  return undefined;
};

const compiles = (pattern: string): boolean => {
  try {
    new RegExp(pattern);
    return true;
  } catch {
    return false;
  }
};

const listViolation = (spec: FieldSpec, items: Json[]): Violation | undefined => {
  if (spec.len_min !== undefined && items.length < spec.len_min) return `length must be at least ${spec.len_min}`;
  if (spec.len_eq !== undefined && items.length !== spec.len_eq) return `length must be ${spec.len_eq}`;
  if (spec.contains !== undefined && !items.includes(spec.contains))
    return `expected to contain: ${String(spec.contains)}`;
  const elements = spec.elements;
  if (elements !== undefined) {
    const each = items.map((item) => violationOf({ required: true, ...elements }, item) ?? null);
    const last = each.findLastIndex((violation) => violation !== null);
    if (last >= 0) return each.slice(0, last + 1);
  }
  const groups = (spec.mutually_exclusive_subsets ?? []).filter((group) => group.some((name) => items.includes(name)));
  if (groups.length > 1)
    return `these sets are mutually exclusive: ${groups.map((group) => `('${group.join("', '")}')`).join(', ')}`;
  return undefined;
};

const mapViolation = (spec: FieldSpec, map: JsonObject): Violation | undefined => {
  for (const [key, value] of Object.entries(map)) {
    const violation =
      (spec.keys === undefined ? undefined : violationOf(spec.keys, key)) ??
      (spec.values === undefined ? undefined : violationOf({ required: true, ...spec.values }, value));
    if (violation !== undefined) return violation;
  }
  return undefined;
};
