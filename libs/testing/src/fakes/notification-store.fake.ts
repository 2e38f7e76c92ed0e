import { randomBytes, randomUUID } from 'node:crypto';
import {
  DeliveryStore,
  WebhookStore,
  type DeliveryAttempt,
  type DeliveryState,
  type SigningSecret,
  type Webhook,
  type WebhookDelivery,
} from '@outrider/ports/notification-store';
import type { DeliveryFold, NewDelivery } from '@outrider/ports/response-store';

type Draft = Pick<Webhook, 'name' | 'url' | 'allowPrivateAddress' | 'events'>;

/** WebhookStore in memory, for unit tests of flow logic. Secrets are kept unsealed. */
export class FakeWebhookStore extends WebhookStore {
  readonly webhooks = new Map<string, Webhook>();
  readonly signing = new Map<string, SigningSecret[]>();
  now = 1_767_225_600_000;

  async list(tenant: string): Promise<readonly Webhook[]> {
    return [...this.webhooks.values()].filter((webhook) => webhook.tenant === tenant);
  }

  async find(tenant: string, id: string): Promise<Webhook | undefined> {
    const webhook = this.webhooks.get(id);
    return webhook?.tenant === tenant ? webhook : undefined;
  }

  async create(tenant: string, draft: Draft, _actor: string): Promise<{ webhook: Webhook; secret: string }> {
    const times = { createdAt: this.now, updatedAt: this.now };
    const webhook: Webhook = { ...draft, id: randomUUID(), tenant, enabled: true, disabledReason: null, ...times };
    this.webhooks.set(webhook.id, webhook);
    return { webhook, secret: this.#newSecret(webhook.id, []) };
  }

  async update(
    tenant: string,
    id: string,
    change: Partial<Draft & Pick<Webhook, 'enabled'>>,
    _actor: string,
  ): Promise<Webhook | undefined> {
    const stored = await this.find(tenant, id);
    if (!stored) return undefined;
    const reason = change.enabled === true ? { disabledReason: null } : {};
    const webhook = { ...stored, ...change, ...reason, updatedAt: this.now };
    this.webhooks.set(id, webhook);
    return webhook;
  }

  async remove(tenant: string, id: string, _actor: string): Promise<boolean> {
    return (await this.find(tenant, id)) !== undefined && this.webhooks.delete(id);
  }

  async rotate(tenant: string, id: string, overlapMs: number, _actor: string): Promise<{ secret: string } | undefined> {
    if (!(await this.find(tenant, id))) return undefined;
    const old = (this.signing.get(id) ?? []).map((s) => ({ ...s, endsAt: s.endsAt ?? this.now + overlapMs }));
    return { secret: this.#newSecret(id, old) };
  }

  async secrets(tenant: string, id: string): Promise<readonly SigningSecret[]> {
    if (!(await this.find(tenant, id))) return [];
    return (this.signing.get(id) ?? []).filter((s) => s.endsAt === null || s.endsAt > this.now);
  }

  async disable(tenant: string, id: string, reason: string): Promise<void> {
    const stored = await this.find(tenant, id);
    if (stored) this.webhooks.set(id, { ...stored, enabled: false, disabledReason: reason, updatedAt: this.now });
  }

  #newSecret(id: string, old: SigningSecret[]): string {
    const secret = randomBytes(32);
    this.signing.set(id, [{ secret, endsAt: null }, ...old]);
    return `whsec_${secret.toString('base64')}`;
  }
}

/** DeliveryStore in memory, for unit tests of flow logic. */
export class FakeDeliveryStore extends DeliveryStore {
  readonly deliveries = new Map<string, WebhookDelivery>();
  readonly dedupKeys = new Set<string>();
  readonly attemptsOf = new Map<string, DeliveryAttempt[]>();
  /** Of deliveries that are folded by campaign. */
  readonly notices = new Map<string, DeliveryFold>();

  async find(id: string): Promise<WebhookDelivery | undefined> {
    return this.deliveries.get(id);
  }

