import * as z from 'zod';
import { Alert, AlertState, AlertType, Severity } from '@outrider/domain/detection/alert';
import { EntityKind } from '@outrider/domain/traffic/entity';
import { IdText, listOf, pageOf, paging, range, UuidText } from './paging.ts';

export const AlertListQuery = z
  .strictObject({
    state: listOf(AlertState).optional(),
    type: listOf(AlertType).optional(),
    severity: Severity.optional().describe('this severity or worse'),
    entityKind: EntityKind.optional(),
    entityId: IdText.optional(),
    campaign: UuidText.optional().describe('alerts of this campaign'),
    ...range,
    ...paging,
  })
  .refine((q) => (q.entityKind === undefined) === (q.entityId === undefined), {
    path: ['entityId'],
    message: 'entityKind and entityId go together',
  });
export type AlertListQuery = Readonly<z.infer<typeof AlertListQuery>>;

export const AlertPage = pageOf(Alert, 'AlertPage');
