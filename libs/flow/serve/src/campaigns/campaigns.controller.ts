import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CampaignDetail, CampaignListQuery, CampaignPage } from '@outrider/contracts/http/campaigns';
import { UuidText, type Page } from '@outrider/contracts/http/paging';
import type { Principal } from '@outrider/domain/access/principal';
import { summarize, type Campaign } from '@outrider/domain/detection/campaign-summary';
import { AlertStore } from '@outrider/ports/alert-store';
import { Clock } from '@outrider/ports/clock';
import { Caller } from '../access/caller.ts';
import { Route } from '../http/route.ts';
import { found } from '../missing.ts';
import { pageOf, readCursor, UuidKey } from '../paging/cursor.ts';
import { rangeIfAsked } from '../paging/time-range.ts';

/** Alerts that a campaign in a list is summed up from, the gravest: what it counts is of all. */
const ALERTS_OF_LISTED = 50;
const ALERTS_SHOWN = 200;

@ApiTags('campaigns')
@Controller('v1/campaigns')
export class CampaignsController {
  constructor(
    private readonly alerts: AlertStore,
    private readonly clock: Clock,
  ) {}

  @Get()
  @Route({
    id: 'listCampaigns',
    summary: 'Alerts that are one story, newest first',
    role: 'viewer',
    answer: CampaignPage,
  })
  async list(
    @Caller() caller: Principal,
    @Query({ schema: CampaignListQuery }) query: CampaignListQuery,
  ): Promise<Page<Campaign>> {
    const after = readCursor(UuidKey, query.cursor);
    const range = rangeIfAsked(query, this.clock.now());
    const rows = await this.alerts.campaigns({
      tenant: caller.tenant,
      limit: query.limit + 1,
      alertsEach: ALERTS_OF_LISTED,
      ...(query.state ? { states: query.state } : {}),
      ...(query.type ? { types: query.type } : {}),
      ...(query.severity ? { minSeverity: query.severity } : {}),
      ...(query.entityKind && query.entityId ? { entity: { kind: query.entityKind, id: query.entityId } } : {}),
      ...(range ? { range } : {}),
      ...(after ? { after: { openedAt: after.t, id: after.i } } : {}),
    });
    return pageOf(
      rows,
      query.limit,
      ({ totals, id }) => ({ t: totals.openedAt, i: id }),
      ({ alerts, totals }) => summarize(alerts, totals),
    );
  }

  @Get(':id')
  @Route({
    id: 'getCampaign',
    summary: 'One campaign with its alerts',
    role: 'viewer',
    answer: CampaignDetail,
    problems: [404],
  })
  async one(@Caller() caller: Principal, @Param('id', { schema: UuidText }) id: string): Promise<CampaignDetail> {
    const query = { tenant: caller.tenant, id, limit: 1, alertsEach: ALERTS_SHOWN };
    const { alerts, totals } = found((await this.alerts.campaigns(query))[0], 'campaign');
    return {
      campaign: summarize(alerts, totals),
      alerts: [...alerts].sort((a, b) => a.firstSeenAt - b.firstSeenAt || a.openedAt - b.openedAt),
    };
  }
}
