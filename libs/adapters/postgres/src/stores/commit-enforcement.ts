import { randomUUID } from 'node:crypto';
import type { Alert } from '@outrider/domain/detection/alert';
import { admit, CAP_WINDOW_MS, LIVE_STATES, staysAsIs, type Standing } from '@outrider/domain/response/admission';
import type { EnforcementRecord } from '@outrider/ports/response-store';
import type { Transaction } from '../database.ts';
import type { Enforcement as EnforcementRow } from '../generated/client.ts';
import { storableText, toTime } from '../storable.ts';
import { writeAudit } from './audit-trail.ts';
import { auditDetail, toColumns, toRecord } from './enforcement-row.ts';

/** Purpose of the tenant lock under which enforcements begin. */
export const CAP_LOCK = 'enforcements';

export interface CommitContext {
  readonly alert: Alert;
  readonly capPerHour: number;
  readonly now: number;
}

/** Writes what `admit` decides for one candidate, and answers the rows that were written or changed. Needs the tenant's CAP_LOCK. */
export const commitEnforcement = async (
  tx: Transaction,
  candidate: EnforcementRecord,
  context: CommitContext,
): Promise<EnforcementRecord[]> => {
  const own = await ownRow(tx, candidate);
  // most evaluations are of alerts that are enforced already
  if (own && staysAsIs(candidate, toRecord(own))) return [];
  const admission = admit(candidate, context.alert, await standing(tx, candidate, own, context.capPerHour));
  switch (admission.kind) {
    case 'keep':
      return [];
    case 'add':
      return [await add(tx, admission.enforcement, own, context.now)];
    case 'revive':
      return [await revive(tx, admission.enforcement, own, context.now)];
    case 'cover': {
      const written = await add(tx, admission.enforcement, own, context.now);
      if (admission.endsAt === admission.live.endsAt) return [written];
      return [written, await extend(tx, admission.live, admission.endsAt, written, context.now)];
    }
  }
};

export const countBegun = (client: Transaction, tenant: string, since: number): Promise<number> =>
  client.enforcement.count({
    where: { tenant, createdAt: { gt: toTime(since) }, state: { notIn: ['simulated', 'refused'] } },
  });

const ownRow = (tx: Transaction, candidate: EnforcementRecord): Promise<EnforcementRow | null> =>
  tx.enforcement.findFirst({
    where: { alertId: candidate.alertId, policyId: candidate.policyId, actionKind: candidate.action.kind },
    orderBy: { round: 'desc' },
  });

const standing = async (
  tx: Transaction,
  candidate: EnforcementRecord,
  own: EnforcementRow | null,
  capPerHour: number,
): Promise<Standing<EnforcementRecord>> => {
  const target = {
    tenant: candidate.tenant,
    gateway: candidate.gateway,
    actionKind: candidate.action.kind,
    entityKind: candidate.entity.kind,
    entityId: storableText(candidate.entity.id),
  };
  // held until the commit, since its end may be extended: whoever saves it meanwhile waits, and finds a newer revision
  await tx.$executeRaw`
    select id from enforcements
    where tenant = ${target.tenant} and gateway = ${target.gateway} and action_kind = ${target.actionKind}
      and entity_kind = ${target.entityKind} and entity_id = ${target.entityId} and state = any(${[...LIVE_STATES]})
    for update`;
  const live = await tx.enforcement.findFirst({ where: { ...target, state: { in: [...LIVE_STATES] } } });
  const lifted = await tx.enforcement.findFirst({
    where: { ...target, state: 'lifted' },
    orderBy: { liftedAt: 'desc' },
  });
  return {
    own: own ? toRecord(own) : undefined,
    live: live ? toRecord(live) : undefined,
    lifted: lifted ? toRecord(lifted) : undefined,
    begunWithinHour: await countBegun(tx, candidate.tenant, candidate.createdAt - CAP_WINDOW_MS),
    capPerHour,
  };
};

const add = async (
  tx: Transaction,
  record: EnforcementRecord,
  own: EnforcementRow | null,
  now: number,
): Promise<EnforcementRecord> => {
  // a first one keeps the id that the evaluation gave it; ids of later rounds would repeat
  const row = await tx.enforcement.create({
    data: {
      ...toColumns(record),
      id: own ? randomUUID() : record.id,
      tenant: record.tenant,
      round: own ? own.round + 1 : 0,
    },
  });
  return audited(tx, toRecord(row), `enforcement.${record.state}`, record.requestedBy, now);
};

const revive = async (
  tx: Transaction,
  record: EnforcementRecord,
  own: EnforcementRow | null,
  now: number,
): Promise<EnforcementRecord> => {
  if (!own) throw new Error('nothing to revive');
  const row = await tx.enforcement.update({
    where: { id: own.id },
    data: { ...toColumns(record), revision: own.revision + 1 },
  });
  return audited(tx, toRecord(row), `enforcement.${record.state}`, record.requestedBy, now);
};

const extend = async (
  tx: Transaction,
  live: EnforcementRecord,
  endsAt: number | null,
  cause: EnforcementRecord,
  now: number,
): Promise<EnforcementRecord> => {
  const row = await tx.enforcement.update({
    where: { id: live.id },
    data: { endsAt: endsAt === null ? null : toTime(endsAt), revision: live.revision + 1 },
  });
  return audited(tx, toRecord(row), 'enforcement.extend', cause.requestedBy, now);
};

const audited = async (
  tx: Transaction,
  record: EnforcementRecord,
  act: string,
  actor: string,
  now: number,
): Promise<EnforcementRecord> => {
  const { tenant } = record;
  await writeAudit(tx, now, { tenant, actor, act, subject: `enforcement:${record.id}`, detail: auditDetail(record) });
  return record;
};
