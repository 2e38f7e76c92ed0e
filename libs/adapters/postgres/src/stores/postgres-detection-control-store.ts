import { randomUUID } from 'node:crypto';
import type { AlertType } from '@outrider/domain/detection/alert';
import {
  DetectionException,
  DetectorOverride,
  type AllControls,
  type ControlScope,
  type DetectionExceptionDraft,
  type DetectorOverrideDraft,
} from '@outrider/domain/detection/detection-control';
import { ConflictError } from '@outrider/platform/errors';
import { DetectionControlStore } from '@outrider/ports/detection-control-store';
import type { Database } from '../database.ts';
import type { DetectionException as ExceptionRow, DetectorOverride as OverrideRow } from '../generated/client.ts';
import { pageSize, storableJson, storableText, toMs, toTime } from '../storable.ts';
import { changeAudited } from './audit-trail.ts';
import { isUuid } from './postgres-alert-store.ts';

const MAX_OVERRIDES = 1_000;
const MAX_LIVE_EXCEPTIONS = 1_000;
const MAX_EXCEPTIONS = 10_000;
const MAX_ALL = 100_000;
/** Detection goes by event time, which may be behind. */
const ENDED_KEPT_MS = 86_400_000;

/** Overrides of detectors and exceptions; every change with its audit row in the same transaction. */
export class PostgresDetectionControlStore extends DetectionControlStore {
  constructor(private readonly database: Database) {
    super();
  }

  async overrides(tenant: string): Promise<readonly DetectorOverride[]> {
    const rows = await this.database.read((client) =>
      client.detectorOverride.findMany({
        where: { tenant },
        orderBy: [{ type: 'asc' }, { service: 'asc' }, { route: 'asc' }],
        take: MAX_OVERRIDES,
      }),
    );
    return rows.map(toOverride);
  }

  putOverride(tenant: string, draft: DetectorOverrideDraft, actor: string): Promise<DetectorOverride> {
    const key = { tenant, type: draft.type, ...storableScope(draft) };
    const values = {
      state: draft.state,
      settings: storableJson(draft.settings),
      reason: storableText(draft.reason),
      updatedBy: storableText(actor),
      updatedAt: toTime(this.database.clock.now()),
    };
    return changeAudited(this.database, { tenant, actor, act: 'detector.override' }, async (tx) => {
      const unique = { tenant_type_service_route: key };
      const before = await tx.detectorOverride.findUnique({ where: unique });
      if (!before && (await tx.detectorOverride.count({ where: { tenant } })) >= MAX_OVERRIDES)
        throw new ConflictError(`there may be at most ${MAX_OVERRIDES} overrides`);
      const row = await tx.detectorOverride.upsert({
        where: unique,
        create: { id: randomUUID(), ...key, ...values },
        update: values,
      });
      return {
        result: toOverride(row),
        subject: `detector:${row.type}`,
        detail: { after: draft, before: before && toOverride(before) },
      };
    });
  }

  async removeOverride(tenant: string, type: AlertType, scope: ControlScope, actor: string): Promise<boolean> {
    const where = { tenant, type, ...storableScope(scope) };
    const removed = await changeAudited(this.database, { tenant, actor, act: 'detector.restore' }, async (tx) => {
      const row = await tx.detectorOverride.findFirst({ where });
      if (!row || (await tx.detectorOverride.deleteMany({ where: { ...where, id: row.id } })).count === 0)
        return undefined;
      return { result: true, subject: `detector:${type}`, detail: toOverride(row) };
    });
    return removed ?? false;
  }

  async exceptions(query: Parameters<DetectionControlStore['exceptions']>[0]): Promise<readonly DetectionException[]> {
    const { tenant, after, endingAfter } = query;
    const before = after && {
      createdAt: { lte: toTime(after.createdAt) },
      OR: [{ createdAt: { lt: toTime(after.createdAt) } }, { id: { lt: after.id } }],
    };
    const ends = endingAfter === undefined ? {} : { until: { gt: toTime(endingAfter) } };
    const rows = await this.database.read((client) =>
      client.detectionException.findMany({
        where: { tenant, ...ends, ...before },
        orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
        take: pageSize(query.limit),
      }),
    );
    return rows.map(toException);
  }

