import { Body, Controller, Delete, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  BaselineChart,
  BaselineChartQuery,
  BaselineControlListQuery,
  BaselineControlPage,
  BaselineExclusionBody,
  BaselineResetBody,
} from '@outrider/contracts/http/baselines';
import { UuidText, type Page } from '@outrider/contracts/http/paging';
import type { Principal } from '@outrider/domain/access/principal';
import { BaselineControl } from '@outrider/domain/baseline/baseline-control';
import { BaselineControlStore } from '@outrider/ports/baseline-control-store';
import { Clock } from '@outrider/ports/clock';
import { Caller } from '../access/caller.ts';
import { Route } from '../http/route.ts';
import { found } from '../missing.ts';
import { pageOf, readCursor, UuidKey } from '../paging/cursor.ts';
import { BaselineReader } from './baseline-reader.ts';

@ApiTags('baselines')
@Controller('v1/baselines')
export class BaselinesController {
  constructor(
    private readonly reader: BaselineReader,
    private readonly controls: BaselineControlStore,
    private readonly clock: Clock,
  ) {}

  @Get()
  @Route({
    id: 'getBaseline',
    summary: 'Observed against expected, window by window; the last 24 hours by default',
    role: 'viewer',
    answer: BaselineChart,
  })
  chart(
    @Caller() caller: Principal,
    @Query({ schema: BaselineChartQuery }) query: BaselineChartQuery,
  ): Promise<BaselineChart> {
    return this.reader.chart(caller.tenant, query);
  }

  @Get('resets')
  @Route({ id: 'listBaselineResets', summary: 'Resets, newest first', role: 'viewer', answer: BaselineControlPage })
  resets(
    @Caller() caller: Principal,
    @Query({ schema: BaselineControlListQuery }) query: BaselineControlListQuery,
  ): Promise<Page<BaselineControl>> {
    return this.#page(caller, 'reset', query);
  }

  @Post('resets')
  @Route({
    id: 'resetBaseline',
    summary: 'Forget what an entity did before a moment',
    role: 'analyst',
    status: 201,
    answer: BaselineControl,
    problems: [409, 413],
  })
  async reset(
    @Caller() caller: Principal,
    @Body({ schema: BaselineResetBody }) body: BaselineResetBody,
  ): Promise<BaselineControl> {
    const { kind, reason } = body;
    const entityId = await this.reader.idOf(caller.tenant, kind, body.entityId);
    const from = body.at ?? this.clock.now();
    return this.controls.add(caller.tenant, { action: 'reset', kind, entityId, reason, from, to: null }, caller.name);
  }

  @Get('exclusions')
  @Route({
    id: 'listBaselineExclusions',
    summary: 'Time excluded by hand, newest first',
    role: 'viewer',
    answer: BaselineControlPage,
  })
  exclusions(
    @Caller() caller: Principal,
    @Query({ schema: BaselineControlListQuery }) query: BaselineControlListQuery,
  ): Promise<Page<BaselineControl>> {
    return this.#page(caller, 'exclusion', query);
  }

  @Post('exclusions')
  @Route({
    id: 'excludeFromBaseline',
    summary: 'Time that teaches nothing about an entity: a load test, a migration',
    role: 'analyst',
    status: 201,
    answer: BaselineControl,
    problems: [409, 413],
  })
  async exclude(
    @Caller() caller: Principal,
    @Body({ schema: BaselineExclusionBody }) body: BaselineExclusionBody,
  ): Promise<BaselineControl> {
    const { kind, reason, from, to } = body;
    const entityId = await this.reader.idOf(caller.tenant, kind, body.entityId);
    return this.controls.add(caller.tenant, { action: 'exclusion', kind, entityId, reason, from, to }, caller.name);
  }

  @Delete('exclusions/:id')
  @Route({
    id: 'removeBaselineExclusion',
    summary: 'Let excluded time teach after all',
    role: 'analyst',
    status: 204,
    problems: [404],
  })
  async include(@Caller() caller: Principal, @Param('id', { schema: UuidText }) id: string): Promise<void> {
    found((await this.controls.remove(caller.tenant, id, 'exclusion', caller.name)) || undefined, 'exclusion');
  }

  @Delete('resets/:id')
  @Route({ id: 'undoBaselineReset', summary: 'Take a reset back', role: 'analyst', status: 204, problems: [404] })
  async undoReset(@Caller() caller: Principal, @Param('id', { schema: UuidText }) id: string): Promise<void> {
    found((await this.controls.remove(caller.tenant, id, 'reset', caller.name)) || undefined, 'reset');
  }

  async #page(
    { tenant }: Principal,
    action: BaselineControl['action'],
    query: BaselineControlListQuery,
  ): Promise<Page<BaselineControl>> {
    const last = readCursor(UuidKey, query.cursor);
    const { kind, id, limit } = query;
    const entity =
      kind === undefined || id === undefined ? {} : { entity: { kind, id: await this.reader.idOf(tenant, kind, id) } };
    const after = last ? { after: { createdAt: last.t, id: last.i } } : {};
    const rows = await this.controls.list({ tenant, action, ...entity, ...after, limit: limit + 1 });
    return pageOf(
      rows,
      limit,
      (row) => ({ t: row.createdAt, i: row.id }),
      (row) => row,
    );
  }
}
