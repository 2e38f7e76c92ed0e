import { randomUUID } from 'node:crypto';
import { BaselineControl, type OwnedBaselineControl } from '@outrider/domain/baseline/baseline-control';
import { ConflictError } from '@outrider/platform/errors';
import { BaselineControlStore, type BaselineControlDraft } from '@outrider/ports/baseline-control-store';
import type { Database } from '../database.ts';
import type { BaselineControl as Row } from '../generated/client.ts';
import { pageSize, storableText, toMs, toMsOrNull, toTime, toTimeOrNull } from '../storable.ts';
import { changeAudited } from './audit-trail.ts';
import { isUuid } from './postgres-alert-store.ts';

const MAX_CONTROLS = 10_000;
/** About the entities of one question. */
const MAX_ABOUT = 20_000;
/** Of all tenants. */
const MAX_ALL = 100_000;

/** Resets and exclusions; every change with its audit row in the same transaction. */
export class PostgresBaselineControlStore extends BaselineControlStore {
  constructor(private readonly database: Database) {
    super();
  }

  async list(query: Parameters<BaselineControlStore['list']>[0]): Promise<readonly BaselineControl[]> {
    const { tenant, action, entity, after } = query;
    const before = after && {
      createdAt: { lte: toTime(after.createdAt) },
      OR: [{ createdAt: { lt: toTime(after.createdAt) } }, { id: { lt: after.id } }],
    };
    const of = entity && { entityKind: entity.kind, entityId: storableText(entity.id) };
    const rows = await this.database.read((client) =>
      client.baselineControl.findMany({
        where: { tenant, action, ...of, ...before },
        orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
        take: pageSize(query.limit),
      }),
    );
    return rows.map(toControl);
  }

  async about(query: Parameters<BaselineControlStore['about']>[0]): Promise<readonly BaselineControl[]> {
    const { tenant, kind, ids, since } = query;
    const rows = await this.database.read((client) =>
      client.baselineControl.findMany({
        where: {
          tenant,
          entityKind: kind,
          entityId: { in: ids.map(storableText) },
          OR: [{ action: 'reset' }, { toAt: { gte: toTime(since) } }],
        },
        orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
        take: MAX_ABOUT,
      }),
    );
    return rows.map(toControl);
  }

  async all(since: number): Promise<readonly OwnedBaselineControl[]> {
    const from = toTime(since);
    const rows = await this.database.read((client) =>
      client.baselineControl.findMany({
        where: { OR: [{ action: 'reset', fromAt: { gte: from } }, { toAt: { gte: from } }] },
        orderBy: { id: 'asc' },
        take: MAX_ALL,
      }),
    );
    return rows.map((row) => ({ ...toControl(row), tenant: row.tenant }));
  }

  add(tenant: string, draft: BaselineControlDraft, actor: string): Promise<BaselineControl> {
    const data = {
      id: randomUUID(),
      tenant,
      action: draft.action,
      entityKind: draft.kind,
      entityId: storableText(draft.entityId),
      fromAt: toTime(draft.from),
      toAt: toTimeOrNull(draft.to),
      reason: storableText(draft.reason),
      createdBy: storableText(actor),
      createdAt: toTime(this.database.clock.now()),
    };
    return changeAudited(this.database, { tenant, actor, act: `baseline-${draft.action}.create` }, async (tx) => {
      if ((await tx.baselineControl.count({ where: { tenant } })) >= MAX_CONTROLS)
        throw new ConflictError(`there may be at most ${MAX_CONTROLS} resets and exclusions`);
      const row = await tx.baselineControl.create({ data });
      return { result: toControl(row), subject: subjectOf(row), detail: draft };
    });
  }

  async remove(tenant: string, id: string, action: BaselineControl['action'], actor: string): Promise<boolean> {
    if (!isUuid(id)) return false;
    const removed = await changeAudited(
      this.database,
      { tenant, actor, act: `baseline-${action}.remove` },
      async (tx) => {
        const row = await tx.baselineControl.findFirst({ where: { id, tenant, action } });
        if (!row || (await tx.baselineControl.deleteMany({ where: { id, tenant } })).count === 0) return undefined;
        return { result: true, subject: subjectOf(row), detail: toControl(row) };
      },
    );
    return removed ?? false;
  }
}

const subjectOf = (row: Row): string => `baseline-${row.action}:${row.id}`;

const toControl = (row: Row): BaselineControl =>
  BaselineControl.parse({
    ...row,
    kind: row.entityKind,
    from: toMs(row.fromAt),
    to: toMsOrNull(row.toAt),
    createdAt: toMs(row.createdAt),
  });
