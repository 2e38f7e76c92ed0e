import { isObject, type JsonObject } from '../json.ts';
import { KongError, methodNotAllowed, notFound } from '../kong-error.ts';
import { servedEntitySchema, servedPluginSchema } from '../schema/schema-library.ts';
import { ENTITY_KINDS } from '../store/entity-kinds.ts';
import type { EntityStore } from '../store/entity-store.ts';
import type { AdminAnswer, AdminRequest } from './admin-request.ts';

/** /schemas/{entity}, /schemas/plugins/{name}, and …/validate for both. */
export const handleSchemas = (store: EntityStore, request: AdminRequest): AdminAnswer => {
  const [, subject = '', detail, ...more] = request.segments;
  if (more.length > 0) throw notFound();
  if (detail === 'validate') return validate(store, subject, request);
  if (request.method !== 'GET' && request.method !== 'HEAD') throw methodNotAllowed();
  const plugin = subject === 'plugins' && detail !== undefined ? detail : undefined;
  if (plugin === undefined && detail !== undefined) throw notFound();
  const schema = plugin === undefined ? servedEntitySchema(subject) : servedPluginSchema(plugin);
  if (schema !== undefined) return { status: 200, body: schema };
  const what = plugin === undefined ? `entity named '${subject}'` : `plugin named '${plugin}'`;
  throw new KongError(404, { message: `No ${what}` });
};

const validate = (store: EntityStore, subject: string, request: AdminRequest): AdminAnswer => {
  if (request.method !== 'POST') throw methodNotAllowed();
  const kind = ENTITY_KINDS.find((candidate) => candidate.name === subject);
  if (kind === undefined) throw new KongError(404, { message: `No entity named '${subject}'` });
  store.validate(kind.name, withExistingReferencesOnly(request.body));
  return { status: 200, body: { message: 'schema validation successful' } };
};

// The schema alone is asked about: whether a reference exists is not its business.
const withExistingReferencesOnly = (body: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(body).filter(
      ([field, value]) => !(['service', 'route', 'consumer'].includes(field) && isObject(value)),
    ),
  );
