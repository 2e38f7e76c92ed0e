import { isObject, type Json, type JsonObject } from '../json.ts';
import type { KindName } from '../store/entity-kinds.ts';
import type { EntityStore } from '../store/entity-store.ts';

/**
 * Entities as in Kong's declarative format: routes and plugins inside services, credentials inside consumers, and so on.
 * A reference may be written as a name: `{ name: 'acl', route: 'orders', config: … }`.
 */
export interface Declarative {
  readonly services?: readonly JsonObject[];
  readonly routes?: readonly JsonObject[];
  readonly consumers?: readonly JsonObject[];
  readonly plugins?: readonly JsonObject[];
}

const CHILDREN: Readonly<Partial<Record<KindName, readonly KindName[]>>> = {
  services: ['routes', 'plugins'],
  routes: ['plugins'],
  consumers: ['keyauth_credentials', 'basicauth_credentials', 'jwt_secrets', 'hmacauth_credentials', 'acls', 'plugins'],
};

const REFERENCE: Readonly<Partial<Record<KindName, string>>> = {
  services: 'service',
  routes: 'route',
  consumers: 'consumer',
};

/** Stores all of it; what Kong would refuse is thrown as the error the Admin API would answer with. */
export const seedStore = (store: EntityStore, declarative: Declarative): void => {
  for (const kind of ['services', 'routes', 'consumers', 'plugins'] as const)
    for (const entity of declarative[kind] ?? []) seedEntity(store, kind, entity);
};

const seedEntity = (store: EntityStore, kind: KindName, entity: JsonObject): void => {
  const children = CHILDREN[kind] ?? [];
  const own = Object.entries(entity).filter(([field]) => !children.some((child) => child === field));
  const row = store.insert(kind, Object.fromEntries(own.map(([field, value]) => [field, reference(field, value)])));
  for (const child of children) {
    const nested = entity[child];
    for (const inner of Array.isArray(nested) ? nested : [])
      if (isObject(inner)) seedEntity(store, child, { ...inner, [REFERENCE[kind] ?? kind]: { id: row['id'] ?? null } });
  }
};

const reference = (field: string, value: Json): Json => {
  if (typeof value !== 'string') return value;
  if (field === 'consumer') return { username: value };
  return field === 'service' || field === 'route' ? { name: value } : value;
};
