import * as z from 'zod';
import { Slug } from '@outrider/domain/gateway/gateway-settings';
import { AnsweredBy } from '@outrider/domain/traffic/api-event';
import { StoredEvent } from './entities.ts';
import { IdText, listOf, pageOf, paging, range } from './paging.ts';

/** `gateway:id`, as alerts list their samples. */
export const EventIdText = z
  .string()
  .max(160)
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}:[A-Za-z0-9_-]{1,64}$/, 'gateway:id');

const status = z.coerce.number().int().min(0).max(999);

export const EventListQuery = z
  .strictObject({
    gateway: Slug.optional(),
    consumer: IdText.optional().describe('id, user name or custom id'),
    credential: IdText.optional(),
    address: IdText.max(64).optional(),
    method: z
      .string()
      .regex(/^[A-Za-z-]{1,32}$/)
      .transform((method) => method.toUpperCase())
      .optional(),
    pathPrefix: z.string().min(1).max(512).optional(),
    statusFrom: status.optional(),
    statusTo: status.optional().describe('inclusive'),
    answeredBy: AnsweredBy.optional(),
    service: IdText.optional().describe('id or name'),
    route: IdText.optional().describe('id or name'),
    id: listOf(EventIdText).optional(),
    order: z.enum(['newest', 'oldest']).default('newest'),
    ...range,
    ...paging,
  })
  .refine((q) => [q.consumer, q.credential, q.address].filter((v) => v !== undefined).length <= 1, {
    path: ['consumer'],
    message: 'one of consumer, credential and address',
  });
export type EventListQuery = Readonly<z.infer<typeof EventListQuery>>;

export const EventPage = pageOf(StoredEvent, 'EventPage');

export const DeadLetterListQuery = z.strictObject({
  reason: z
    .string()
    .regex(/^[a-z0-9-]{1,64}$/)
    .optional(),
  ...range,
  ...paging,
});
export type DeadLetterListQuery = Readonly<z.infer<typeof DeadLetterListQuery>>;

/** A log entry that could not be read: redacted, with the reason. */
export const DeadLetterView = z
  .object({
    gateway: z.string(),
    id: z.string(),
    receivedAt: z.number(),
    reason: z.string(),
    detail: z.string(),
    excerpt: z.string(),
    bytes: z.number(),
    transport: z.string(),
  })
  .meta({ id: 'DeadLetter' });
export const DeadLetterPage = pageOf(DeadLetterView, 'DeadLetterPage');

export const RangeQuery = z.strictObject({ ...range });
export type RangeQuery = Readonly<z.infer<typeof RangeQuery>>;

export const ReasonCount = z.object({ reason: z.string(), count: z.number() }).meta({ id: 'ReasonCount' });
export const DeadLetterCounts = z
  .object({ data: z.array(ReasonCount), total: z.number() })
  .meta({ id: 'DeadLetterCounts' });
