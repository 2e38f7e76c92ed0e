import { PermanentError, TransientError } from '@outrider/platform/errors';
import type { Logger } from '@outrider/platform/logger';
import type { Clock } from '@outrider/ports/clock';
import type { DeliveryStore, Webhook, WebhookDelivery, WebhookStore } from '@outrider/ports/notification-store';
import type { OutboundHttp } from '@outrider/ports/outbound-http';
import type { RespondMetrics } from '../respond-metrics.ts';
import type { DeliveryRearm } from './delivery-rearm.ts';
import { nextDelayMs } from './delivery-schedule.ts';
import { signatureOf } from './webhook-signature.ts';

export interface DelivererParts {
  readonly webhooks: WebhookStore;
  readonly deliveries: DeliveryStore;
  readonly outbound: OutboundHttp;
  readonly queue: DeliveryRearm;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: RespondMetrics;
}

const TIMEOUT_MS = 15_000;
/** An attempt whose process died is made again after this time. */
const CLAIM_MS = 20_000;
const MAX_BODY_BYTES = 256 * 1024;
const MAX_ERROR_CHARS = 500;

/** How one attempt went. `final`: it will not be tried again. */
interface Outcome {
  readonly slug:
    | 'delivered'
    | 'gone'
    | 'refused'
    | 'redirect'
    | 'busy'
    | 'status'
    | 'unreachable'
    | 'disabled'
    | 'removed'
    | 'too-large';
  readonly status: number | null;
  readonly error: string | null;
  readonly final: boolean;
  readonly retryAfterMs?: number | undefined;
}

const never = (slug: Outcome['slug'], error: string): Outcome => ({ slug, status: null, error, final: true });

/** One attempt to deliver a webhook: signed, recorded, and planned again if it failed. At least once; receivers tell repeats by webhook-id. */
export class WebhookDeliverer {
  constructor(private readonly parts: DelivererParts) {}

  async deliver(id: string): Promise<void> {
    const { clock, deliveries, queue } = this.parts;
    const now = clock.now();
    // of several processes that were given the job one makes the attempt
    const claimed = await deliveries.claim(id, now, now + CLAIM_MS);
    if (claimed) return this.#attempt(claimed);
    const delivery = await deliveries.find(id);
    // a second job of the same delivery: the first has set the time
    if (delivery?.state === 'pending' && delivery.nextAttemptAt !== null)
      await queue.enqueue(id, delivery.nextAttemptAt);
  }

  async #attempt(delivery: WebhookDelivery): Promise<void> {
    const { clock, deliveries, log, metrics, queue, webhooks } = this.parts;
    const at = clock.now();
    const webhook = await webhooks.find(delivery.tenant, delivery.webhookId);
    const outcome = webhook ? await this.#send(webhook, delivery) : never('removed', 'the webhook was removed');
    const delayMs = outcome.final ? undefined : nextDelayMs(delivery.attempts + 1, outcome.retryAfterMs, Math.random());
    const state = outcome.slug === 'delivered' ? 'delivered' : delayMs === undefined ? 'failed' : 'pending';
    const nextAttemptAt = delayMs === undefined ? null : clock.now() + delayMs;
    const attempt = { at, status: outcome.status, error: outcome.error, durationMs: Math.max(0, clock.now() - at) };
    if (webhook && outcome.slug === 'gone')
      await webhooks.disable(webhook.tenant, webhook.id, 'the receiver answered 410 Gone');
    await deliveries.record(delivery.id, attempt, { state, nextAttemptAt });
    metrics.delivered(outcome.slug);
    if (state === 'failed')
      log.warn({ delivery: delivery.id, webhook: delivery.webhookId, outcome: outcome.slug }, 'webhook not delivered');
    if (nextAttemptAt !== null) await queue.enqueue(delivery.id, nextAttemptAt);
  }

  async #send(webhook: Webhook, delivery: WebhookDelivery): Promise<Outcome> {
    if (!webhook.enabled) return never('disabled', 'the webhook is switched off');
    if (Buffer.byteLength(delivery.payload) > MAX_BODY_BYTES)
      return never('too-large', `the body is larger than ${MAX_BODY_BYTES} bytes`);
    const now = this.parts.clock.now();
    const timestamp = Math.floor(now / 1_000);
    const secrets = await this.parts.webhooks.secrets(webhook.tenant, webhook.id);
    const valid = secrets.filter(({ endsAt }) => endsAt === null || endsAt > now).map(({ secret }) => secret);
    try {
      const response = await this.parts.outbound.post({
        url: webhook.url,
        headers: {
          'content-type': 'application/json',
          'webhook-id': delivery.id,
          'webhook-timestamp': String(timestamp),
          'webhook-signature': signatureOf(valid, delivery.id, timestamp, delivery.payload),
        },
        body: delivery.payload,
        allowPrivateAddress: webhook.allowPrivateAddress,
        timeoutMs: TIMEOUT_MS,
      });
      return answered(response.status, response.retryAfterMs);
    } catch (error) {
      if (error instanceof PermanentError) return never('refused', error.message.slice(0, MAX_ERROR_CHARS));
      if (!(error instanceof TransientError)) throw error;
      return { slug: 'unreachable', status: null, error: error.message.slice(0, MAX_ERROR_CHARS), final: false };
    }
  }
}

const answered = (status: number, retryAfterMs: number | undefined): Outcome => {
  const error = `the receiver answered ${status}`;
  if (status >= 200 && status < 300) return { slug: 'delivered', status, error: null, final: true };
  if (status === 410) return { slug: 'gone', status, error, final: true };
  if (status >= 300 && status < 400)
    return { slug: 'redirect', status, error: `${error}: redirects are not followed`, final: false };
  if (status === 429 || status === 503) return { slug: 'busy', status, error, final: false, retryAfterMs };
  return { slug: 'status', status, error, final: false };
};
