import type { Principal, Role } from '@outrider/domain/access/principal';

export interface AccessToken {
  readonly id: string;
  readonly tenant: string;
  readonly name: string;
  readonly role: Role;
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
  readonly expiresAt: number | null;
}

/** Access tokens, SHA-256-hashed at rest (they are 256-bit random, so that a slow hash would add nothing). */
export abstract class AccessTokenStore {
  /** The principal of a presented token, or undefined when it is unknown, removed or past its end. */
  abstract authenticate(token: string, now: number): Promise<Principal | undefined>;
  abstract list(tenant: string): Promise<readonly AccessToken[]>;
  /** The token's text is in the answer and nowhere else. */
  abstract create(
    tenant: string,
    draft: { readonly name: string; readonly role: Role; readonly expiresAt: number | null },
    actor: string,
  ): Promise<{ token: AccessToken; secret: string }>;
  abstract remove(tenant: string, id: string, actor: string): Promise<boolean>;
  /** Makes `secret` (from the settings, or new when undefined and no admin token exists) an admin token; the new text is returned once. */
  abstract ensureAdmin(tenant: string, secret: string | undefined): Promise<string | undefined>;
}
