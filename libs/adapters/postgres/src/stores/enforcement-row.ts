import * as z from 'zod';
import { Enforcement } from '@outrider/domain/response/enforcement';
import type { EnforcementQuery, EnforcementRecord } from '@outrider/ports/response-store';
import { Prisma, type Enforcement as EnforcementRow } from '../generated/client.ts';
import { storableJson, storableText, toMs, toMsOrNull, toTime, toTimeOrNull } from '../storable.ts';

const Saved = z.record(z.string(), z.unknown()).nullable();

export const toRecord = (row: EnforcementRow): EnforcementRecord => ({
  ...Enforcement.parse({
    ...row,
    entity: { kind: row.entityKind, id: row.entityId, name: row.entityName },
    createdAt: toMs(row.createdAt),
    appliedAt: toMsOrNull(row.appliedAt),
    effectiveAt: toMsOrNull(row.effectiveAt),
    endsAt: toMsOrNull(row.endsAt),
    liftedAt: toMsOrNull(row.liftedAt),
    nextAttemptAt: toMsOrNull(row.nextAttemptAt),
  }),
  saved: Saved.parse(row.saved),
  revision: row.revision,
});

/** All columns but the key, tenant and round. */
export const toColumns = (record: EnforcementRecord) => ({
  gateway: record.gateway,
  state: record.state,
  actionKind: record.action.kind,
  action: storableJson(record.action),
  entityKind: record.entity.kind,
  entityId: storableText(record.entity.id),
  entityName: storableText(record.entity.name),
  alertId: record.alertId,
  policyId: record.policyId,
  requestedBy: storableText(record.requestedBy),
  reason: storableText(record.reason),
  createdAt: toTime(record.createdAt),
  appliedAt: toTimeOrNull(record.appliedAt),
  effectiveAt: toTimeOrNull(record.effectiveAt),
  effectiveBy: record.effectiveBy,
  endsAt: toTimeOrNull(record.endsAt),
  liftedAt: toTimeOrNull(record.liftedAt),
  liftedBy: record.liftedBy === null ? null : storableText(record.liftedBy),
  attempts: record.attempts,
  nextAttemptAt: toTimeOrNull(record.nextAttemptAt),
  lastError: record.lastError === null ? null : storableText(record.lastError),
  gaps: storableJson(record.gaps),
  changes: storableJson(record.changes),
  saved: record.saved === null ? Prisma.DbNull : storableJson(record.saved),
  revision: record.revision,
});

/** What the audit row tells of an enforcement. */
export const auditDetail = (record: EnforcementRecord): object => {
  const { state, action, entity, gateway, alertId, policyId, reason, endsAt, lastError, revision } = record;
  return { state, action, entity, gateway, alertId, policyId, reason, endsAt, lastError, revision };
};

export const whereOf = (query: EnforcementQuery): Prisma.EnforcementWhereInput => {
  const { tenant, states, entity, alertId, range, after } = query;
  const conditions: Prisma.EnforcementWhereInput[] = [];
  if (states) conditions.push({ state: { in: [...states] } });
  if (entity) conditions.push({ entityKind: entity.kind, entityId: storableText(entity.id) });
  if (alertId !== undefined) conditions.push({ alertId });
  if (range) conditions.push({ createdAt: { lte: toTime(range.to) } }, endedAfter(toTime(range.from)));
  if (after) {
    const at = toTime(after.createdAt);
    conditions.push({ createdAt: { lte: at }, OR: [{ createdAt: { lt: at } }, { id: { lt: after.id } }] });
  }
  return { tenant, AND: conditions };
};

/** Lifted after it, or not lifted and either permanent or with its end after it. */
const endedAfter = (at: Date): Prisma.EnforcementWhereInput => ({
  OR: [{ liftedAt: { gte: at } }, { liftedAt: null, OR: [{ endsAt: null }, { endsAt: { gte: at } }] }],
});
