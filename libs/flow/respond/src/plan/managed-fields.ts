import { createHash } from 'node:crypto';
import { printOf } from '@outrider/domain/gateway/own-plugin';
import type { GatewayPlugin, NewPlugin } from '@outrider/ports/gateway-admin';

/**
 * The fields that we may change in a plugin: `enabled`, `protocols`, or a field of its config. A group stands and falls together,
 * because Kong checks its fields against each other (a longer window may not allow less than a shorter one).
 */
export type FieldGroups = Readonly<Record<string, readonly string[]>>;
/** Values by field name; null = not set. */
export type Fields = Readonly<Record<string, unknown>>;

const TOP_LEVEL = new Set(['enabled', 'protocols']);

export const fieldOf = (plugin: Pick<GatewayPlugin, 'enabled' | 'protocols' | 'config'>, field: string): unknown => {
  if (field === 'enabled') return plugin.enabled;
  if (field === 'protocols') return plugin.protocols;
  return plugin.config[field] ?? null;
};

export const fieldsOf = (plugin: GatewayPlugin, groups: FieldGroups): Fields =>
  Object.fromEntries(
    Object.values(groups)
      .flat()
      .map((field) => [field, fieldOf(plugin, field)]),
  );

/** Kong answers sets in any order, and "not set" as null, [] or not at all. */
const normal = (field: string, value: unknown): unknown => {
  if (value === undefined || value === null) return null;
  if (!Array.isArray(value)) return value;
  if (value.length === 0) return null;
  return field === 'protocols' ? [...value].sort() : value;
};

/** Managed values are scalars and lists of scalars. */
const identical = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

const sameField = (field: string, a: unknown, b: unknown): boolean => identical(normal(field, a), normal(field, b));

export const sameFields = (a: Fields, b: Fields): boolean =>
  Object.keys(b).every((field) => sameField(field, a[field], b[field]));

/** The part of a PATCH that turns `from` into `to`; arrays are replaced whole and null resets, as Kong does. */
export const patchOf = (from: Fields, to: Fields): Partial<NewPlugin> => {
  const changed = Object.entries(to).filter(([field, value]) => !identical(from[field] ?? null, value ?? null));
  const config = changed.filter(([field]) => !TOP_LEVEL.has(field)).map(([field, value]) => [field, value ?? null]);
  return {
    ...(Object.fromEntries(changed.filter(([field]) => TOP_LEVEL.has(field))) as Partial<NewPlugin>),
    ...(config.length === 0 ? {} : { config: Object.fromEntries(config) as Record<string, unknown> }),
  };
};

export const configOf = (fields: Fields): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([field, value]) => !TOP_LEVEL.has(field) && value !== null));

const hashOf = (fields: Fields, group: readonly string[]): string =>
  createHash('sha256')
    .update(JSON.stringify(group.map((field) => normal(field, fields[field]))))
    .digest('hex')
    .slice(0, 10);

export const printFor = (fields: Fields, groups: FieldGroups): string =>
  Object.values(groups)
    .map((group) => hashOf(fields, group))
    .join('-');

/** The groups that somebody changed since we wrote them. */
export const driftedGroups = (plugin: GatewayPlugin, groups: FieldGroups): readonly string[] => {
  const prints = (printOf(plugin) ?? '').split('-');
  const fields = fieldsOf(plugin, groups);
  return Object.entries(groups).flatMap(([name, group], at) => (prints[at] === hashOf(fields, group) ? [] : [name]));
};
