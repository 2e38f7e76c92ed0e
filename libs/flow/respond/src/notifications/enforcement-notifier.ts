import { randomUUID } from 'node:crypto';
import { EnforcementNotification } from '@outrider/contracts/notifications/notification-payload';
import { Enforcement } from '@outrider/domain/response/enforcement';
import type { Clock } from '@outrider/ports/clock';
import type { DeliveryStore, WebhookStore } from '@outrider/ports/notification-store';
import type { EnforcementRecord } from '@outrider/ports/response-store';
import type { DeliveryRearm } from './delivery-rearm.ts';

/** Tells the webhooks that subscribed to it of an enforcement's new state; once for each state, however often it is called. */
export class EnforcementNotifier {
  constructor(
    private readonly webhooks: WebhookStore,
    private readonly deliveries: DeliveryStore,
    private readonly queue: DeliveryRearm,
    private readonly clock: Clock,
  ) {}

  async tell(record: EnforcementRecord): Promise<void> {
    const event = `enforcement.${record.state}` as const;
    const receivers = (await this.webhooks.list(record.tenant)).filter((w) => w.enabled && subscribes(w.events, event));
    if (receivers.length === 0) return;
    const now = this.clock.now();
    const payload = JSON.stringify(notificationOf(record, event, now));
    for (const webhook of receivers) {
      const id = randomUUID();
      const dedupKey = `enforcement:${record.id}:${webhook.id}:${record.state}:${roundOf(record)}`;
      const delivery = { id, tenant: record.tenant, webhookId: webhook.id, dedupKey, event, payload, createdAt: now };
      if (await this.deliveries.create(delivery)) await this.queue.enqueue(id, now);
    }
  }
}

/** An enforcement that was refused may begin later: its making time tells the rounds apart. */
const roundOf = (record: EnforcementRecord): number => record.createdAt;

/** `*`, `enforcement.*` or the event itself. */
export const subscribes = (events: readonly string[], event: string): boolean =>
  events.some((wanted) => wanted === '*' || wanted === event || wanted === `${event.split('.')[0]}.*`);

/** What respond alone needs stays out: the schema names what is told. */
const notificationOf = (
  record: EnforcementRecord,
  type: EnforcementNotification['type'],
  now: number,
): EnforcementNotification => ({
  version: 1,
  type,
  timestamp: new Date(now).toISOString(),
  tenant: record.tenant,
  data: { enforcement: Enforcement.parse(record) },
});
