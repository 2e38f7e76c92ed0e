import { copyOf, isObject, type Json, type JsonObject } from '../json.ts';
import { fieldsOf, type FieldSpec, type NamedField } from './field-spec.ts';

/**
 * Fills what the caller left out, as Kong does on a write: the default, an empty record where one is required, null else.
 * An explicit null stays null: it resets an optional field and is an error in a required one.
 */
export const fillRecord = (record: { readonly fields?: readonly NamedField[] }, given: JsonObject): JsonObject => {
  const filled: JsonObject = {};
  for (const [name, spec] of fieldsOf(record)) filled[name] = fillField(spec, given[name]);
  for (const [name, value] of Object.entries(given)) if (!(name in filled)) filled[name] = value;
  return filled;
};

const fillField = (spec: FieldSpec, value: Json | undefined): Json => {
  if (spec.type === 'record') {
    if (isObject(value)) return fillRecord(spec, value);
    if (value === undefined && spec.default === undefined && spec.required === true) return fillRecord(spec, {});
  }
  if (value === undefined) return spec.default === undefined ? null : copyOf(spec.default);
  if (Array.isArray(value)) return fillList(spec, value);
  return value;
};

const fillList = (spec: FieldSpec, items: Json[]): Json => {
  const elements = spec.elements;
  const filled =
    elements?.type === 'record' ? items.map((item) => (isObject(item) ? fillRecord(elements, item) : item)) : items;
  // A set keeps the first of equal members.
  return spec.type === 'set' ? filled.filter((item, at) => filled.indexOf(item) === at) : filled;
};

/** Merges a PATCH: records field by field, everything else (lists and maps too) is replaced whole. */
export const mergePatch = (
  record: { readonly fields?: readonly NamedField[] },
  existing: JsonObject,
  patch: JsonObject,
): JsonObject => {
  const merged: JsonObject = { ...existing };
  const specs = new Map(fieldsOf(record));
  for (const [name, value] of Object.entries(patch)) {
    const spec = specs.get(name);
    const before = existing[name];
    const nested = spec?.type === 'record' && isObject(before) && isObject(value);
    merged[name] = nested ? mergePatch(spec, before, value) : value;
  }
  return merged;
};
