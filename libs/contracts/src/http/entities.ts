import * as z from 'zod';
import { Alert } from '@outrider/domain/detection/alert';
import { Enforcement } from '@outrider/domain/response/enforcement';
import { ApiEvent } from '@outrider/domain/traffic/api-event';
import { Entity } from '@outrider/domain/traffic/entity';
import { IdText, listOf, pageOf, paging, range } from './paging.ts';

export const EntityListQuery = z.strictObject({
  name: IdText.max(128).optional().describe('part of the name'),
  ...range,
  ...paging,
});
export type EntityListQuery = Readonly<z.infer<typeof EntityListQuery>>;

export const EntityQuery = z.strictObject({ ...range });
export type EntityQuery = Readonly<z.infer<typeof EntityQuery>>;

export const EntitySummary = z
  .object({
    entity: Entity,
    requests: z.number(),
    errors: z.number(),
    refused: z.number(),
    responseBytes: z.number(),
    firstSeenAt: z.number(),
    lastSeenAt: z.number(),
  })
  .meta({ id: 'EntitySummary' });

export const EntityPage = pageOf(EntitySummary, 'EntityPage');

/** One entity: its traffic in the range (null when there was none), what is open about it and what stands against it. */
export const EntityDetail = z
  .object({
    entity: Entity,
    traffic: EntitySummary.nullable(),
    alerts: z.array(Alert).describe('not resolved, newest first, at most 50'),
    enforcements: z.array(Enforcement).describe('not ended, newest first, at most 50'),
  })
  .meta({ id: 'EntityDetail' });
export type EntityDetail = Readonly<z.infer<typeof EntityDetail>>;

export const StoredEvent = ApiEvent.meta({ id: 'ApiEvent' });

export const TimelineKind = z.enum(['events', 'alerts', 'enforcements']);
export type TimelineKind = z.infer<typeof TimelineKind>;

export const TimelineQuery = z.strictObject({
  include: listOf(TimelineKind).optional().describe('any of events, alerts, enforcements; all when absent'),
  order: z.enum(['newest', 'oldest']).default('newest'),
  ...range,
  ...paging,
});
export type TimelineQuery = Readonly<z.infer<typeof TimelineQuery>>;

const at = z
  .number()
  .describe('ms since epoch: start of the request, opening of the alert, creation of the enforcement');

export const TimelineItem = z
  .discriminatedUnion('kind', [
    z.object({ at, kind: z.literal('event'), event: StoredEvent }),
    z.object({ at, kind: z.literal('alert'), alert: Alert }),
    z.object({ at, kind: z.literal('enforcement'), enforcement: Enforcement }),
  ])
  .meta({ id: 'TimelineItem' });
export type TimelineItem = Readonly<z.infer<typeof TimelineItem>>;

export const TimelinePage = z
  .object({ entity: Entity, data: z.array(TimelineItem), next: z.string().nullable() })
  .meta({ id: 'TimelinePage' });
export type TimelinePage = Readonly<z.infer<typeof TimelinePage>>;
