import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { Role, type Principal } from '@outrider/domain/access/principal';
import { CallerError } from '@outrider/platform/errors';
import { AccessTokenStore, type AccessToken } from '@outrider/ports/access-store';
import { lockTenant, type Database, type Transaction } from '../database.ts';
import type { AccessToken as TokenRow } from '../generated/client.ts';
import { storableText, toMs, toMsOrNull, toTime, toTimeOrNull } from '../storable.ts';
import { changeAudited, writeAudit } from './audit-trail.ts';
import { isUuid } from './postgres-alert-store.ts';

type Draft = Parameters<AccessTokenStore['create']>[1];

const TOKEN_BYTES = 32;
const SHORTEST_SECRET = 16;
const LONGEST_SECRET = 512;
/** `lastUsedAt` is written at most this often. */
const USE_NOTED_EVERY_MS = 60_000;
/** The admin token that the settings give; a changed setting ends the one before. */
const SETTINGS_TOKEN = 'API_ADMIN_TOKEN';
const OUTRIDER = 'outrider';

/** Access tokens; their text is hashed on arrival and kept nowhere. */
export class PostgresAccessTokenStore extends AccessTokenStore {
  constructor(private readonly database: Database) {
    super();
  }

  async authenticate(token: string, now: number): Promise<Principal | undefined> {
    if (token.length === 0 || token.length > LONGEST_SECRET) return undefined;
    const hash = hashOf(token);
    // the index is over hashes: how long the search takes tells nothing of a token's text
    const row = await this.database.read((client) => client.accessToken.findUnique({ where: { hash } }));
    if (!row || !timingSafeEqual(row.hash, hash)) return undefined;
    if (row.expiresAt && toMs(row.expiresAt) <= now) return undefined;
    if (!row.lastUsedAt || now - toMs(row.lastUsedAt) >= USE_NOTED_EVERY_MS) await this.#noteUse(row.id, now);
    return { tokenId: row.id, tenant: row.tenant, name: row.name, role: Role.parse(row.role) };
  }

  async list(tenant: string): Promise<readonly AccessToken[]> {
    const rows = await this.database.read((client) =>
      client.accessToken.findMany({ where: { tenant }, orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] }),
    );
    return rows.map(toToken);
  }

  create(tenant: string, draft: Draft, actor: string): Promise<{ token: AccessToken; secret: string }> {
    const secret = newSecret();
    return changeAudited(this.database, { tenant, actor, act: 'token.create' }, async (tx) => {
      const token = await this.#add(tx, tenant, draft, secret);
      return { result: { token, secret }, subject: `token:${token.id}`, detail: draft };
    });
  }

  async remove(tenant: string, id: string, actor: string): Promise<boolean> {
    if (!isUuid(id)) return false;
    const removed = await changeAudited(this.database, { tenant, actor, act: 'token.remove' }, async (tx) => {
      const row = await tx.accessToken.findFirst({ where: { id, tenant } });
      if (!row || (await tx.accessToken.deleteMany({ where: { id, tenant } })).count === 0) return undefined;
      return { result: true, subject: `token:${id}`, detail: { name: row.name, role: row.role } };
    });
    return removed ?? false;
  }

  async ensureAdmin(tenant: string, secret: string | undefined): Promise<string | undefined> {
    if (secret !== undefined && (secret.length < SHORTEST_SECRET || secret.length > LONGEST_SECRET))
      throw new CallerError(`the admin token has ${SHORTEST_SECRET} to ${LONGEST_SECRET} characters`, 'invalid-token');
    return this.database.transaction(async (tx) => {
      await lockTenant(tx, 'admin-token', tenant); // two processes that start together make one
      if (secret === undefined) return this.#ensureSomeAdmin(tx, tenant);
      await this.#ensureSettingsAdmin(tx, tenant, secret);
      return undefined;
    });
  }

  async #ensureSomeAdmin(tx: Transaction, tenant: string): Promise<string | undefined> {
    const now = toTime(this.database.clock.now());
    const valid = { OR: [{ expiresAt: null }, { expiresAt: { gt: now } }] };
    if ((await tx.accessToken.count({ where: { tenant, role: 'admin', ...valid } })) > 0) return undefined;
    const secret = newSecret();
    await this.#addFirst(tx, tenant, 'first admin', secret);
    return secret;
  }

  async #ensureSettingsAdmin(tx: Transaction, tenant: string, secret: string): Promise<void> {
    const hash = hashOf(secret);
    await tx.accessToken.deleteMany({ where: { tenant, name: SETTINGS_TOKEN, hash: { not: hash } } });
    const row = await tx.accessToken.findUnique({ where: { hash } });
    if (!row) return this.#addFirst(tx, tenant, SETTINGS_TOKEN, secret);
    if (row.tenant !== tenant || row.role !== 'admin' || row.expiresAt !== null)
      throw new CallerError(
        `the admin token of the settings is already the token "${row.name}" with other rights`,
        'invalid-token',
      );
  }

  async #addFirst(tx: Transaction, tenant: string, name: string, secret: string): Promise<void> {
    const draft = { name, role: 'admin', expiresAt: null } as const;
    const { id } = await this.#add(tx, tenant, draft, secret);
    const audit = { tenant, actor: OUTRIDER, act: 'token.create', subject: `token:${id}`, detail: draft };
    await writeAudit(tx, this.database.clock.now(), audit);
  }

  async #add(tx: Transaction, tenant: string, draft: Draft, secret: string): Promise<AccessToken> {
    const row = await tx.accessToken.create({
      data: {
        id: randomUUID(),
        tenant,
        name: storableText(draft.name),
        role: draft.role,
        hash: hashOf(secret),
        createdAt: toTime(this.database.clock.now()),
        expiresAt: toTimeOrNull(draft.expiresAt),
      },
    });
    return toToken(row);
  }

  async #noteUse(id: string, now: number): Promise<void> {
    const since = toTime(now - USE_NOTED_EVERY_MS);
    await this.database.read((client) =>
      client.accessToken.updateMany({
        where: { id, OR: [{ lastUsedAt: null }, { lastUsedAt: { lte: since } }] },
        data: { lastUsedAt: toTime(now) },
      }),
    );
  }
}

/** 256 random bits; the prefix lets secret scanners find a leaked one. */
const newSecret = (): string => `outrider_${randomBytes(TOKEN_BYTES).toString('base64url')}`;

const hashOf = (token: string): Uint8Array<ArrayBuffer> => Uint8Array.from(createHash('sha256').update(token).digest());

const toToken = (row: TokenRow): AccessToken => ({
  id: row.id,
  tenant: row.tenant,
  name: row.name,
  role: Role.parse(row.role),
  createdAt: toMs(row.createdAt),
  lastUsedAt: toMsOrNull(row.lastUsedAt),
  expiresAt: toMsOrNull(row.expiresAt),
});
