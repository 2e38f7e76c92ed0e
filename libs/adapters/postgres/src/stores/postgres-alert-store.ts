import { SEVERITIES, type Alert, type Severity } from '@outrider/domain/detection/alert';
import { ConflictError } from '@outrider/platform/errors';
import { linkKeysOf } from '@outrider/domain/detection/campaign-link';
import {
  AlertStore,
  type AlertQuery,
  type CampaignQuery,
  type RelatedQuery,
  type StoredCampaign,
} from '@outrider/ports/alert-store';
import type { Database, Transaction } from '../database.ts';
import type { Prisma } from '../generated/client.ts';
import { pageSize, storableJson, storableText, toTime } from '../storable.ts';
import { asAlert, STORED, type StoredAlert } from './alert-row.ts';
import { writeAudit } from './audit-trail.ts';
import { readCampaigns } from './read-campaigns.ts';

/** Alerts as rows: the whole alert as JSON, and the columns that are searched beside it. */
export class PostgresAlertStore extends AlertStore {
  constructor(private readonly database: Database) {
    super();
  }

  async find(tenant: string, id: string): Promise<Alert | undefined> {
    if (!isUuid(id)) return undefined;
    const row = await this.database.read((client) => client.alert.findFirst({ where: { id, tenant }, select: STORED }));
    return row ? asAlert(row) : undefined;
  }

  async list(query: AlertQuery): Promise<readonly Alert[]> {
    const rows = await this.database.read((client) =>
      client.alert.findMany({
        where: where(query),
        orderBy: [{ openedAt: 'desc' }, { id: 'desc' }],
        take: pageSize(query.limit),
        select: STORED,
      }),
    );
    return rows.map(asAlert);
  }

  async unresolved(): Promise<readonly Alert[]> {
    const rows = await this.database.read((client) =>
      client.alert.findMany({ where: { state: { not: 'resolved' } }, select: STORED }),
    );
    return rows.map(asAlert);
  }

  async insert(alert: Alert): Promise<void> {
    await this.database.read((client) =>
      client.alert.create({
        data: { id: alert.id, tenant: alert.tenant, campaignId: alert.campaignId, ...this.#columns(alert) },
      }),
    );
  }

  async save(alert: Alert, audit?: { readonly actor: string; readonly act: string }): Promise<void> {
    if (!audit) return this.database.read((client) => this.#replace(client, alert));
    await this.database.transaction(async (tx) => {
      await this.#replace(tx, alert);
      const { state, severity, revision } = alert;
      const detail = { state, severity, revision, type: alert.type, entity: alert.entity };
      await writeAudit(tx, this.database.clock.now(), {
        tenant: alert.tenant,
        subject: `alert:${alert.id}`,
        detail,
        ...audit,
      });
    });
  }

  async unevaluated(limit: number): Promise<readonly Alert[]> {
    const rows = await this.database.read(
      (client) => client.$queryRaw<StoredAlert[]>`
        select body, campaign_id::text as "campaignId", simulated from alerts where revision > evaluated_revision order by changed_at, id limit ${pageSize(limit)}`,
    );
    return rows.map(asAlert);
  }

  async related({ tenant, participants, range, limit }: RelatedQuery): Promise<readonly Alert[]> {
    if (participants.length === 0) return [];
    const rows = await this.database.read((client) =>
      client.alert.findMany({
        where: {
          tenant,
          participants: { hasSome: participants.map(storableText) },
          firstSeenAt: { lte: toTime(range.to) },
          lastSeenAt: { gte: toTime(range.from) },
        },
        orderBy: [{ openedAt: 'desc' }, { id: 'desc' }],
        take: pageSize(limit),
        select: STORED,
      }),
    );
    return rows.map(asAlert);
  }

  async joinCampaigns(tenant: string, from: readonly string[], into: string): Promise<void> {
    const moved = { where: { tenant, campaignId: { in: [...from] } }, data: { campaignId: into } };
    await this.database.transaction(async (tx) => {
      await tx.alert.updateMany(moved);
      await tx.delivery.updateMany(moved);
    });
  }

  campaigns(query: CampaignQuery): Promise<readonly StoredCampaign[]> {
    return this.database.read((client) => readCampaigns(client, query));
  }

  async #replace(client: Transaction, alert: Alert): Promise<void> {
    const { count } = await client.alert.updateMany({
      where: { id: alert.id, tenant: alert.tenant, revision: alert.revision - 1 },
      data: this.#columns(alert),
    });
    if (count === 0) throw new ConflictError(`alert ${alert.id} has changed`);
  }

  #columns(alert: Alert) {
    return {
      gateway: alert.gateway,
      type: alert.type,
      entityKind: alert.entity.kind,
      entityId: storableText(alert.entity.id),
      severity: alert.severity,
      severityRank: rank(alert.severity),
      state: alert.state,
      revision: alert.revision,
      firstSeenAt: toTime(alert.firstSeenAt),
      lastSeenAt: toTime(alert.lastSeenAt),
      openedAt: toTime(alert.openedAt),
      changedAt: toTime(this.database.clock.now()),
      simulated: alert.simulated,
      participants: linkKeysOf(alert).map(storableText),
      body: storableJson(alert),
    };
  }
}

const rank = (severity: Severity): number => SEVERITIES.indexOf(severity);

/** What is no UUID is no id of ours: "not found" rather than an error of the database. */
export const isUuid = (text: string): boolean => /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(text);

const where = (query: AlertQuery): Prisma.AlertWhereInput => {
  const { tenant, states, types, minSeverity, entity, campaignId, range, after } = query;
  const conditions: Prisma.AlertWhereInput[] = [];
  if (states) conditions.push({ state: { in: [...states] } });
  if (types) conditions.push({ type: { in: [...types] } });
  if (minSeverity) conditions.push({ severityRank: { gte: rank(minSeverity) } });
  if (entity) conditions.push({ entityKind: entity.kind, entityId: storableText(entity.id) });
  if (campaignId) conditions.push(isUuid(campaignId) ? { campaignId } : { id: { in: [] } });
  if (range) conditions.push({ firstSeenAt: { lte: toTime(range.to) }, lastSeenAt: { gte: toTime(range.from) } });
  if (after) {
    const at = toTime(after.openedAt);
    conditions.push({ openedAt: { lte: at }, OR: [{ openedAt: { lt: at } }, { id: { lt: after.id } }] });
  }
  return { tenant, AND: conditions };
};
