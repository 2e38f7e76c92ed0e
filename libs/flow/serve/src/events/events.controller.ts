import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { StoredEvent } from '@outrider/contracts/http/entities';
import { EventIdText, EventListQuery, EventPage } from '@outrider/contracts/http/events';
import type { Page } from '@outrider/contracts/http/paging';
import type { Principal } from '@outrider/domain/access/principal';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { Clock } from '@outrider/ports/clock';
import { EventStore } from '@outrider/ports/event-store';
import { Caller } from '../access/caller.ts';
import { EntityFinder } from '../entities/entity-finder.ts';
import { Route } from '../http/route.ts';
import { found } from '../missing.ts';
import { definedOnly } from '../defined-only.ts';
import { pageOf, RangedKey, readCursor } from '../paging/cursor.ts';
import { DAY_MS, MAX_RANGE_MS, rangeOf } from '../paging/time-range.ts';

const DEFAULT_RANGE_MS = DAY_MS;

@ApiTags('events')
@Controller('v1/events')
export class EventsController {
  constructor(
    private readonly events: EventStore,
    private readonly finder: EntityFinder,
    private readonly clock: Clock,
  ) {}

  @Get()
  @Route({
    id: 'searchEvents',
    summary: 'Requests as Kong logged them, newest first; the last 24 hours when no range is given',
    role: 'viewer',
    answer: EventPage,
  })
  async search(
    @Caller() caller: Principal,
    @Query({ schema: EventListQuery }) query: EventListQuery,
  ): Promise<Page<ApiEvent>> {
    const last = readCursor(RangedKey, query.cursor);
    const range = last ? { from: last.f, to: last.u } : rangeOf(query, this.clock.now(), DEFAULT_RANGE_MS);
    const { gateway, method, pathPrefix, statusFrom, statusTo, answeredBy, service, route, order } = query;
    const rows = await this.events.search({
      tenant: caller.tenant,
      range,
      order,
      limit: query.limit + 1,
      ...definedOnly({
        gateway,
        method,
        pathPrefix,
        statusFrom,
        statusTo,
        answeredBy,
        service,
        route,
        eventIds: query.id,
        entity: await this.#entityOf(caller.tenant, query),
        after: last && { startedAt: last.t, id: last.i },
      }),
    });
    const keyOf = (event: ApiEvent) => ({ t: event.startedAt, i: event.id, f: range.from, u: range.to });
    return pageOf(rows, query.limit, keyOf, (event) => event);
  }

  @Get(':eventId')
  @Route({ id: 'getEvent', summary: 'One event, by gateway:id', role: 'viewer', answer: StoredEvent, problems: [404] })
  async one(
    @Caller() caller: Principal,
    @Param('eventId', { schema: EventIdText }) eventId: string,
  ): Promise<ApiEvent> {
    const now = this.clock.now();
    const range = { from: now - MAX_RANGE_MS + DAY_MS, to: now + DAY_MS };
    const rows = await this.events.search({
      tenant: caller.tenant,
      range,
      eventIds: [eventId],
      limit: 1,
      order: 'newest',
    });
    return found(rows[0], 'event');
  }

  async #entityOf(tenant: string, { consumer, credential, address }: EventListQuery) {
    if (consumer !== undefined) return (await this.finder.find(tenant, 'consumer', consumer)).entity;
    if (credential !== undefined) return (await this.finder.find(tenant, 'credential', credential)).entity;
    return address === undefined ? undefined : (await this.finder.find(tenant, 'ip', address)).entity;
  }
}
