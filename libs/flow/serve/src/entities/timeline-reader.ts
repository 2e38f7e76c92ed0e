import type { TimelineItem, TimelineKind, TimelineQuery } from '@outrider/contracts/http/entities';
import type { Entity } from '@outrider/domain/traffic/entity';
import type { TimeRange } from '@outrider/ports/event-store';
import * as z from 'zod';
import { Instant, isBoundedRange, pageOf, rangeFields, readCursor } from '../paging/cursor.ts';
import type { Placed, Source, SourceQuery } from './timeline-sources.ts';

const KINDS = ['events', 'alerts', 'enforcements'] as const satisfies readonly TimelineKind[];
const KIND_OF: Readonly<Record<TimelineItem['kind'], TimelineKind>> = {
  event: 'events',
  alert: 'alerts',
  enforcement: 'enforcements',
};
/** At one moment: the event, then the alert on it, then the enforcement; newest first shows them the other way round. */
const RANK: Readonly<Record<TimelineKind, number>> = { events: 0, alerts: 1, enforcements: 2 };

/** The last item of the page before, the range that page had, and the order. */
const Key = z
  .strictObject({
    t: Instant,
    k: z.enum(KINDS),
    i: z
      .string()
      .max(200)
      .regex(/^[A-Za-z0-9_.:-]+$/),
    ...rangeFields,
    o: z.enum(['newest', 'oldest']),
  })
  .refine(isBoundedRange);
type Key = z.infer<typeof Key>;

/** Events, alerts and enforcements of one entity in one order: a merge of three sources that are each read by their own key. */
export class TimelineReader {
  constructor(private readonly sources: Readonly<Record<TimelineKind, Source>>) {}

  async read(
    tenant: string,
    entity: Entity,
    range: TimeRange,
    query: Pick<TimelineQuery, 'include' | 'order' | 'limit' | 'cursor'>,
  ): Promise<{ data: TimelineItem[]; next: string | null }> {
    const last = readCursor(Key, query.cursor);
    const order = last?.o ?? query.order;
    const whole = last ? { from: last.f, to: last.u } : range;
    const wanted = KINDS.filter((kind) => query.include === undefined || query.include.includes(kind));
    const limit = query.limit + 1;
    const pages = await Promise.all(
      wanted.map((kind) => {
        const rest = remaining(kind, { tenant, entity, range: whole, order, after: undefined, limit }, last);
        return rest.range.from < rest.range.to ? this.sources[kind](rest) : [];
      }),
    );
    const merged = pages.flat().sort((a, b) => compare(a, b) * (order === 'newest' ? -1 : 1));
    const keyOf = ({ item, key }: Placed): Key => ({
      t: item.at,
      k: KIND_OF[item.kind],
      i: key,
      f: whole.from,
      u: whole.to,
      o: order,
    });
    return pageOf(merged.slice(0, limit), query.limit, keyOf, ({ item }) => item);
  }
}

/** What one source has after the last item: of its own kind, what follows it; of another, by whether its rank comes before or after at that moment. */
const remaining = (kind: TimelineKind, query: SourceQuery, last: Key | undefined): SourceQuery => {
  if (!last) return query;
  if (kind === last.k) return { ...query, after: { at: last.t, key: last.i } };
  const { from, to } = query.range;
  if (query.order === 'newest') {
    const passed = RANK[kind] > RANK[last.k];
    return { ...query, range: { from, to: Math.min(to, passed ? last.t : last.t + 1) } };
  }
  const passed = RANK[kind] < RANK[last.k];
  return { ...query, range: { from: Math.max(from, passed ? last.t + 1 : last.t), to } };
};

/** Items of one kind at one moment stay as their source ordered them: a store may order ids otherwise than their text. */
const compare = (a: Placed, b: Placed): number =>
  a.item.at - b.item.at || RANK[KIND_OF[a.item.kind]] - RANK[KIND_OF[b.item.kind]];
