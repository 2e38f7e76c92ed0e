import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { BacktestBody, BacktestListQuery, BacktestPage } from '@outrider/contracts/http/backtests';
import { UuidText, type Page } from '@outrider/contracts/http/paging';
import type { Principal } from '@outrider/domain/access/principal';
import { Backtest } from '@outrider/domain/detection/backtest';
import { Backtester } from '@outrider/ports/backtester';
import { Clock } from '@outrider/ports/clock';
import { Caller } from '../access/caller.ts';
import { Route } from '../http/route.ts';
import { found } from '../missing.ts';
import { pageOfAll } from '../paging/cursor.ts';
import { DAY_MS, rangeOf } from '../paging/time-range.ts';

const DEFAULT_RANGE_MS = 7 * DAY_MS;

@ApiTags('backtests')
@Controller('v1/backtests')
export class BacktestsController {
  constructor(
    private readonly backtester: Backtester,
    private readonly clock: Clock,
  ) {}

  @Post()
  @Route({
    id: 'startBacktest',
    summary: 'Try a changed rule, detector setting or policy on stored history; nothing is raised or done',
    role: 'analyst',
    status: 202,
    answer: Backtest,
    problems: [413, 422],
  })
  start(
    @Caller() { tenant, name }: Principal,
    @Body({ schema: BacktestBody }) { change, maxEvents, ...asked }: BacktestBody,
  ): Promise<Backtest> {
    const range = rangeOf(asked, this.clock.now(), DEFAULT_RANGE_MS);
    return this.backtester.start(tenant, { change, range, maxEvents }, name);
  }

  @Get()
  @Route({
    id: 'listBacktests',
    summary: 'Backtests of the last thirty days, at most a hundred, newest first, without their results',
    role: 'viewer',
    answer: BacktestPage,
  })
  async list(
    @Caller() { tenant }: Principal,
    @Query({ schema: BacktestListQuery }) query: BacktestListQuery,
  ): Promise<Page<Omit<Backtest, 'result'>>> {
    return pageOfAll(await this.backtester.list(tenant), query, (summary) => summary);
  }

  @Get(':id')
  @Route({
    id: 'getBacktest',
    summary: 'How far a backtest is, and what it found',
    role: 'viewer',
    answer: Backtest,
    problems: [404],
  })
  async one(@Caller() { tenant }: Principal, @Param('id', { schema: UuidText }) id: string): Promise<Backtest> {
    return found(await this.backtester.find(tenant, id), 'backtest');
  }
}
