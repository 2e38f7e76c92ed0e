import type { TimelineItem, TimelineKind } from '@outrider/contracts/http/entities';
import type { Entity } from '@outrider/domain/traffic/entity';
import { CallerError } from '@outrider/platform/errors';
import type { AlertStore } from '@outrider/ports/alert-store';
import type { EventStore, TimeRange } from '@outrider/ports/event-store';
import type { EnforcementStore } from '@outrider/ports/response-store';
import { enforcementView } from '../enforcements/enforcement-view.ts';

/** A timeline item with its place; `key` is unique within its kind. */
export interface Placed {
  readonly key: string;
  readonly item: TimelineItem;
}

/** What is asked of one source: the items of `range` in `order`, beginning after the item `after` (of this same kind). */
export interface SourceQuery {
  readonly tenant: string;
  readonly entity: Entity;
  readonly range: TimeRange;
  readonly order: 'newest' | 'oldest';
  readonly after: { readonly at: number; readonly key: string } | undefined;
  readonly limit: number;
}

export type Source = (query: SourceQuery) => Promise<Placed[]>;

/** Below every UUID: "after (t, this)" is "before t". */
const LEAST_UUID = '00000000-0000-0000-0000-000000000000';
const CHUNK = 200;
/** Alerts or enforcements of one entity in one range that are read to show them oldest first. */
const MAX_REVERSED = 2_000;

export const timelineSources = (
  events: EventStore,
  alerts: AlertStore,
  enforcements: EnforcementStore,
): Readonly<Record<TimelineKind, Source>> => ({
  events: async ({ after, ...query }) => {
    const rows = await events.search({ ...query, ...(after ? { after: { startedAt: after.at, id: after.key } } : {}) });
    return rows.map((event) => ({ key: event.id, item: { at: event.startedAt, kind: 'event', event } }));
  },
  alerts: newestFirst(async ({ tenant, entity, limit }, { at, key }) => {
    const rows = await alerts.list({ tenant, entity, limit, after: { openedAt: at, id: key } });
    return rows.map((alert) => ({ key: alert.id, item: { at: alert.openedAt, kind: 'alert', alert } }));
  }),
  enforcements: newestFirst(async ({ tenant, entity, limit }, { at, key }) => {
    const rows = await enforcements.list({ tenant, entity, limit, after: { createdAt: at, id: key } });
    return rows.map((row) => ({
      key: row.id,
      item: { at: row.createdAt, kind: 'enforcement', enforcement: enforcementView(row) },
    }));
  }),
});

type Read = (
  query: Pick<SourceQuery, 'tenant' | 'entity' | 'limit'>,
  after: { readonly at: number; readonly key: string },
) => Promise<Placed[]>;

/** A source over a store that lists newest first only, by a key of time and UUID. */
function newestFirst(read: Read): Source {
  const inRange = async (
    query: SourceQuery,
    start: { at: number; key: string },
  ): Promise<{ items: Placed[]; whole: boolean }> => {
    const rows = await read(query, start);
    const items = rows.filter(({ item }) => item.at >= query.range.from);
    return { items, whole: items.length < query.limit };
  };
  return async (query) => {
    const end = { at: query.range.to, key: LEAST_UUID };
    if (query.order === 'newest') return (await inRange(query, query.after ?? end)).items;
    const all: Placed[] = [];
    for (let start = end; ;) {
      const { items, whole } = await inRange({ ...query, limit: CHUNK }, start);
      all.push(...items);
      const last = items.at(-1);
      if (whole || !last) break;
      if (all.length >= MAX_REVERSED)
        throw new CallerError(
          `more than ${MAX_REVERSED} alerts or enforcements: narrow the range, or read newest first`,
          'range-too-wide',
          422,
        );
      start = { at: last.item.at, key: last.key };
    }
    const { after } = query;
    const rest = all
      .reverse()
      .filter(({ item, key }) => !after || item.at > after.at || (item.at === after.at && key > after.key));
    return rest.slice(0, query.limit);
  };
}
