import * as z from 'zod';
import { pageOf, paging, UuidText } from './paging.ts';

export const WebhookView = z
  .object({
    id: z.uuid(),
    name: z.string(),
    url: z.string(),
    enabled: z.boolean(),
    disabledReason: z.string().nullable(),
    allowPrivateAddress: z.boolean(),
    events: z.array(z.string()),
    createdAt: z.number(),
    updatedAt: z.number(),
  })
  .meta({ id: 'Webhook' });

const isPlainHttpUrl = (text: string): boolean => {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return (
    (url.protocol === 'https:' || url.protocol === 'http:') &&
    url.username === '' &&
    url.password === '' &&
    url.hash === ''
  );
};

const url = z.string().max(2_048).refine(isPlainHttpUrl, 'an http or https URL without user, password and fragment');

const fields = {
  name: z.string().min(1).max(120),
  url,
  allowPrivateAddress: z.boolean().describe('lets deliveries go to private and loopback addresses'),
  events: z
    .array(z.string().regex(/^(?:\*|[a-z]+\.(?:\*|[a-z-]+))$/, 'such as alert.opened, enforcement.*, *'))
    .max(50)
    .describe('what it receives beside what policies send it'),
};

export const WebhookBody = z
  .strictObject({
    ...fields,
    allowPrivateAddress: fields.allowPrivateAddress.default(false),
    events: fields.events.default([]),
  })
  .meta({ id: 'WebhookBody' });
export const WebhookChange = z
  .strictObject({ ...fields, enabled: z.boolean() })
  .partial()
  .refine((change) => Object.keys(change).length > 0, 'nothing to change')
  .meta({ id: 'WebhookChange' });
export type WebhookBody = Readonly<z.infer<typeof WebhookBody>>;
export type WebhookChange = Readonly<z.infer<typeof WebhookChange>>;

export const WebhookListQuery = z.strictObject({ ...paging });
export type WebhookListQuery = Readonly<z.infer<typeof WebhookListQuery>>;
export const WebhookPage = pageOf(WebhookView, 'WebhookPage');

/** The signing secret (`whsec_…`) is in this answer and nowhere else. */
export const WebhookCreated = z.object({ webhook: WebhookView, secret: z.string() }).meta({ id: 'WebhookCreated' });

export const RotateBody = z
  .strictObject({
    overlapSeconds: z
      .number()
      .int()
      .min(0)
      .max(7 * 86_400)
      .default(86_400)
      .describe('how long the old secret goes on signing beside the new one'),
  })
  .meta({ id: 'RotateBody' });
export const RotatedSecret = z.object({ secret: z.string() }).meta({ id: 'RotatedSecret' });

export const DeliveryStateText = z.enum(['pending', 'delivered', 'failed', 'folded']);

export const DeliveryView = z
  .object({
    id: z.uuid(),
    webhookId: z.uuid(),
    event: z.string(),
    payload: z.string().describe('the body as it is sent'),
    state: DeliveryStateText,
    attempts: z.number().int(),
    createdAt: z.number(),
    nextAttemptAt: z.number().nullable(),
    deliveredAt: z.number().nullable(),
    lastStatus: z.number().int().nullable(),
    lastError: z.string().nullable(),
  })
  .meta({ id: 'WebhookDelivery' });

export const DeliveryListQuery = z.strictObject({
  webhookId: UuidText.optional(),
  state: DeliveryStateText.optional(),
  ...paging,
});
export type DeliveryListQuery = Readonly<z.infer<typeof DeliveryListQuery>>;
export const DeliveryPage = pageOf(DeliveryView, 'WebhookDeliveryPage');

export const DeliveryDetail = z
  .object({
    delivery: DeliveryView,
    attempts: z.array(
      z.object({ at: z.number(), status: z.number().nullable(), error: z.string().nullable(), durationMs: z.number() }),
    ),
  })
  .meta({ id: 'WebhookDeliveryDetail' });

export const DeliveryStarted = z.object({ deliveryId: z.uuid() }).meta({ id: 'WebhookDeliveryStarted' });
