import type {
  EntityDetail,
  EntityListQuery,
  EntityQuery,
  TimelinePage,
  TimelineQuery,
} from '@outrider/contracts/http/entities';
import type { Page } from '@outrider/contracts/http/paging';
import type { EnforcementState } from '@outrider/domain/response/enforcement';
import type { AlertStore } from '@outrider/ports/alert-store';
import type { Clock } from '@outrider/ports/clock';
import type { EntitySummary, EventStore } from '@outrider/ports/event-store';
import type { EnforcementStore } from '@outrider/ports/response-store';
import { enforcementView } from '../enforcements/enforcement-view.ts';
import { found } from '../missing.ts';
import { OffsetKey, pageOf, readCursor } from '../paging/cursor.ts';
import { DAY_MS, rangeOf } from '../paging/time-range.ts';
import { certainId, type CallerKind, type EntityFinder } from './entity-finder.ts';
import type { TimelineReader } from './timeline-reader.ts';

const DEFAULT_RANGE_MS = DAY_MS;
const SHOWN = 50;
const STANDING: readonly EnforcementState[] = ['pending', 'applied', 'effective', 'lifting'];

export interface EntityReaderParts {
  readonly events: EventStore;
  readonly alerts: AlertStore;
  readonly enforcements: EnforcementStore;
  readonly finder: EntityFinder;
  readonly timeline: TimelineReader;
  readonly clock: Clock;
}

/** Consumers, credentials and addresses as they are shown. */
export class EntityReader {
  constructor(private readonly parts: EntityReaderParts) {}

  async list(tenant: string, kind: CallerKind, query: EntityListQuery): Promise<Page<EntitySummary>> {
    const offset = readCursor(OffsetKey, query.cursor)?.o ?? 0;
    const rows = await this.parts.events.entities({
      tenant,
      kind,
      range: rangeOf(query, this.parts.clock.now(), DEFAULT_RANGE_MS),
      ...(query.name === undefined ? {} : { nameContains: query.name }),
      limit: query.limit + 1,
      offset,
    });
    return pageOf(
      rows,
      query.limit,
      () => ({ o: offset + query.limit }),
      (row) => row,
    );
  }

  /** Throws CallerError 404 when neither traffic nor alerts nor enforcements of it are known. */
  async one(tenant: string, kind: CallerKind, text: string, query: EntityQuery): Promise<EntityDetail> {
    const range = rangeOf(query, this.parts.clock.now(), DEFAULT_RANGE_MS);
    const { entity, known } = await this.parts.finder.find(tenant, kind, text);
    const [traffic, alerts, enforcements] = await Promise.all([
      this.parts.events.entity({ tenant, kind, id: entity.id, range }),
      this.parts.alerts.list({ tenant, entity, states: ['open', 'acknowledged'], limit: SHOWN }),
      this.parts.enforcements.list({ tenant, entity, states: STANDING, limit: SHOWN }),
    ]);
    const named = traffic?.entity ?? alerts[0]?.entity ?? enforcements[0]?.entity ?? (known ? entity : undefined);
    return {
      entity: found(named, kind === 'ip' ? 'address' : kind),
      traffic: traffic ?? null,
      alerts: [...alerts],
      enforcements: enforcements.map(enforcementView),
    };
  }

  /** Throws CallerError 404 when the text is the name of nobody and the range holds nothing. */
  async timeline(tenant: string, kind: CallerKind, text: string, query: TimelineQuery): Promise<TimelinePage> {
    const range = rangeOf(query, this.parts.clock.now(), DEFAULT_RANGE_MS);
    const id = certainId(kind, text);
    const finding = this.parts.finder.find(tenant, kind, text);
    // Where the id is certain, its name is looked up beside the reading, not before it.
    const entity = id === undefined ? (await finding).entity : { kind, id, name: id };
    const [{ entity: named, known }, page] = await Promise.all([
      finding,
      this.parts.timeline.read(tenant, entity, range, query),
    ]);
    const nobody = !known && id === undefined && kind === 'consumer' && page.data.length === 0 && !query.cursor;
    return { entity: found(nobody ? undefined : named, kind), ...page };
  }
}
