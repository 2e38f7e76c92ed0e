import { severityRank } from '@outrider/domain/detection/alert-lifecycle';
import { stateOf } from '@outrider/domain/detection/campaign-summary';
import type { AlertState } from '@outrider/domain/detection/alert';
import type { CampaignQuery, StoredCampaign } from '@outrider/ports/alert-store';
import type { Transaction } from '../database.ts';
import { Prisma } from '../generated/client.ts';
import { pageSize, storableText, toMs, toTime } from '../storable.ts';
import { asAlert, type StoredAlert } from './alert-row.ts';

interface Group {
  readonly id: string;
  readonly openedAt: Date;
  readonly firstSeenAt: Date;
  readonly lastSeenAt: Date;
  readonly alerts: number;
  readonly states: AlertState[];
}

/** A page of campaigns, newest first, each with its gravest alerts. */
export const readCampaigns = async (client: Transaction, query: CampaignQuery): Promise<StoredCampaign[]> => {
  if (query.id !== undefined && !IS_UUID.test(query.id)) return [];
  const groups = await client.$queryRaw<Group[]>`
    select campaign_id::text as id, min(opened_at) as "openedAt", min(first_seen_at) as "firstSeenAt",
      max(last_seen_at) as "lastSeenAt", count(*)::int as alerts, array_agg(distinct state) as states
    from alerts
    where tenant = ${query.tenant} ${query.id === undefined ? Prisma.empty : Prisma.sql`and campaign_id = ${query.id}::uuid`}
    group by campaign_id
    having ${Prisma.join(conditions(query), ' and ')}
    order by min(opened_at) desc, campaign_id desc
    limit ${pageSize(query.limit)}`;
  const alerts = await gravest(client, query, groups);
  return groups.map(({ id, states, ...group }) => ({
    id,
    totals: {
      state: stateOf(states),
      openedAt: toMs(group.openedAt),
      firstSeenAt: toMs(group.firstSeenAt),
      lastSeenAt: toMs(group.lastSeenAt),
      alerts: group.alerts,
    },
    alerts: alerts.filter(({ campaignId }) => campaignId === id).map(asAlert),
  }));
};

const IS_UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

const gravest = async (client: Transaction, query: CampaignQuery, groups: readonly Group[]): Promise<StoredAlert[]> => {
  if (groups.length === 0) return [];
  const ids = groups.map(({ id }) => id);
  return client.$queryRaw<StoredAlert[]>`
    select body, campaign_id::text as "campaignId", simulated from (
      select body, campaign_id, simulated, row_number() over (
        partition by campaign_id order by simulated, severity_rank desc, opened_at desc, id desc
      ) as place
      from alerts where tenant = ${query.tenant} and campaign_id = any(${ids}::uuid[])
    ) as placed
    where place <= ${pageSize(query.alertsEach)} order by place`;
};

const conditions = ({ states, types, minSeverity, entity, range, after }: CampaignQuery): Prisma.Sql[] => {
  const all = [Prisma.sql`true`];
  if (states) all.push(Prisma.sql`(${Prisma.join(states.map(inState), ' or ')})`);
  if (types) all.push(Prisma.sql`bool_or(type = any(${[...types]}))`);
  if (minSeverity) all.push(Prisma.sql`bool_or(severity_rank >= ${severityRank(minSeverity)})`);
  if (entity) all.push(Prisma.sql`bool_or(entity_kind = ${entity.kind} and entity_id = ${storableText(entity.id)})`);
  if (range)
    all.push(Prisma.sql`min(first_seen_at) <= ${toTime(range.to)} and max(last_seen_at) >= ${toTime(range.from)}`);
  if (after) all.push(Prisma.sql`(min(opened_at), campaign_id) < (${toTime(after.openedAt)}, ${after.id}::uuid)`);
  return all;
};

/** As `stateOf` says. */
const inState = (state: AlertState): Prisma.Sql => {
  switch (state) {
    case 'open':
      return Prisma.sql`bool_or(state = 'open')`;
    case 'acknowledged':
      return Prisma.sql`(bool_or(state = 'acknowledged') and not bool_or(state = 'open'))`;
    case 'resolved':
      return Prisma.sql`bool_and(state = 'resolved')`;
  }
};
