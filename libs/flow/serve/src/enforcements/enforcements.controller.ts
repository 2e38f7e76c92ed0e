import { Body, Controller, Get, Headers, Param, Post, Query } from '@nestjs/common';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import {
  EnforcementBody,
  EnforcementListQuery,
  EnforcementPage,
  IdempotencyKey,
} from '@outrider/contracts/http/enforcements';
import { UuidText, type Page } from '@outrider/contracts/http/paging';
import type { Principal } from '@outrider/domain/access/principal';
import { Enforcement } from '@outrider/domain/response/enforcement';
import { Clock } from '@outrider/ports/clock';
import { EnforcementStore } from '@outrider/ports/response-store';
import { Caller } from '../access/caller.ts';
import { InvalidInput } from '../http/problem.ts';
import { Route } from '../http/route.ts';
import { found } from '../missing.ts';
import { pageOf, readCursor, UuidKey } from '../paging/cursor.ts';
import { rangeIfAsked } from '../paging/time-range.ts';
import { EnforcementCommands } from './enforcement-commands.ts';
import { enforcementView } from './enforcement-view.ts';

@ApiTags('enforcements')
@Controller('v1/enforcements')
export class EnforcementsController {
  constructor(
    private readonly enforcements: EnforcementStore,
    private readonly commands: EnforcementCommands,
    private readonly clock: Clock,
  ) {}

  @Get()
  @Route({ id: 'listEnforcements', summary: 'Enforcements, newest first', role: 'viewer', answer: EnforcementPage })
  async list(
    @Caller() caller: Principal,
    @Query({ schema: EnforcementListQuery }) query: EnforcementListQuery,
  ): Promise<Page<Enforcement>> {
    const after = readCursor(UuidKey, query.cursor);
    const range = rangeIfAsked(query, this.clock.now());
    const rows = await this.enforcements.list({
      tenant: caller.tenant,
      limit: query.limit + 1,
      ...(query.state ? { states: query.state } : {}),
      ...(query.entityKind && query.entityId ? { entity: { kind: query.entityKind, id: query.entityId } } : {}),
      ...(query.alertId ? { alertId: query.alertId } : {}),
      ...(range ? { range } : {}),
      ...(after ? { after: { createdAt: after.t, id: after.i } } : {}),
    });
    return pageOf(rows, query.limit, (row) => ({ t: row.createdAt, i: row.id }), enforcementView);
  }

  @Get(':id')
  @Route({ id: 'getEnforcement', summary: 'One enforcement', role: 'viewer', answer: Enforcement, problems: [404] })
  async one(@Caller() caller: Principal, @Param('id', { schema: UuidText }) id: string): Promise<Enforcement> {
    return enforcementView(found(await this.enforcements.find(caller.tenant, id), 'enforcement'));
  }

  @Post()
  @ApiHeader({ name: 'Idempotency-Key', required: false, description: 'the same key again gives the same enforcement' })
  @Route({
    id: 'createEnforcement',
    summary: 'Enforce by hand; it is applied in the background',
    role: 'analyst',
    status: 202,
    answer: Enforcement,
    problems: [409, 413, 422],
  })
  create(
    @Caller() caller: Principal,
    @Body({ schema: EnforcementBody }) body: EnforcementBody,
    @Headers('idempotency-key') key: string | undefined,
  ): Promise<Enforcement> {
    const parsed = IdempotencyKey.safeParse(key);
    if (!parsed.success)
      throw new InvalidInput([{ path: 'Idempotency-Key', message: '1 to 200 visible ASCII characters' }]);
    return this.commands.create(body, parsed.data, caller);
  }

  @Post(':id/undo')
  @Route({
    id: 'undoEnforcement',
    summary: 'Take it back now, in the background',
    role: 'analyst',
    status: 202,
    answer: Enforcement,
    problems: [404, 409],
  })
  undo(@Caller() caller: Principal, @Param('id', { schema: UuidText }) id: string): Promise<Enforcement> {
    return this.commands.undo(id, caller);
  }
}
