import type { NewDelivery } from '@outrider/ports/response-store';
import type { Transaction } from '../database.ts';
import { storableText, toTime } from '../storable.ts';

/**
 * Creates the deliveries that nothing stands against, in order, and answers those that are to be sent: a folded one is written and not sent. One
 * to a webhook that is gone is left out.
 */
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
    const folding = await foldingOf(tx, tenant, delivery);
    const sent = folding === 'update' && delivery.fold ? { ...delivery, ...delivery.fold.update } : delivery;
    const row = { ...toRow(tenant, sent, now), ...(folding === 'fold' ? FOLDED : {}) };
    const { count } = await tx.delivery.createMany({ data: [row], skipDuplicates: true });
    told.add(delivery.dedupKey);
    if (count > 0 && folding !== 'fold') created.push(sent);
  }
  return created;
};

const FOLDED = { state: 'folded', nextAttemptAt: null };

/** What becomes of a notice: sent as it is, as the one update of its campaign, or not sent. */
const foldingOf = async (
  tx: Transaction,
  tenant: string,
  { webhookId, fold }: NewDelivery,
): Promise<'send' | 'update' | 'fold'> => {
  if (!fold) return 'send';
  const { campaignId, severityRank } = fold;
  const since = { tenant, webhookId, campaignId, state: { not: 'folded' }, createdAt: { gt: toTime(fold.since) } };
  const page = await tx.delivery.findFirst({
    where: { ...since, severityRank: { gte: severityRank }, event: { not: fold.update.event } },
    orderBy: { createdAt: 'desc' },
    select: { createdAt: true },
  });
  if (!page) return 'send';
  const update = await tx.delivery.findFirst({
    where: { ...since, event: fold.update.event },
    select: { id: true },
  });
  return update ? 'fold' : 'update';
};

const toRow = (tenant: string, delivery: NewDelivery, createdAt: number) => ({
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
  campaignId: delivery.fold?.campaignId ?? null,
  severityRank: delivery.fold?.severityRank ?? null,
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
