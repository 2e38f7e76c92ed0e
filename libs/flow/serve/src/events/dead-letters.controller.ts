import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DeadLetterCounts, DeadLetterListQuery, DeadLetterPage, RangeQuery } from '@outrider/contracts/http/events';
import type { Page } from '@outrider/contracts/http/paging';
import type { Principal } from '@outrider/domain/access/principal';
import { Clock } from '@outrider/ports/clock';
import { EventStore, type DeadLetter } from '@outrider/ports/event-store';
import { Caller } from '../access/caller.ts';
import { Route } from '../http/route.ts';
import { pageOf, RangedKey, readCursor } from '../paging/cursor.ts';
import { DAY_MS, rangeOf } from '../paging/time-range.ts';

const DEFAULT_RANGE_MS = 7 * DAY_MS;

@ApiTags('dead letters')
@Controller('v1/dead-letters')
export class DeadLettersController {
  constructor(
    private readonly events: EventStore,
    private readonly clock: Clock,
  ) {}

  @Get()
  @Route({
    id: 'listDeadLetters',
    summary: 'Log entries that could not be read, redacted, newest first; the last 7 days by default',
    role: 'viewer',
    answer: DeadLetterPage,
  })
  async list(
    @Caller() caller: Principal,
    @Query({ schema: DeadLetterListQuery }) query: DeadLetterListQuery,
  ): Promise<Page<Omit<DeadLetter, 'tenant'>>> {
    const last = readCursor(RangedKey, query.cursor);
    const range = last ? { from: last.f, to: last.u } : rangeOf(query, this.clock.now(), DEFAULT_RANGE_MS);
    const rows = await this.events.deadLetters({
      tenant: caller.tenant,
      range,
      limit: query.limit + 1,
      ...(query.reason === undefined ? {} : { reason: query.reason }),
      ...(last ? { after: { receivedAt: last.t, id: last.i } } : {}),
    });
    const keyOf = (letter: DeadLetter) => ({ t: letter.receivedAt, i: letter.id, f: range.from, u: range.to });
    return pageOf(rows, query.limit, keyOf, ({ tenant: _tenant, ...letter }) => letter);
  }

  @Get('counts')
  @Route({
    id: 'countDeadLetters',
    summary: 'Dead letters by reason; the last 7 days by default',
    role: 'viewer',
    answer: DeadLetterCounts,
  })
  async counts(@Caller() caller: Principal, @Query({ schema: RangeQuery }) query: RangeQuery) {
    const range = rangeOf(query, this.clock.now(), DEFAULT_RANGE_MS);
    const data = await this.events.deadLetterCounts({ tenant: caller.tenant, range });
    return { data, total: data.reduce((sum, { count }) => sum + count, 0) };
  }
}
