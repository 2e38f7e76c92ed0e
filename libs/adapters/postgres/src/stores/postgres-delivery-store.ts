import * as z from 'zod';
import {
  DeliveryStore,
  type DeliveryAttempt,
  type DeliveryState,
  type WebhookDelivery,
} from '@outrider/ports/notification-store';
import type { Database } from '../database.ts';
import type { Delivery as DeliveryRow, Prisma } from '../generated/client.ts';
import { pageSize, storableText, toMs, toMsOrNull, toTime, toTimeOrNull } from '../storable.ts';
import { commitDeliveries } from './commit-deliveries.ts';
import { isUuid } from './postgres-alert-store.ts';

const State = z.enum(['pending', 'delivered', 'failed', 'folded']);

/** Attempts shown of one delivery, the newest; replays by hand can add many. */
const ATTEMPTS_SHOWN = 100;

/** Webhook deliveries and the log of their attempts. */
export class PostgresDeliveryStore extends DeliveryStore {
  constructor(private readonly database: Database) {
    super();
  }

  async find(id: string): Promise<WebhookDelivery | undefined> {
    if (!isUuid(id)) return undefined;
    const row = await this.database.read((client) => client.delivery.findUnique({ where: { id } }));
    return row ? toDelivery(row) : undefined;
  }

  async list(query: Parameters<DeliveryStore['list']>[0]): Promise<readonly WebhookDelivery[]> {
    if (query.webhookId !== undefined && !isUuid(query.webhookId)) return [];
    const rows = await this.database.read((client) =>
      client.delivery.findMany({
        where: whereOf(query),
        orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
        take: pageSize(query.limit),
      }),
    );
    return rows.map(toDelivery);
  }

  /** Oldest first. */
  async attempts(id: string): Promise<readonly DeliveryAttempt[]> {
    if (!isUuid(id)) return [];
    const rows = await this.database.read((client) =>
      client.deliveryAttempt.findMany({ where: { deliveryId: id }, orderBy: { id: 'desc' }, take: ATTEMPTS_SHOWN }),
    );
    return rows.reverse().map(({ at, status, error, durationMs }) => ({ at: toMs(at), status, error, durationMs }));
  }

  async create(delivery: Parameters<DeliveryStore['create']>[0]): Promise<boolean> {
    const { tenant, createdAt } = delivery;
    const created = await this.database.transaction((tx) => commitDeliveries(tx, tenant, [delivery], createdAt));
    return created.length > 0;
  }

  async claim(id: string, now: number, untilMs: number): Promise<WebhookDelivery | undefined> {
    if (!isUuid(id)) return undefined;
    const due = { OR: [{ nextAttemptAt: null }, { nextAttemptAt: { lte: toTime(now) } }] };
    const [row] = await this.database.read((client) =>
      client.delivery.updateManyAndReturn({
        where: { id, state: 'pending', ...due },
        data: { nextAttemptAt: toTime(untilMs) },
      }),
    );
    return row && toDelivery(row);
  }

  async record(
    id: string,
    attempt: DeliveryAttempt,
    next: { readonly state: DeliveryState; readonly nextAttemptAt: number | null },
  ): Promise<void> {
    const { at, status, durationMs } = attempt;
    const error = attempt.error === null ? null : storableText(attempt.error);
    await this.database.transaction(async (tx) => {
      const { count } = await tx.delivery.updateMany({
        where: { id, state: 'pending' },
        data: {
          state: next.state,
          nextAttemptAt: toTimeOrNull(next.nextAttemptAt),
          attempts: { increment: 1 },
          deliveredAt: next.state === 'delivered' ? toTime(at) : null,
          lastStatus: status,
          lastError: error,
        },
      });
      // its webhook was removed meanwhile, and it with it; or another process has delivered it
      if (count === 0 && !(await tx.delivery.findUnique({ where: { id }, select: { id: true } }))) return;
      const durationRounded = Math.round(durationMs);
      await tx.deliveryAttempt.create({
        data: { deliveryId: id, at: toTime(at), status, error, durationMs: durationRounded },
      });
    });
  }

  async reset(tenant: string, id: string, now: number): Promise<boolean> {
    if (!isUuid(id)) return false;
    const fresh = {
      state: 'pending',
      attempts: 0,
      nextAttemptAt: toTime(now),
      deliveredAt: null,
      lastStatus: null,
      lastError: null,
    };
    const { count } = await this.database.read((client) =>
      client.delivery.updateMany({ where: { id, tenant }, data: fresh }),
    );
    return count > 0;
  }

  async pending(): Promise<readonly { readonly id: string; readonly nextAttemptAt: number | null }[]> {
    const rows = await this.database.read((client) =>
      client.delivery.findMany({ where: { state: 'pending' }, select: { id: true, nextAttemptAt: true } }),
    );
    return rows.map((row) => ({ id: row.id, nextAttemptAt: toMsOrNull(row.nextAttemptAt) }));
  }
}

const whereOf = (query: Parameters<DeliveryStore['list']>[0]): Prisma.DeliveryWhereInput => {
  const { tenant, webhookId, state, after } = query;
  const conditions: Prisma.DeliveryWhereInput[] = [];
  if (webhookId !== undefined) conditions.push({ webhookId });
  if (state !== undefined) conditions.push({ state });
  if (after) {
    const at = toTime(after.createdAt);
    conditions.push({ createdAt: { lte: at }, OR: [{ createdAt: { lt: at } }, { id: { lt: after.id } }] });
  }
  return { tenant, AND: conditions };
};

const toDelivery = (row: DeliveryRow): WebhookDelivery => ({
  id: row.id,
  tenant: row.tenant,
  webhookId: row.webhookId,
  event: row.event,
  payload: row.payload,
  state: State.parse(row.state),
  attempts: row.attempts,
  createdAt: toMs(row.createdAt),
  nextAttemptAt: toMsOrNull(row.nextAttemptAt),
  deliveredAt: toMsOrNull(row.deliveredAt),
  lastStatus: row.lastStatus,
  lastError: row.lastError,
});
