import { randomBytes, randomUUID } from 'node:crypto';
import { WebhookStore, type SigningSecret, type Webhook } from '@outrider/ports/notification-store';
import type { Database, Transaction } from '../database.ts';
import type { Webhook as WebhookRow } from '../generated/client.ts';
import type { SecretSealer } from '../secret-sealer.ts';
import { storableText, toMs, toMsOrNull, toTime } from '../storable.ts';
import { changeAudited } from './audit-trail.ts';
import { isUuid } from './postgres-alert-store.ts';

type Draft = Pick<Webhook, 'name' | 'url' | 'allowPrivateAddress' | 'events'>;

const SECRET_BYTES = 32;

/** Webhooks and their signing secrets, which are sealed at rest and in no audit row. */
export class PostgresWebhookStore extends WebhookStore {
  constructor(
    private readonly database: Database,
    private readonly sealer: SecretSealer,
  ) {
    super();
  }

  async list(tenant: string): Promise<readonly Webhook[]> {
    const rows = await this.database.read((client) =>
      client.webhook.findMany({ where: { tenant }, orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] }),
    );
    return rows.map(toWebhook);
  }

  async find(tenant: string, id: string): Promise<Webhook | undefined> {
    if (!isUuid(id)) return undefined;
    const row = await this.database.read((client) => client.webhook.findFirst({ where: { id, tenant } }));
    return row ? toWebhook(row) : undefined;
  }

  create(tenant: string, draft: Draft, actor: string): Promise<{ webhook: Webhook; secret: string }> {
    const now = toTime(this.database.clock.now());
    return changeAudited(this.database, { tenant, actor, act: 'webhook.create' }, async (tx) => {
      const row = await tx.webhook.create({
        data: { id: randomUUID(), tenant, ...columns(draft), enabled: true, createdAt: now, updatedAt: now },
      });
      const secret = await this.#addSecret(tx, row.id, now);
      return { result: { webhook: toWebhook(row), secret }, subject: `webhook:${row.id}`, detail: draft };
    });
  }

  async update(
    tenant: string,
    id: string,
    change: Partial<Draft & Pick<Webhook, 'enabled'>>,
    actor: string,
  ): Promise<Webhook | undefined> {
    if (!isUuid(id)) return undefined;
    const updatedAt = toTime(this.database.clock.now());
    // switched on again by a person: our reason for switching it off is over
    const reason = change.enabled === true ? { disabledReason: null } : {};
    return changeAudited(this.database, { tenant, actor, act: 'webhook.update' }, async (tx) => {
      const rows = await tx.webhook.updateManyAndReturn({
        where: { id, tenant },
        data: { ...columns(change), ...reason, updatedAt },
      });
      return rows[0] && { result: toWebhook(rows[0]), subject: `webhook:${id}`, detail: change };
    });
  }

  async remove(tenant: string, id: string, actor: string): Promise<boolean> {
    if (!isUuid(id)) return false;
    const removed = await changeAudited(this.database, { tenant, actor, act: 'webhook.remove' }, async (tx) => {
      const row = await tx.webhook.findFirst({ where: { id, tenant } });
      if (!row || (await tx.webhook.deleteMany({ where: { id, tenant } })).count === 0) return undefined;
      return { result: true, subject: `webhook:${id}`, detail: { name: row.name, url: row.url } };
    });
    return removed ?? false;
  }

  async rotate(tenant: string, id: string, overlapMs: number, actor: string): Promise<{ secret: string } | undefined> {
    if (!isUuid(id)) return undefined;
    const now = this.database.clock.now();
    return changeAudited(this.database, { tenant, actor, act: 'webhook.rotate' }, async (tx) => {
      // the lock makes two rotations follow each other: one secret stays current
      const found = await tx.$queryRaw<unknown[]>`
        select id from webhooks where id = ${id}::uuid and tenant = ${tenant} for update`;
      if (found.length === 0) return undefined;
      await tx.webhookSecret.deleteMany({ where: { webhookId: id, endsAt: { lte: toTime(now) } } });
      await tx.webhookSecret.updateMany({
        where: { webhookId: id, endsAt: null },
        data: { endsAt: toTime(now + overlapMs) },
      });
      const secret = await this.#addSecret(tx, id, toTime(now));
      return { result: { secret }, subject: `webhook:${id}`, detail: { overlapMs } };
    });
  }

  async secrets(tenant: string, id: string): Promise<readonly SigningSecret[]> {
    if (!isUuid(id)) return [];
    const now = toTime(this.database.clock.now());
    const rows = await this.database.read((client) =>
      client.webhookSecret.findMany({
        where: { webhookId: id, webhook: { tenant }, OR: [{ endsAt: null }, { endsAt: { gt: now } }] },
        orderBy: [{ endsAt: { sort: 'desc', nulls: 'first' } }],
      }),
    );
    return rows.map((row) => ({ secret: this.sealer.open(row, row.webhookId), endsAt: toMsOrNull(row.endsAt) }));
  }

  async disable(tenant: string, id: string, reason: string): Promise<void> {
    if (!isUuid(id)) return;
    const updatedAt = toTime(this.database.clock.now());
    await changeAudited(this.database, { tenant, actor: 'outrider', act: 'webhook.disable' }, async (tx) => {
      const { count } = await tx.webhook.updateMany({
        where: { id, tenant, enabled: true },
        data: { enabled: false, disabledReason: storableText(reason), updatedAt },
      });
      return count === 0 ? undefined : { result: true, subject: `webhook:${id}`, detail: { reason } };
    });
  }

  async #addSecret(tx: Transaction, webhookId: string, createdAt: Date): Promise<string> {
    const secret = randomBytes(SECRET_BYTES);
    await tx.webhookSecret.create({
      data: { id: randomUUID(), webhookId, createdAt, ...this.sealer.seal(secret, webhookId) },
    });
    return `whsec_${secret.toString('base64')}`;
  }
}

const columns = <D extends Partial<Draft & Pick<Webhook, 'enabled'>>>(draft: D): D & { events?: string[] } => ({
  ...draft,
  ...(draft.name === undefined ? {} : { name: storableText(draft.name) }),
  ...(draft.events === undefined ? {} : { events: [...draft.events] }),
});

const toWebhook = (row: WebhookRow): Webhook => ({
  id: row.id,
  tenant: row.tenant,
  name: row.name,
  url: row.url,
  enabled: row.enabled,
  disabledReason: row.disabledReason,
  allowPrivateAddress: row.allowPrivateAddress,
  events: row.events,
  createdAt: toMs(row.createdAt),
  updatedAt: toMs(row.updatedAt),
});
