import { Body, Controller, Delete, Get, Param, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  DetectorDetail,
  DetectorListQuery,
  DetectorPage,
  DetectorTypeText,
  OverrideBody,
  ScopeQuery,
  type DetectorView,
} from '@outrider/contracts/http/detection-controls';
import type { Page } from '@outrider/contracts/http/paging';
import type { Principal } from '@outrider/domain/access/principal';
import type { AlertType } from '@outrider/domain/detection/alert';
import { DetectorOverride } from '@outrider/domain/detection/detection-control';
import { Caller } from '../access/caller.ts';
import { Route } from '../http/route.ts';
import { found } from '../missing.ts';
import { pageOfAll } from '../paging/cursor.ts';
import { DetectorDesk } from './detector-desk.ts';

@ApiTags('detectors')
@Controller('v1/detectors')
export class DetectorsController {
  constructor(private readonly desk: DetectorDesk) {}

  @Get()
  @Route({
    id: 'listDetectors',
    summary: 'The catalogue with settings and states in force, and rules that somebody decided about',
    role: 'viewer',
    answer: DetectorPage,
  })
  async list(
    @Caller() caller: Principal,
    @Query({ schema: DetectorListQuery }) query: DetectorListQuery,
  ): Promise<Page<DetectorView>> {
    const all = await this.desk.list(caller.tenant);
    const wanted = query.state === undefined ? all : all.filter(({ state }) => state === query.state);
    return pageOfAll(wanted, query, (view) => view);
  }

  @Get(':type')
  @Route({
    id: 'getDetector',
    summary: 'One detector with its page and all that was decided about it',
    role: 'viewer',
    answer: DetectorDetail,
    problems: [404],
  })
  async one(
    @Caller() caller: Principal,
    @Param('type', { schema: DetectorTypeText }) type: AlertType,
  ): Promise<DetectorDetail> {
    return found(await this.desk.one(caller.tenant, type), 'detector');
  }

  @Put(':type/override')
  @Route({
    id: 'overrideDetector',
    summary: 'Switch a detector off or on, simulate or tune it: for the tenant, a service or a route',
    role: 'admin',
    answer: DetectorOverride,
    problems: [404, 409, 413],
  })
  override(
    @Caller() caller: Principal,
    @Param('type', { schema: DetectorTypeText }) type: AlertType,
    @Query({ schema: ScopeQuery }) scope: ScopeQuery,
    @Body({ schema: OverrideBody }) body: OverrideBody,
  ): Promise<DetectorOverride> {
    return this.desk.override(caller, type, scope, body);
  }

  @Delete(':type/override')
  @Route({
    id: 'restoreDetector',
    summary: 'Take back what was decided for exactly this scope',
    role: 'admin',
    status: 204,
    problems: [404],
  })
  async restore(
    @Caller() caller: Principal,
    @Param('type', { schema: DetectorTypeText }) type: AlertType,
    @Query({ schema: ScopeQuery }) scope: ScopeQuery,
  ): Promise<void> {
    found((await this.desk.restore(caller, type, scope)) || undefined, 'override');
  }
}
