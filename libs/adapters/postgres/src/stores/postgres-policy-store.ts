import { randomUUID } from 'node:crypto';
import { DEFAULT_GUARD_RAILS, NeverBlockEntry, type GuardRails } from '@outrider/domain/response/guard-rails';
import { Policy, type PolicyDraft } from '@outrider/domain/response/policy';
import { parseCidr } from '@outrider/domain/traffic/ip-address';
import { CallerError } from '@outrider/platform/errors';
import { PolicyStore } from '@outrider/ports/response-store';
import { lockTenant, type Database, type Transaction } from '../database.ts';
import type { Policy as PolicyRow } from '../generated/client.ts';
import { storableJson, storableText, toMs, toTime } from '../storable.ts';
import { changeAudited } from './audit-trail.ts';
import { CAP_LOCK } from './commit-enforcement.ts';
import { isUuid } from './postgres-alert-store.ts';

/** Policies and guard rails; every change with its audit row in the same transaction. */
export class PostgresPolicyStore extends PolicyStore {
  constructor(private readonly database: Database) {
    super();
  }

  async list(tenant: string): Promise<readonly Policy[]> {
    const rows = await this.database.read((client) =>
      client.policy.findMany({ where: { tenant }, orderBy: [{ order: 'asc' }, { createdAt: 'asc' }, { id: 'asc' }] }),
    );
    return rows.map(toPolicy);
  }

  async find(tenant: string, id: string): Promise<Policy | undefined> {
    if (!isUuid(id)) return undefined;
    const row = await this.database.read((client) => client.policy.findFirst({ where: { id, tenant } }));
    return row ? toPolicy(row) : undefined;
  }

  create(tenant: string, draft: PolicyDraft, actor: string): Promise<Policy> {
    const now = toTime(this.database.clock.now());
    return changeAudited(this.database, { tenant, actor, act: 'policy.create' }, async (tx) => {
      const row = await tx.policy.create({
        data: { id: randomUUID(), tenant, createdAt: now, updatedAt: now, ...columns(draft) },
      });
      return { result: toPolicy(row), subject: `policy:${row.id}`, detail: draft };
    });
  }

  async update(tenant: string, id: string, draft: PolicyDraft, actor: string): Promise<Policy | undefined> {
    if (!isUuid(id)) return undefined;
    const updatedAt = toTime(this.database.clock.now());
    return changeAudited(this.database, { tenant, actor, act: 'policy.update' }, async (tx) => {
      const [row] = await tx.policy.updateManyAndReturn({
        where: { id, tenant },
        data: { ...columns(draft), updatedAt },
      });
      return row && { result: toPolicy(row), subject: `policy:${id}`, detail: draft };
    });
  }

  async remove(tenant: string, id: string, actor: string): Promise<boolean> {
    if (!isUuid(id)) return false;
    const removed = await changeAudited(this.database, { tenant, actor, act: 'policy.remove' }, async (tx) => {
      const row = await tx.policy.findFirst({ where: { id, tenant } });
      if (!row || (await tx.policy.deleteMany({ where: { id, tenant } })).count === 0) return undefined;
      return { result: true, subject: `policy:${id}`, detail: toPolicy(row) };
    });
    return removed ?? false;
  }

  guardRails(tenant: string): Promise<GuardRails> {
    return this.database.read(async (client) => (await readRails(client, tenant)).rails);
  }

  setGuardRails(tenant: string, change: Partial<Omit<GuardRails, 'neverBlock'>>, actor: string): Promise<GuardRails> {
    const { neverBlock: _, ...defaults } = DEFAULT_GUARD_RAILS;
    const updatedAt = toTime(this.database.clock.now());
    return changeAudited(this.database, { tenant, actor, act: 'guard-rails.set' }, async (tx) => {
      // what begins after this was committed has seen it
      await lockTenant(tx, CAP_LOCK, tenant);
      await tx.guardRails.upsert({
        where: { tenant },
        create: { tenant, ...defaults, ...change, updatedAt },
        update: { ...change, updatedAt },
      });
      const { rails } = await readRails(tx, tenant);
      return { result: rails, subject: `guard-rails:${tenant}`, detail: change };
    });
  }

  async addNeverBlock(tenant: string, entry: Omit<NeverBlockEntry, 'id'>, actor: string): Promise<NeverBlockEntry> {
    if (entry.kind === 'address' && !parseCidr(entry.value))
      throw new CallerError(`${JSON.stringify(entry.value)} is no address and no CIDR`, 'invalid-address', 422);
    const row = {
      id: randomUUID(),
      kind: entry.kind,
      value: storableText(entry.value),
      reason: storableText(entry.reason),
    };
    return changeAudited(this.database, { tenant, actor, act: 'never-block.add' }, async (tx) => {
      await lockTenant(tx, CAP_LOCK, tenant);
      await tx.neverBlockEntry.create({ data: { ...row, tenant, createdAt: toTime(this.database.clock.now()) } });
      return { result: row, subject: `never-block:${row.id}`, detail: row };
    });
  }

  async removeNeverBlock(tenant: string, id: string, actor: string): Promise<boolean> {
    if (!isUuid(id)) return false;
    const removed = await changeAudited(this.database, { tenant, actor, act: 'never-block.remove' }, async (tx) => {
      const row = await tx.neverBlockEntry.findFirst({ where: { id, tenant } });
      if (!row || (await tx.neverBlockEntry.deleteMany({ where: { id, tenant } })).count === 0) return undefined;
      return {
        result: true,
        subject: `never-block:${id}`,
        detail: { kind: row.kind, value: row.value, reason: row.reason },
      };
    });
    return removed ?? false;
  }
}

const columns = (draft: PolicyDraft) => ({
  name: storableText(draft.name),
  description: storableText(draft.description),
  order: draft.order,
  enabled: draft.enabled,
  simulate: draft.simulate,
  match: storableJson(draft.match),
  actions: storableJson(draft.actions),
});

const toPolicy = (row: PolicyRow): Policy =>
  Policy.parse({ ...row, createdAt: toMs(row.createdAt), updatedAt: toMs(row.updatedAt) });

/** `stored`: whether the tenant has set any of them. */
export const readRails = async (
  client: Transaction,
  tenant: string,
): Promise<{ readonly rails: GuardRails; readonly stored: boolean }> => {
  const row = await client.guardRails.findUnique({ where: { tenant } });
  const entries = await client.neverBlockEntry.findMany({
    where: { tenant },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  });
  const { killSwitch, simulateAll, capPerHour, neverBlockPrivate } = row ?? DEFAULT_GUARD_RAILS;
  const neverBlock = entries.map((entry) => NeverBlockEntry.parse(entry));
  return { rails: { killSwitch, simulateAll, capPerHour, neverBlockPrivate, neverBlock }, stored: row !== null };
};
