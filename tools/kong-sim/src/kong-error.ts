import { isObject, type Json, type JsonObject } from './json.ts';
import type { Violation } from './schema/validate-record.ts';

/** An answer of the Admin API that is not a success, with the body Kong sends. */
export class KongError extends Error {
  constructor(
    readonly status: number,
    readonly body: JsonObject,
  ) {
    super(String(body['message']));
  }
}

export const notFound = (): KongError => new KongError(404, { message: 'Not found' });

export const methodNotAllowed = (): KongError => new KongError(405, { message: 'Method not allowed' });

export const schemaViolation = (fields: { [field: string]: Violation }): KongError => {
  const reasons = reasonsOf(fields);
  const many = reasons.length === 1 ? 'schema violation' : `${reasons.length} schema violations`;
  const message = `${many} (${reasons.join('; ')})`;
  return new KongError(400, { code: 2, name: 'schema violation', message, fields });
};

export const primaryKeyViolation = (id: string): KongError =>
  new KongError(400, {
    code: 3,
    name: 'primary key violation',
    message: `primary key violation on key '${lua({ id })}'`,
    fields: { id },
  });

export const foreignKeyViolation = (field: string, kind: string, key: JsonObject): KongError =>
  new KongError(400, {
    code: 4,
    name: 'foreign key violation',
    message: `the foreign key '${lua(key)}' does not reference an existing '${kind}' entity.`,
    fields: { [field]: key },
  });

export const foreignKeyUnresolved = (field: string, kind: string, key: JsonObject): KongError => {
  const name = Object.keys(key)[0] ?? 'id';
  const reason = `the foreign key cannot be resolved with '${lua(key)}' for an existing '${kind}' entity`;
  return new KongError(400, {
    code: 13,
    name: 'foreign keys unresolved',
    message: `foreign key unresolved (${field}.${name}: ${reason})`,
    fields: { [field]: { [name]: reason } },
  });
};

export const uniqueViolation = (fields: JsonObject): KongError =>
  new KongError(409, {
    code: 5,
    name: 'unique constraint violation',
    message: `UNIQUE violation detected on '${lua(fields)}'`,
    fields,
  });

export const invalidOffset = (offset: string, reason: string): KongError =>
  new KongError(400, { code: 7, name: 'invalid offset', message: `'${offset}' is not a valid offset: ${reason}` });

export const invalidSize = (): KongError =>
  new KongError(400, { code: 9, name: 'invalid size', message: 'size must be an integer between 1 and 1000' });

export const invalidUnique = (field: string, value: string): KongError =>
  new KongError(400, {
    code: 10,
    name: 'invalid unique',
    message: `invalid unique ${field}`,
    fields: { [field]: value },
  });

export const invalidOption = (option: string, reason: string): KongError =>
  new KongError(400, {
    code: 11,
    name: 'invalid options',
    message: `invalid option (${option}: ${reason})`,
    options: { [option]: reason },
  });

export const unsupportedWithoutDatabase = (what: string): KongError =>
  new KongError(405, {
    code: 12,
    name: 'operation unsupported',
    message: `cannot ${what} when not using a database`,
  });

const reasonsOf = (fields: { [field: string]: Violation }): string[] => {
  const reasons: string[] = [];
  const wholeEntity = fields['@entity'];
  if (Array.isArray(wholeEntity)) reasons.push(...wholeEntity.map(String));
  for (const name of Object.keys(fields).sort()) {
    const violation = fields[name];
    if (name === '@entity' || violation === undefined) continue;
    reasons.push(...reasonsOfField(name, violation));
  }
  return reasons;
};

const reasonsOfField = (name: string, violation: Violation): string[] => {
  if (typeof violation === 'string') return [`${name}: ${violation}`];
  const parts: [string, Violation | null][] = Array.isArray(violation)
    ? // Lua counts from one.
      violation.map((one, at) => [String(at + 1), one])
    : Object.entries(violation).sort(([a], [b]) => (a < b ? -1 : 1));
  return parts.flatMap(([part, one]) => (one === null ? [] : [`${name}.${part}: ${pretty(one)}`]));
};

/** Deeper levels are printed as Lua tables over several lines. */
const pretty = (violation: Violation, depth = 1): string => {
  if (typeof violation === 'string') return depth === 1 ? violation : JSON.stringify(violation);
  const indent = '  '.repeat(depth);
  const lines = Array.isArray(violation)
    ? violation.map((one) => `${indent}${one === null ? 'nil' : pretty(one, depth + 1)}`)
    : Object.entries(violation).map(([key, one]) => `${indent}${key} = ${pretty(one, depth + 1)}`);
  return `{\n${lines.join(',\n')}\n${'  '.repeat(depth - 1)}}`;
};

/** A Lua table on one line with sorted keys, as Kong prints keys in messages. */
const lua = (value: Json): string => {
  if (typeof value === 'string') return JSON.stringify(value);
  if (!isObject(value)) return String(value);
  const pairs = Object.keys(value)
    .sort()
    .map((key) => `${key}=${lua(value[key] ?? null)}`);
  return `{${pairs.join(',')}}`;
};
