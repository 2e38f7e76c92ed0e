import { stringsAt, type JsonObject } from '../json.ts';
import { notFound } from '../kong-error.ts';
import { ENTITY_KINDS } from '../store/entity-kinds.ts';
import type { EntityStore } from '../store/entity-store.ts';
import type { AdminAnswer, AdminRequest } from './admin-request.ts';
import { pageOf } from './paging.ts';

/** /tags and /tags/{tag}: what carries a tag, across all kinds. */
export const handleTags = (store: EntityStore, request: AdminRequest): AdminAnswer => {
  const [, tag, ...more] = request.segments;
  if (more.length > 0) throw notFound();
  const tagged: JsonObject[] = ENTITY_KINDS.flatMap((kind) =>
    store.all(kind.name).flatMap((row) =>
      stringsAt(row, 'tags')
        .filter((name) => tag === undefined || name === tag)
        .map((name) => ({ tag: name, entity_name: kind.name, entity_id: row['id'] ?? null })),
    ),
  ).sort((a, b) => (String(a.entity_id) < String(b.entity_id) ? -1 : 1));
  return pageOf(`/${request.segments.join('/')}`, tagged, request.query, 'entity_id');
};