  async list(query: Parameters<DeliveryStore['list']>[0]): Promise<readonly WebhookDelivery[]> {
    return [...this.deliveries.values()]
      .filter((d) => d.tenant === query.tenant && (!query.webhookId || d.webhookId === query.webhookId))
      .filter((d) => !query.state || d.state === query.state)
      .sort(newestFirst)
      .filter((d) => !query.after || newestFirst(d, query.after) > 0)
      .slice(0, query.limit);
  }

  async attempts(id: string): Promise<readonly DeliveryAttempt[]> {
    return this.attemptsOf.get(id) ?? [];
  }

  async create(delivery: Parameters<DeliveryStore['create']>[0]): Promise<boolean> {
    return this.add(delivery);
  }

  /** As `create`, at once. */
  add(delivery: Parameters<DeliveryStore['create']>[0], state: 'pending' | 'folded' = 'pending'): boolean {
    if (this.dedupKeys.has(delivery.dedupKey)) return false;
    this.dedupKeys.add(delivery.dedupKey);
    this.deliveries.set(delivery.id, {
      id: delivery.id,
      tenant: delivery.tenant,
      webhookId: delivery.webhookId,
      event: delivery.event,
      payload: delivery.payload,
      createdAt: delivery.createdAt,
      ...FRESH,
      state,
      nextAttemptAt: state === 'pending' ? delivery.createdAt : null,
    });
    return true;
  }

  /** As a commit folds notices of one campaign. */
  addNotice(tenant: string, delivery: NewDelivery, now: number): NewDelivery | undefined {
    const { fold } = delivery;
    const told = [...this.notices].filter(
      ([id, notice]) =>
        notice.campaignId === fold?.campaignId &&
        this.deliveries.get(id)?.webhookId === delivery.webhookId &&
        this.deliveries.get(id)?.state !== 'folded' &&
        (this.deliveries.get(id)?.createdAt ?? 0) > fold.since,
    );
    const isUpdate = (id: string): boolean => this.deliveries.get(id)?.event === fold?.update.event;
    const paged = fold && told.some(([id, notice]) => !isUpdate(id) && notice.severityRank >= fold.severityRank);
    const folded = paged && told.some(([id]) => isUpdate(id));
    const sent = paged && !folded ? { ...delivery, ...fold.update } : delivery;
    if (!this.add({ ...sent, tenant, createdAt: now }, folded ? 'folded' : 'pending')) return undefined;
    if (fold) this.notices.set(delivery.id, fold);
    return folded ? undefined : sent;
  }

  async claim(id: string, now: number, untilMs: number): Promise<WebhookDelivery | undefined> {
    const stored = this.deliveries.get(id);
    if (stored?.state !== 'pending' || (stored.nextAttemptAt ?? now) > now) return undefined;
    const claimed = { ...stored, nextAttemptAt: untilMs };
    this.deliveries.set(id, claimed);
    return claimed;
  }

  async record(
    id: string,
    attempt: DeliveryAttempt,
    next: { readonly state: DeliveryState; readonly nextAttemptAt: number | null },
  ): Promise<void> {
    const stored = this.deliveries.get(id);
    if (!stored) return;
    this.attemptsOf.set(id, [...(this.attemptsOf.get(id) ?? []), attempt]);
    if (stored.state !== 'pending') return;
    this.deliveries.set(id, {
      ...stored,
      ...next,
      attempts: stored.attempts + 1,
      deliveredAt: next.state === 'delivered' ? attempt.at : null,
      lastStatus: attempt.status,
      lastError: attempt.error,
    });
  }

  async reset(tenant: string, id: string, now: number): Promise<boolean> {
    const stored = this.deliveries.get(id);
    if (stored?.tenant !== tenant) return false;
    this.deliveries.set(id, { ...stored, ...FRESH, nextAttemptAt: now });
    return true;
  }

  async pending(): Promise<readonly { readonly id: string; readonly nextAttemptAt: number | null }[]> {
    return [...this.deliveries.values()].filter((d) => d.state === 'pending');
  }
}

const FRESH = {
  state: 'pending',
  attempts: 0,
  nextAttemptAt: null,
  deliveredAt: null,
  lastStatus: null,
  lastError: null,
} as const;

const newestFirst = (a: { createdAt: number; id: string }, b: { createdAt: number; id: string }): number =>
  b.createdAt - a.createdAt || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
