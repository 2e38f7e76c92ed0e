import { randomUUID } from 'node:crypto';
import type { Principal } from '@outrider/domain/access/principal';
import { AccessTokenStore, type AccessToken } from '@outrider/ports/access-store';

/** AccessTokenStore in memory, for unit tests; texts are kept as they are. */
export class FakeAccessTokenStore extends AccessTokenStore {
  readonly tokens = new Map<string, AccessToken & { readonly secret: string }>();
  /** How often the store was asked. */
  asked = 0;
  now = 1_767_225_600_000;

  async authenticate(token: string, now: number): Promise<Principal | undefined> {
    this.asked++;
    const row = [...this.tokens.values()].find((t) => t.secret === token);
    if (!row || (row.expiresAt !== null && row.expiresAt <= now)) return undefined;
    return { tokenId: row.id, tenant: row.tenant, name: row.name, role: row.role };
  }

  async list(tenant: string): Promise<readonly AccessToken[]> {
    return [...this.tokens.values()].filter((t) => t.tenant === tenant).map(({ secret: _secret, ...token }) => token);
  }

  async create(
    tenant: string,
    draft: Pick<AccessToken, 'name' | 'role' | 'expiresAt'>,
    _actor: string,
  ): Promise<{ token: AccessToken; secret: string }> {
    return this.put(tenant, draft, `orx_${randomUUID()}`);
  }

  /** A token whose text the test chooses. */
  put(
    tenant: string,
    draft: Pick<AccessToken, 'name' | 'role' | 'expiresAt'>,
    secret: string,
  ): { token: AccessToken; secret: string } {
    const { name, role, expiresAt } = draft;
    const token: AccessToken = {
      id: randomUUID(),
      tenant,
      name,
      role,
      expiresAt,
      createdAt: this.now,
      lastUsedAt: null,
    };
    this.tokens.set(token.id, { ...token, secret });
    return { token, secret };
  }

  async remove(tenant: string, id: string, _actor: string): Promise<boolean> {
    return this.tokens.get(id)?.tenant === tenant && this.tokens.delete(id);
  }

  async ensureAdmin(tenant: string, secret: string | undefined): Promise<string | undefined> {
    if (secret !== undefined) {
      this.put(tenant, { name: 'admin', role: 'admin', expiresAt: null }, secret);
      return undefined;
    }
    if ((await this.list(tenant)).some((t) => t.role === 'admin')) return undefined;
    return this.put(tenant, { name: 'admin', role: 'admin', expiresAt: null }, `orx_${randomUUID()}`).secret;
  }
}
