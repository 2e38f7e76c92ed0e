import type { JsonObject } from '../json.ts';
import { fieldsOf, type EntitySchema, type FieldSpec } from '../schema/field-spec.ts';
import { entitySchema, pluginRowSchema } from '../schema/schema-library.ts';

export type KindName =
  | 'services'
  | 'routes'
  | 'consumers'
  | 'plugins'
  | 'upstreams'
  | 'certificates'
  | 'keyauth_credentials'
  | 'basicauth_credentials'
  | 'jwt_secrets'
  | 'hmacauth_credentials'
  | 'acls';

export interface EntityKind {
  readonly name: KindName;
  /** The first path segment of its own collection: /key-auths. */
  readonly path: string;
  /** The path segment under a consumer (/consumers/{consumer}/key-auth), for what belongs to one. */
  readonly underConsumer?: string;
  /** The field by which a path may name a row instead of its id. */
  readonly endpointKey?: string;
  /** Fields whose values are unique together; single unique fields come from the schema. */
  readonly uniqueTogether?: readonly string[];
  /** Fields that Kong accepts but does not serve in the schema. */
  readonly extraFields?: Readonly<Record<string, FieldSpec>>;
  /** Kong's routing and plugin tables are rebuilt at a poll; everything else is read through at once. */
  readonly propagates: boolean;
}

const TTL: Readonly<Record<string, FieldSpec>> = { ttl: { type: 'integer', between: [0, 100_000_000] } };

export const ENTITY_KINDS: readonly EntityKind[] = [
  { name: 'services', path: 'services', endpointKey: 'name', propagates: true },
  { name: 'routes', path: 'routes', endpointKey: 'name', propagates: true },
  { name: 'consumers', path: 'consumers', endpointKey: 'username', propagates: false },
  {
    name: 'plugins',
    path: 'plugins',
    endpointKey: 'instance_name',
    uniqueTogether: ['name', 'consumer', 'route', 'service'],
    propagates: true,
  },
  { name: 'upstreams', path: 'upstreams', endpointKey: 'name', propagates: true },
  { name: 'certificates', path: 'certificates', propagates: false },
  {
    name: 'keyauth_credentials',
    path: 'key-auths',
    underConsumer: 'key-auth',
    endpointKey: 'key',
    extraFields: TTL,
    propagates: false,
  },
  {
    name: 'basicauth_credentials',
    path: 'basic-auths',
    underConsumer: 'basic-auth',
    endpointKey: 'username',
    propagates: false,
  },
  { name: 'jwt_secrets', path: 'jwts', underConsumer: 'jwt', endpointKey: 'key', propagates: false },
  {
    name: 'hmacauth_credentials',
    path: 'hmac-auths',
    underConsumer: 'hmac-auth',
    endpointKey: 'username',
    propagates: false,
  },
  {
    name: 'acls',
    path: 'acls',
    underConsumer: 'acls',
    endpointKey: 'group',
    uniqueTogether: ['consumer', 'group'],
    propagates: false,
  },
];

export const kindNamed = (name: KindName): EntityKind => {
  const kind = ENTITY_KINDS.find((candidate) => candidate.name === name);
  if (kind === undefined) throw new Error(`no entity kind ${name}`);
  return kind;
};

/** The schema for a row; a plugin's depends on its name, and there is none for a plugin that is not installed. */
export const rowSchema = (kind: EntityKind, row: JsonObject): EntitySchema | undefined => {
  const schema = kind.name === 'plugins' ? pluginRowSchema(String(row['name'])) : entitySchema(kind.name);
  if (schema === undefined || kind.extraFields === undefined) return schema;
  return { ...schema, fields: [...schema.fields, kind.extraFields] };
};

/** The references of a kind: field → the kind it points at. */
export const referencesOf = (kind: EntityKind): { field: string; to: KindName; cascade: boolean }[] =>
  fieldsOf(entitySchema(kind.name)).flatMap(([field, spec]) => {
    const target = ENTITY_KINDS.find((candidate) => candidate.name === spec.reference);
    return target === undefined
      ? []
      : [{ field, to: target.name, cascade: (spec as { on_delete?: string }).on_delete === 'cascade' }];
  });

export const uniqueFieldsOf = (kind: EntityKind): string[] =>
  fieldsOf(entitySchema(kind.name)).flatMap(([field, spec]) => (spec.unique === true ? [field] : []));
