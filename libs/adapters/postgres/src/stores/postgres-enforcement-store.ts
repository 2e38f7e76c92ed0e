import type { Alert } from '@outrider/domain/detection/alert';
import { CAP_WINDOW_MS, LIVE_STATES } from '@outrider/domain/response/admission';
import { restrained, restraintOf } from '@outrider/domain/response/restraint';
import { ConflictError } from '@outrider/platform/errors';
import {
  EnforcementStore,
  type Creation,
  type EnforcementQuery,
  type EnforcementRecord,
  type Evaluation,
  type Hold,
  type NewDelivery,
  type PassedOver,
} from '@outrider/ports/response-store';
import { lockTenant, type Database, type Transaction } from '../database.ts';
import { pageSize } from '../storable.ts';
import { writeAudit } from './audit-trail.ts';
import { commitEnforcement, countBegun, CAP_LOCK } from './commit-enforcement.ts';
import { commitDeliveries } from './commit-deliveries.ts';
import { auditDetail, toColumns, toRecord, whereOf } from './enforcement-row.ts';
import { isUuid } from './postgres-alert-store.ts';
import { readRails } from './postgres-policy-store.ts';
import type { SlotHolds } from './slot-holds.ts';

/** Enforcements: the truth of what was changed in Kong and when it ends. */
export class PostgresEnforcementStore extends EnforcementStore {
  constructor(
    private readonly database: Database,
    private readonly holds: SlotHolds,
  ) {
    super();
  }

  async find(tenant: string, id: string): Promise<EnforcementRecord | undefined> {
    if (!isUuid(id)) return undefined;
    const row = await this.database.read((client) => client.enforcement.findFirst({ where: { id, tenant } }));
    return row ? toRecord(row) : undefined;
  }

  async findById(id: string): Promise<EnforcementRecord | undefined> {
    if (!isUuid(id)) return undefined;
    const row = await this.database.read((client) => client.enforcement.findUnique({ where: { id } }));
    return row ? toRecord(row) : undefined;
  }

  async list(query: EnforcementQuery): Promise<readonly EnforcementRecord[]> {
    if (query.alertId !== undefined && !isUuid(query.alertId)) return [];
    const rows = await this.database.read((client) =>
      client.enforcement.findMany({
        where: whereOf(query),
        orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
        take: pageSize(query.limit),
      }),
    );
    return rows.map(toRecord);
  }

  async live(): Promise<readonly EnforcementRecord[]> {
    const rows = await this.database.read((client) =>
      client.enforcement.findMany({ where: { state: { in: [...LIVE_STATES] } }, orderBy: [{ createdAt: 'asc' }] }),
    );
    return rows.map(toRecord);
  }

  countSince(tenant: string, since: number): Promise<number> {
    return this.database.read((client) => countBegun(client, tenant, since));
  }

  hold<T>(slot: string, task: (hold: Hold) => Promise<T>): Promise<T> {
    return this.holds.run(slot, task);
  }

  /** Evaluations of one tenant are committed one after the other, so that the cap and the uniqueness rules see what the others wrote. */
  commitEvaluation(evaluation: Evaluation, capPerHour: number): ReturnType<EnforcementStore['commitEvaluation']> {
    const { alert } = evaluation;
    return this.database.transaction(async (tx) => {
      const enforcements: EnforcementRecord[] = [];
      let deliveries: readonly NewDelivery[] = [];
      const now = this.database.clock.now();
      if (evaluation.enforcements.length + evaluation.deliveries.length > 0) {
        await lockTenant(tx, CAP_LOCK, alert.tenant);
        const { rails, stored } = await readRails(tx, alert.tenant);
        const context = { alert, capPerHour: stored ? rails.capPerHour : capPerHour, now };
        for (const candidate of evaluation.enforcements)
          enforcements.push(...(await commitEnforcement(tx, restrained(candidate, rails), context)));
        if (!rails.simulateAll) deliveries = await commitDeliveries(tx, alert.tenant, evaluation.deliveries, now);
      }
      if (evaluation.passedOver) await notePassedOver(tx, alert, evaluation.passedOver, now);
      await tx.alert.updateMany({
        where: { id: alert.id, tenant: alert.tenant, evaluatedRevision: { lt: alert.revision } },
        data: { evaluatedRevision: alert.revision },
      });
      return { enforcements, deliveries };
    });
  }

  create(record: EnforcementRecord, actor: string, guarded?: 'guarded'): Promise<Creation> {
    const { tenant } = record;
    return this.database.transaction(async (tx) => {
      // one order for all writers, so that a commit in progress is not undone by the unique index
      await lockTenant(tx, CAP_LOCK, tenant);
      const creation = guarded ? await underRails(tx, record) : ({ kind: 'created', record } as const);
      if (creation.kind === 'created') await add(tx, creation.record, actor, this.database.clock.now());
      return creation;
    });
  }

  async save(record: EnforcementRecord, audit: { readonly actor: string; readonly act: string }): Promise<void> {
    const { id, tenant } = record;
    await this.database.transaction(async (tx) => {
      const { count } = await tx.enforcement.updateMany({
        where: { id, tenant, revision: record.revision - 1 },
        data: toColumns(record),
      });
      if (count === 0) throw new ConflictError(`enforcement ${id} has changed`);
      const detail = auditDetail(record);
      await writeAudit(tx, this.database.clock.now(), { tenant, subject: `enforcement:${id}`, detail, ...audit });
    });
  }
}

/** Once an alert: with its first evaluation. */
const notePassedOver = async (tx: Transaction, alert: Alert, why: PassedOver, now: number): Promise<void> => {
  const { id, tenant, type, entity, severity } = alert;
  const first = await tx.alert.updateMany({
    where: { id, tenant, evaluatedRevision: 0 },
    data: { evaluatedRevision: 1 },
  });
  if (first.count === 0) return;
  const detail = { ...why, type, entity, severity };
  await writeAudit(tx, now, { tenant, actor: 'outrider', act: 'alert.pass-over', subject: `alert:${id}`, detail });
};

const underRails = async (tx: Transaction, record: EnforcementRecord): Promise<Creation> => {
  const { rails } = await readRails(tx, record.tenant);
  const restraint = restraintOf(record, rails);
  if (restraint?.state === 'refused') return { kind: 'refused', by: 'guard-rail', reason: restraint.reason };
  if (restraint) return { kind: 'created', record: { ...record, state: restraint.state, nextAttemptAt: null } };
  if ((await countBegun(tx, record.tenant, record.createdAt - CAP_WINDOW_MS)) < rails.capPerHour)
    return { kind: 'created', record };
  return { kind: 'refused', by: 'cap', reason: `the cap of ${rails.capPerHour} enforcements per hour is reached` };
};

const add = async (tx: Transaction, record: EnforcementRecord, actor: string, now: number): Promise<void> => {
  const { id, tenant } = record;
  await tx.enforcement.create({ data: { id, tenant, ...toColumns(record) } });
  const detail = auditDetail(record);
  await writeAudit(tx, now, { tenant, actor, act: 'enforcement.create', subject: `enforcement:${id}`, detail });
};
