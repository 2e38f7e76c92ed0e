import type { NewDelivery } from '@outrider/ports/response-store';
import type { Transaction } from '../database.ts';
import { storableText, toTime } from '../storable.ts';

/** Creates the deliveries that nothing stands against, in order, and answers them. One to a webhook that is gone is left out. */
export const commitDeliveries = async (
  tx: Transaction,
  tenant: string,
  deliveries: readonly NewDelivery[],
  now: number,
): Promise<readonly NewDelivery[]> => {
  if (deliveries.length === 0) return [];
  const webhooks = await existingWebhooks(tx, tenant, deliveries);
  const told = await existingKeys(tx, tenant, deliveries);
  const created: NewDelivery[] = [];
  for (const delivery of deliveries) {
    if (!webhooks.has(delivery.webhookId) || keysOf(delivery).some((key) => told.has(key))) continue;
    const { count } = await tx.delivery.createMany({ data: [toRow(tenant, delivery, now)], skipDuplicates: true });
    told.add(delivery.dedupKey);
    if (count > 0) created.push(delivery);
  }
  return created;
};

export const toRow = (tenant: string, delivery: NewDelivery, createdAt: number) => ({
  id: delivery.id,
  tenant,
  webhookId: delivery.webhookId,
  dedupKey: delivery.dedupKey,
  event: delivery.event,
  payload: storableText(delivery.payload),
  createdAt: toTime(createdAt),
  nextAttemptAt: toTime(createdAt),
  state: 'pending',
  attempts: 0,
});

const keysOf = (delivery: NewDelivery): string[] => [delivery.dedupKey, ...(delivery.unlessAny ?? [])];

/** Locked against removal until the transaction ends. */
const existingWebhooks = async (
  tx: Transaction,
  tenant: string,
  deliveries: readonly NewDelivery[],
): Promise<Set<string>> => {
  const ids = [...new Set(deliveries.map((delivery) => delivery.webhookId))];
  const rows = await tx.$queryRaw<{ id: string }[]>`
    select id::text as id from webhooks where tenant = ${tenant} and id = any(${ids}::uuid[]) for key share`;
  return new Set(rows.map((row) => row.id));
};

const existingKeys = async (
  tx: Transaction,
  tenant: string,
  deliveries: readonly NewDelivery[],
): Promise<Set<string>> => {
  const keys = [...new Set(deliveries.flatMap(keysOf))];
  const rows = await tx.delivery.findMany({ where: { tenant, dedupKey: { in: keys } }, select: { dedupKey: true } });
  return new Set(rows.map((row) => row.dedupKey));
};
