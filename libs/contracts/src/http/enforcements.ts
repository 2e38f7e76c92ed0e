import * as z from 'zod';
import { Enforcement, EnforcementState } from '@outrider/domain/response/enforcement';
import { KongAction } from '@outrider/domain/response/policy';
import { EntityKind } from '@outrider/domain/traffic/entity';
import { Slug } from '@outrider/domain/gateway/gateway-settings';
import { IdText, listOf, pageOf, paging, range, UuidText } from './paging.ts';

export const EnforcementListQuery = z
  .strictObject({
    state: listOf(EnforcementState).optional(),
    entityKind: EntityKind.optional(),
    entityId: IdText.optional(),
    alertId: UuidText.optional(),
    ...range,
    ...paging,
  })
  .refine((q) => (q.entityKind === undefined) === (q.entityId === undefined), {
    path: ['entityId'],
    message: 'entityKind and entityId go together',
  });
export type EnforcementListQuery = Readonly<z.infer<typeof EnforcementListQuery>>;

export const EnforcementPage = pageOf(Enforcement, 'EnforcementPage');

/** By hand. A consumer may be named by id, user name or custom id. */
export const EnforcementBody = z
  .strictObject({
    action: KongAction,
    entity: z.strictObject({ kind: z.enum(['consumer', 'ip']), id: IdText }),
    gateway: Slug.optional().describe('may be absent where the tenant has one gateway'),
    reason: z.string().min(1).max(500),
  })
  .meta({ id: 'EnforcementBody' });
export type EnforcementBody = Readonly<z.infer<typeof EnforcementBody>>;
export type EnforcementBodyInput = Readonly<z.input<typeof EnforcementBody>>;

/** The same key again gives the same enforcement, not a second one. */
export const IdempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,200}$/, '1 to 200 visible ASCII characters')
  .optional();
