import { objectAt, stringAt, type JsonObject } from '../json.ts';
import { invalidUnique, methodNotAllowed, notFound, unsupportedWithoutDatabase } from '../kong-error.ts';
import { isUuid } from '../schema/validate-record.ts';
import type { EntityKind } from '../store/entity-kinds.ts';
import type { EntityStore } from '../store/entity-store.ts';
import type { AdminAnswer, AdminRequest } from './admin-request.ts';
import { pageOf } from './paging.ts';

/** The entity under which a collection is addressed: /consumers/{consumer}/plugins. */
export interface Parent {
  readonly field: string;
  readonly id: string;
}

export interface EntityAccess {
  readonly store: EntityStore;
  readonly dbless: boolean;
}

const COLLECTION_METHODS = 'GET, HEAD, OPTIONS, POST';
const ENTITY_METHODS = 'DELETE, GET, HEAD, OPTIONS, PATCH, PUT';

export const handleCollection = (
  { store, dbless }: EntityAccess,
  kind: EntityKind,
  request: AdminRequest,
  parent?: Parent,
): AdminAnswer => {
  switch (request.method) {
    case 'GET':
    case 'HEAD':
      return pageOf(`/${request.segments.join('/')}`, rowsOf(store, kind, request.query, parent), request.query);
    case 'POST': {
      if (dbless) throw unsupportedWithoutDatabase(`create '${kind.name}' entities`);
      const input = { ...request.body, ...(parent === undefined ? {} : { [parent.field]: { id: parent.id } }) };
      return { status: 201, body: store.insert(kind.name, input, request) };
    }
    case 'OPTIONS':
      return { status: 204, headers: { Allow: COLLECTION_METHODS } };
    default:
      throw methodNotAllowed();
  }
};

const rowsOf = (store: EntityStore, kind: EntityKind, query: URLSearchParams, parent?: Parent): JsonObject[] => {
  const rows = store.all(kind.name).filter((row) => isUnder(row, parent));
  const customId = query.get('custom_id');
  return kind.name === 'consumers' && customId !== null ? rows.filter((row) => row['custom_id'] === customId) : rows;
};

const isUnder = (row: JsonObject, parent: Parent | undefined): boolean =>
  parent === undefined || stringAt(objectAt(row, parent.field), 'id') === parent.id;

export const handleEntity = (
  access: EntityAccess,
  kind: EntityKind,
  idOrKey: string,
  request: AdminRequest,
  parent?: Parent,
): AdminAnswer => {
  const { store } = access;
  const found = findUnder(store, kind, idOrKey, parent);
  switch (request.method) {
    case 'GET':
    case 'HEAD':
      if (found === undefined) throw notFound();
      return { status: 200, body: found };
    case 'PUT':
      return put(access, kind, idOrKey, request, parent, found);
    case 'PATCH':
      if (found === undefined) throw notFound();
      if (access.dbless) throw unsupportedWithoutDatabase(`update '${kind.name}' entities`);
      return { status: 200, body: store.update(kind.name, String(found['id']), request.body, request) };
    case 'DELETE':
      return remove(access, kind, idOrKey, parent, found);
    case 'OPTIONS':
      return { status: 204, headers: { Allow: ENTITY_METHODS } };
    default:
      throw methodNotAllowed();
  }
};

const findUnder = (
  store: EntityStore,
  kind: EntityKind,
  idOrKey: string,
  parent: Parent | undefined,
): JsonObject | undefined => {
  if (parent === undefined) return store.find(kind.name, idOrKey);
  const field = isUuid(idOrKey) ? 'id' : (kind.endpointKey ?? 'id');
  return store.all(kind.name).find((row) => row[field] === idOrKey && isUnder(row, parent));
};

const put = (
  { store, dbless }: EntityAccess,
  kind: EntityKind,
  idOrKey: string,
  request: AdminRequest,
  parent: Parent | undefined,
  found: JsonObject | undefined,
): AdminAnswer => {
  if (dbless) throw unsupportedWithoutDatabase(`create or update '${kind.name}' entities`);
  const input = { ...request.body, ...(parent === undefined ? {} : { [parent.field]: { id: parent.id } }) };
  if (isUuid(idOrKey)) return { status: 200, body: store.replace(kind.name, idOrKey, input, request) };
  const named = { ...input, ...(kind.endpointKey === undefined ? {} : { [kind.endpointKey]: idOrKey }) };
  return {
    status: 200,
    body:
      found === undefined
        ? store.insert(kind.name, named, request)
        : store.replace(kind.name, String(found['id']), named, request),
  };
};

const remove = (
  { store, dbless }: EntityAccess,
  kind: EntityKind,
  idOrKey: string,
  parent: Parent | undefined,
  found: JsonObject | undefined,
): AdminAnswer => {
  if (found === undefined) {
    // Only a nested path tells that there was nothing to delete.
    if (parent !== undefined) throw notFound();
    if (/\s/.test(idOrKey)) throw invalidUnique(kind.endpointKey ?? 'id', idOrKey);
    return { status: 204 };
  }
  const by = isUuid(idOrKey) ? '' : ` by '${kind.endpointKey ?? 'id'}'`;
  if (dbless) throw unsupportedWithoutDatabase(`remove '${kind.name}' entities${by}`);
  store.remove(kind.name, String(found['id']));
  return { status: 204 };
};
