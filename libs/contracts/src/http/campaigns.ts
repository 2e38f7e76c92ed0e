import * as z from 'zod';
import { Alert, AlertState, AlertType, Severity } from '@outrider/domain/detection/alert';
import { Campaign } from '@outrider/domain/detection/campaign-summary';
import { EntityKind } from '@outrider/domain/traffic/entity';
import { IdText, listOf, pageOf, paging, range } from './paging.ts';

export const CampaignListQuery = z
  .strictObject({
    state: listOf(AlertState).optional(),
    type: listOf(AlertType).optional().describe('campaigns that have an alert of one of these types'),
    severity: Severity.optional().describe('campaigns that have an alert of this severity or worse'),
    entityKind: EntityKind.optional(),
    entityId: IdText.optional(),
    ...range,
    ...paging,
  })
  .refine((q) => (q.entityKind === undefined) === (q.entityId === undefined), {
    path: ['entityId'],
    message: 'entityKind and entityId go together',
  });
export type CampaignListQuery = Readonly<z.infer<typeof CampaignListQuery>>;

export const CampaignPage = pageOf(Campaign, 'CampaignPage');

export const CampaignDetail = z
  .object({
    campaign: Campaign,
    alerts: z.array(Alert).describe('in the order of what they saw; the 200 gravest when there are more'),
  })
  .meta({ id: 'CampaignDetail' });
export type CampaignDetail = Readonly<z.infer<typeof CampaignDetail>>;
