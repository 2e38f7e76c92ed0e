import type { Sources } from '../identifiers.ts';
import { objectAt, stringAt, type JsonObject } from '../json.ts';
import { KongError, methodNotAllowed, notFound } from '../kong-error.ts';
import { ENABLED_PLUGINS } from '../schema/schema-library.ts';
import { ENTITY_KINDS, kindNamed, referencesOf, type EntityKind, type KindName } from '../store/entity-kinds.ts';
import type { AdminAnswer, AdminRequest } from './admin-request.ts';
import { handleCollection, handleEntity, type EntityAccess, type Parent } from './entity-handler.ts';
import { nodeInformation, nodeStatus, type NodeSettings } from './node-information.ts';
import { handleSchemas } from './schemas-handler.ts';
import { handleTags } from './tags-handler.ts';

export interface AdminContext extends EntityAccess {
  readonly node: NodeSettings;
  readonly sources: Sources;
}

/** Which collections are addressed under which entity. */
const NESTED: Readonly<Partial<Record<KindName, readonly KindName[]>>> = {
  services: ['routes', 'plugins'],
  routes: ['plugins'],
  consumers: ['plugins', ...ENTITY_KINDS.filter((kind) => kind.underConsumer !== undefined).map((kind) => kind.name)],
};

const FIELD_OF_PARENT: Readonly<Partial<Record<KindName, string>>> = {
  services: 'service',
  routes: 'route',
  consumers: 'consumer',
};

/** One call to one answer; what is not a success is thrown as a KongError. */
export const answerAdmin = (context: AdminContext, request: AdminRequest): AdminAnswer => {
  const [first, second, third, fourth, ...more] = request.segments;
  if (more.length > 0) throw notFound();
  if (first === undefined) return readOnly(request, () => ok(nodeInformation(context.node)));
  if (first === 'status' && second === undefined) return readOnly(request, () => ok(nodeStatus(context.node)));
  if (first === 'tags') return readOnly(request, () => handleTags(context.store, request));
  if (first === 'schemas') return handleSchemas(context.store, request);
  if (first === 'plugins' && second === 'enabled' && third === undefined)
    return readOnly(request, () => ok({ enabled_plugins: [...ENABLED_PLUGINS] }));
  const kind = ENTITY_KINDS.find((candidate) => candidate.path === first);
  if (kind === undefined) throw notFound();
  if (second === undefined) return handleCollection(context, kind, request);
  if (third === undefined) return handleEntity(context, kind, second, request);
  return answerNested(context, kind, second, third, fourth, request);
};

const ok = (body: JsonObject): AdminAnswer => ({ status: 200, body });

const readOnly = (request: AdminRequest, answer: () => AdminAnswer): AdminAnswer => {
  if (request.method === 'OPTIONS') return { status: 204, headers: { Allow: 'GET, HEAD, OPTIONS' } };
  if (request.method !== 'GET' && request.method !== 'HEAD') throw methodNotAllowed();
  return answer();
};

const answerNested = (
  context: AdminContext,
  kind: EntityKind,
  idOrKey: string,
  nested: string,
  nestedKey: string | undefined,
  request: AdminRequest,
): AdminAnswer => {
  const reference = referencesOf(kind).find(({ field }) => field === nested);
  if (reference !== undefined && nestedKey === undefined)
    return readOnly(request, () => referenced(context, kind, idOrKey, reference.field, reference.to));
  const children = (NESTED[kind.name] ?? []).map(kindNamed);
  const child = children.find((candidate) => (candidate.underConsumer ?? candidate.path) === nested);
  const field = FIELD_OF_PARENT[kind.name];
  const parentRow = child === undefined ? undefined : context.store.find(kind.name, idOrKey);
  if (child === undefined || field === undefined || parentRow === undefined) throw notFound();
  const parent: Parent = { field, id: String(parentRow['id']) };
  if (nestedKey === undefined) return handleCollection(context, child, request, parent);
  try {
    return handleEntity(context, child, nestedKey, request, parent);
  } catch (error) {
    // The handlers of ACL groups are the ones whose 404 carries a request id.
    if (child.name === 'acls' && error instanceof KongError && error.status === 404)
      throw new KongError(404, { message: 'Not found', request_id: context.sources.generateRequestId() });
    throw error;
  }
};

const referenced = (
  context: AdminContext,
  kind: EntityKind,
  idOrKey: string,
  field: string,
  to: KindName,
): AdminAnswer => {
  const id = stringAt(objectAt(context.store.find(kind.name, idOrKey), field), 'id');
  const row = id === undefined ? undefined : context.store.byId(to, id);
  if (row === undefined) throw notFound();
  return ok(row);
};
