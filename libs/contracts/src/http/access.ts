import * as z from 'zod';
import { Role } from '@outrider/domain/access/principal';
import { pageOf, paging } from './paging.ts';

export const AccessTokenView = z
  .object({
    id: z.string(),
    name: z.string(),
    role: Role,
    createdAt: z.number(),
    lastUsedAt: z.number().nullable(),
    expiresAt: z.number().nullable(),
  })
  .meta({ id: 'AccessToken' });

export const AccessTokenBody = z
  .strictObject({
    name: z
      .string()
      .min(1)
      .max(120)
      // eslint-disable-next-line no-control-regex -- control characters are what is refused
      .regex(/^[^\u0000-\u001f\u007f]+$/, 'no control characters'),
    role: Role,
    expiresAt: z.number().int().positive().nullable().default(null).describe('ms since epoch; null = no end'),
  })
  .meta({ id: 'AccessTokenBody' });
export type AccessTokenBody = Readonly<z.infer<typeof AccessTokenBody>>;

/** The token's text is in this answer and nowhere else. */
export const AccessTokenCreated = z
  .object({ token: AccessTokenView, secret: z.string() })
  .meta({ id: 'AccessTokenCreated' });
export const AccessTokenListQuery = z.strictObject({ ...paging });
export type AccessTokenListQuery = Readonly<z.infer<typeof AccessTokenListQuery>>;
export const AccessTokenPage = pageOf(AccessTokenView, 'AccessTokenPage');

export const AuditEntryView = z
  .object({
    id: z.string(),
    at: z.number(),
    actor: z.string(),
    act: z.string(),
    subject: z.string(),
    detail: z.unknown(),
  })
  .meta({ id: 'AuditEntry' });
export const AuditListQuery = z.strictObject({ ...paging });
export type AuditListQuery = Readonly<z.infer<typeof AuditListQuery>>;
export const AuditPage = pageOf(AuditEntryView, 'AuditPage');

/** Who the presented token stands for. */
export const WhoAmI = z
  .object({ tokenId: z.string(), tenant: z.string(), name: z.string(), role: Role })
  .meta({ id: 'WhoAmI' });
