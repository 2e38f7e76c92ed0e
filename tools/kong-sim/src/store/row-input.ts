import { isObject, objectAt, stringAt, type Json, type JsonObject } from '../json.ts';
import { fieldOf, fieldsOf, type EntitySchema, type FieldSpec } from '../schema/field-spec.ts';
import type { EntityKind } from './entity-kinds.ts';

/** What a caller sent, with abbreviations written out: a service's `url`, deprecated flat fields of a plugin's config. */
export const expandShorthands = (kind: EntityKind, schema: EntitySchema, input: JsonObject): JsonObject => {
  const expanded: JsonObject = { ...input };
  if (kind.name === 'services') expandUrl(expanded);
  const config = objectAt(expanded, 'config');
  const configSpec = fieldOf(schema, 'config');
  if (config !== undefined && configSpec !== undefined) expanded['config'] = expandConfig(configSpec, config);
  return expanded;
};

const expandUrl = (service: JsonObject): void => {
  const url = stringAt(service, 'url');
  if (url === undefined || !URL.canParse(url)) return;
  delete service['url'];
  const { protocol, hostname, port, pathname } = new URL(url);
  const scheme = protocol.replace(/:$/, '');
  service['protocol'] = scheme;
  service['host'] = hostname.replace(/^\[|\]$/g, '');
  service['port'] = port === '' ? (scheme === 'https' ? 443 : 80) : Number(port);
  if (pathname !== '/' || /^[a-z]+:\/\/[^/]+\//.test(url)) service['path'] = pathname;
};

const expandConfig = (spec: FieldSpec, given: JsonObject): JsonObject => {
  const config = { ...given };
  for (const { name, path } of shorthandsOf(spec)) {
    const value = config[name];
    if (value === undefined) continue;
    delete config[name];
    const [outer = '', inner = ''] = path;
    // The new spelling wins where both are given.
    config[outer] = { [inner]: value, ...(objectAt(config, outer) ?? {}) };
  }
  return config;
};

const shorthandsOf = (spec: FieldSpec): { name: string; path: readonly string[] }[] =>
  (spec.shorthand_fields ?? []).flatMap((named) =>
    Object.entries(named).flatMap(([name, field]) => {
      const path = field.deprecation?.replaced_with?.[0]?.path;
      return path?.length === 2 ? [{ name, path }] : [];
    }),
  );

/** Answers still carry the deprecated flat fields, with the values of their replacements. */
export const withShorthands = (schema: EntitySchema, row: JsonObject): JsonObject => {
  const spec = fieldOf(schema, 'config');
  const config = objectAt(row, 'config');
  if (spec?.shorthand_fields === undefined || config === undefined) return row;
  const shown = { ...config };
  for (const { name, path } of shorthandsOf(spec))
    shown[name] = objectAt(config, path[0] ?? '')?.[path[1] ?? ''] ?? null;
  return { ...row, config: shown };
};

/** Form fields are all strings; the schema says which of them mean numbers, booleans or one-element lists. */
export const inferTypes = (record: { readonly fields?: EntitySchema['fields'] }, input: JsonObject): JsonObject => {
  const specs = new Map(fieldsOf(record));
  return Object.fromEntries(Object.entries(input).map(([name, value]) => [name, inferType(specs.get(name), value)]));
};

const inferType = (spec: FieldSpec | undefined, value: Json): Json => {
  if (spec === undefined) return value;
  if (isObject(value)) return spec.type === 'record' ? inferTypes(spec, value) : value;
  if (Array.isArray(value)) return value.map((item) => inferType(spec.elements, item));
  if (typeof value !== 'string') return value;
  if (spec.type === 'array' || spec.type === 'set') return value === '' ? [] : [inferType(spec.elements, value)];
  if (spec.type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true';
  if ((spec.type === 'number' || spec.type === 'integer') && value !== '' && !Number.isNaN(Number(value)))
    return Number(value);
  return value === '' ? null : value;
};
