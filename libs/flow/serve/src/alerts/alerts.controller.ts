import { Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { AlertListQuery, AlertPage } from '@outrider/contracts/http/alerts';
import { UuidText, type Page } from '@outrider/contracts/http/paging';
import { Alert } from '@outrider/domain/detection/alert';
import type { Principal } from '@outrider/domain/access/principal';
import { AlertStore } from '@outrider/ports/alert-store';
import { Clock } from '@outrider/ports/clock';
import { Caller } from '../access/caller.ts';
import { Route } from '../http/route.ts';
import { found } from '../missing.ts';
import { pageOf, readCursor, UuidKey } from '../paging/cursor.ts';
import { rangeIfAsked } from '../paging/time-range.ts';
import { AlertCommands } from './alert-commands.ts';

@ApiTags('alerts')
@Controller('v1/alerts')
export class AlertsController {
  constructor(
    private readonly alerts: AlertStore,
    private readonly commands: AlertCommands,
    private readonly clock: Clock,
  ) {}

  @Get()
  @Route({ id: 'listAlerts', summary: 'Alerts, newest first', role: 'viewer', answer: AlertPage })
  async list(
    @Caller() caller: Principal,
    @Query({ schema: AlertListQuery }) query: AlertListQuery,
  ): Promise<Page<Alert>> {
    const after = readCursor(UuidKey, query.cursor);
    const range = rangeIfAsked(query, this.clock.now());
    const rows = await this.alerts.list({
      tenant: caller.tenant,
      limit: query.limit + 1,
      ...(query.state ? { states: query.state } : {}),
      ...(query.type ? { types: query.type } : {}),
      ...(query.severity ? { minSeverity: query.severity } : {}),
      ...(query.entityKind && query.entityId ? { entity: { kind: query.entityKind, id: query.entityId } } : {}),
      ...(query.campaign ? { campaignId: query.campaign } : {}),
      ...(range ? { range } : {}),
      ...(after ? { after: { openedAt: after.t, id: after.i } } : {}),
    });
    return pageOf(
      rows,
      query.limit,
      (alert) => ({ t: alert.openedAt, i: alert.id }),
      (alert) => alert,
    );
  }

  @Get(':id')
  @Route({ id: 'getAlert', summary: 'One alert', role: 'viewer', answer: Alert, problems: [404] })
  async one(@Caller() caller: Principal, @Param('id', { schema: UuidText }) id: string): Promise<Alert> {
    return found(await this.alerts.find(caller.tenant, id), 'alert');
  }

  @Post(':id/acknowledge')
  @Route({
    id: 'acknowledgeAlert',
    summary: 'Somebody looks after it',
    role: 'analyst',
    answer: Alert,
    problems: [404, 409],
  })
  acknowledge(@Caller() caller: Principal, @Param('id', { schema: UuidText }) id: string): Promise<Alert> {
    return this.commands.perform('acknowledge', id, caller);
  }

  @Post(':id/resolve')
  @Route({ id: 'resolveAlert', summary: 'The matter is over', role: 'analyst', answer: Alert, problems: [404, 409] })
  resolve(@Caller() caller: Principal, @Param('id', { schema: UuidText }) id: string): Promise<Alert> {
    return this.commands.perform('resolve', id, caller);
  }
}
