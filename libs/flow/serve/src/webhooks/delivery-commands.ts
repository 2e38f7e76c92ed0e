import { randomUUID } from 'node:crypto';
import type { Jobs } from '@outrider/contracts/jobs/job-catalogue';
import type { TestNotification } from '@outrider/contracts/notifications/notification-payload';
import type { Principal } from '@outrider/domain/access/principal';
import { CallerError } from '@outrider/platform/errors';
import type { Clock } from '@outrider/ports/clock';
import type { JobQueue } from '@outrider/ports/job-queue';
import type { DeliveryStore, WebhookDelivery, WebhookStore } from '@outrider/ports/notification-store';
import { found } from '../missing.ts';

export const TEST_EVENT = 'webhook.test';

/** Deliveries that an operator asks for. */
export class DeliveryCommands {
  constructor(
    private readonly webhooks: WebhookStore,
    private readonly deliveries: DeliveryStore,
    private readonly jobs: JobQueue<Jobs>,
    private readonly clock: Clock,
  ) {}

  /** Sends a message that means nothing, to see whether the receiver takes it and its signature. */
  async test(webhookId: string, caller: Principal): Promise<{ deliveryId: string }> {
    const webhook = found(await this.webhooks.find(caller.tenant, webhookId), 'webhook');
    if (!webhook.enabled) throw new CallerError('the webhook is switched off', 'wrong-state', 409);
    const id = randomUUID();
    const createdAt = this.clock.now();
    const message: TestNotification = {
      version: 1,
      type: TEST_EVENT,
      timestamp: new Date(createdAt).toISOString(),
      tenant: caller.tenant,
      data: { webhookId, name: webhook.name, requestedBy: caller.name },
    };
    const payload = JSON.stringify(message);
    await this.deliveries.create({
      id,
      tenant: caller.tenant,
      webhookId,
      dedupKey: `test:${id}`,
      event: TEST_EVENT,
      payload,
      createdAt,
    });
    await this.#enqueue(id);
    return { deliveryId: id };
  }

  /** The same message under the same id again, with all its attempts. */
  async replay(id: string, caller: Principal): Promise<{ deliveryId: string }> {
    await this.find(id, caller);
    found((await this.deliveries.reset(caller.tenant, id, this.clock.now())) || undefined, 'delivery');
    await this.#enqueue(id);
    return { deliveryId: id };
  }

  async find(id: string, caller: Principal): Promise<WebhookDelivery> {
    const delivery = await this.deliveries.find(id);
    return found(delivery?.tenant === caller.tenant ? delivery : undefined, 'delivery');
  }

  async #enqueue(deliveryId: string): Promise<void> {
    await this.jobs.enqueue('webhook.deliver', { v: 1, deliveryId }, { jobId: `deliver-${deliveryId}`, delayMs: 0 });
  }
}