  async exception(tenant: string, id: string): Promise<DetectionException | undefined> {
    if (!isUuid(id)) return undefined;
    const row = await this.database.read((client) => client.detectionException.findFirst({ where: { tenant, id } }));
    return row ? toException(row) : undefined;
  }

  addException(tenant: string, draft: DetectionExceptionDraft, actor: string): Promise<DetectionException> {
    const now = toTime(this.database.clock.now());
    const data = {
      id: randomUUID(),
      tenant,
      ...columns(draft),
      createdBy: storableText(actor),
      createdAt: now,
      updatedAt: now,
    };
    return changeAudited(this.database, { tenant, actor, act: 'exception.create' }, async (tx) => {
      const live = await tx.detectionException.count({ where: { tenant, until: { gt: now } } });
      if (live >= MAX_LIVE_EXCEPTIONS)
        throw new ConflictError(`at most ${MAX_LIVE_EXCEPTIONS} exceptions may hold at once`);
      if ((await tx.detectionException.count({ where: { tenant } })) >= MAX_EXCEPTIONS)
        throw new ConflictError(`there may be at most ${MAX_EXCEPTIONS} exceptions: remove some that have ended`);
      const row = await tx.detectionException.create({ data });
      return { result: toException(row), subject: `exception:${row.id}`, detail: draft };
    });
  }

  async replaceException(
    tenant: string,
    id: string,
    draft: DetectionExceptionDraft,
    actor: string,
  ): Promise<DetectionException | undefined> {
    if (!isUuid(id)) return undefined;
    return changeAudited(this.database, { tenant, actor, act: 'exception.update' }, async (tx) => {
      const before = await tx.detectionException.findFirst({ where: { tenant, id } });
      if (!before) return undefined;
      const row = await tx.detectionException.update({
        where: { id, tenant },
        data: { ...columns(draft), updatedAt: toTime(this.database.clock.now()) },
      });
      return {
        result: toException(row),
        subject: `exception:${id}`,
        detail: { after: draft, before: toException(before) },
      };
    });
  }

  async removeException(tenant: string, id: string, actor: string): Promise<boolean> {
    if (!isUuid(id)) return false;
    const removed = await changeAudited(this.database, { tenant, actor, act: 'exception.remove' }, async (tx) => {
      const row = await tx.detectionException.findFirst({ where: { id, tenant } });
      if (!row || (await tx.detectionException.deleteMany({ where: { id, tenant } })).count === 0) return undefined;
      return { result: true, subject: `exception:${id}`, detail: toException(row) };
    });
    return removed ?? false;
  }

  async all(now: number): Promise<AllControls> {
    const [overrides, exceptions] = await Promise.all([
      this.database.read((client) => client.detectorOverride.findMany({ take: MAX_ALL, orderBy: { id: 'asc' } })),
      this.database.read((client) =>
        client.detectionException.findMany({
          where: { until: { gt: toTime(now - ENDED_KEPT_MS) } },
          take: MAX_ALL,
          orderBy: { id: 'asc' },
        }),
      ),
    ]);
    return {
      overrides: overrides.map((row) => ({ ...toOverride(row), tenant: row.tenant })),
      exceptions: exceptions.map((row) => ({ ...toException(row), tenant: row.tenant })),
    };
  }
}

const storableScope = ({ service, route }: ControlScope) => ({
  service: storableText(service),
  route: storableText(route),
});

const columns = (draft: DetectionExceptionDraft) => ({
  types: [...draft.types],
  match: storableJson(draft.match),
  reason: storableText(draft.reason),
  until: toTime(draft.until),
});

const toOverride = (row: OverrideRow): DetectorOverride =>
  DetectorOverride.parse({ ...row, updatedAt: toMs(row.updatedAt) });

const toException = (row: ExceptionRow): DetectionException =>
  DetectionException.parse({
    ...row,
    until: toMs(row.until),
    createdAt: toMs(row.createdAt),
    updatedAt: toMs(row.updatedAt),
  });
