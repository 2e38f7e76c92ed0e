import { ConfigSnapshot } from '@outrider/domain/gateway/config-snapshot';
import { WatchMemory } from '@outrider/domain/gateway/watch-memory';
import { PermanentError } from '@outrider/platform/errors';
import { GatewaySnapshotStore, type GatewayLook, type StoredSnapshot } from '@outrider/ports/gateway-snapshot-store';
import type { Database } from '../database.ts';
import { storableJson, toMs, toTime } from '../storable.ts';

/** Of one tenant, in one list. */
const MAX_GATEWAYS = 1_000;
/** Of one gateway's row: 50,000 plugins, services and routes each are some 25 MB. */
const MAX_CHARS = 64 * 1024 ** 2;

/** What was last seen of each gateway's configuration. */
export class PostgresGatewaySnapshotStore extends GatewaySnapshotStore {
  constructor(private readonly database: Database) {
    super();
  }

  async load(tenant: string, gateway: string): Promise<StoredSnapshot | undefined> {
    const key = { tenant_gateway: { tenant, gateway } };
    const row = await this.database.read((client) => client.gatewaySnapshot.findUnique({ where: key }));
    if (!row) return undefined;
    const snapshot = ConfigSnapshot.safeParse(row.snapshot);
    const memory = WatchMemory.safeParse(row.memory);
    // Written by another version: rather learned anew than judged by half.
    if (!snapshot.success || !memory.success) return undefined;
    return { snapshot: snapshot.data, memory: memory.data, seenAt: toMs(row.seenAt) };
  }

  async save(tenant: string, gateway: string, { snapshot, memory, seenAt }: StoredSnapshot): Promise<void> {
    if (JSON.stringify(snapshot).length > MAX_CHARS)
      throw new PermanentError(`the configuration of gateway ${gateway} is too large to be kept`, 'snapshot-too-large');
    const values = { snapshot: storableJson(snapshot), memory: storableJson(memory), seenAt: toTime(seenAt) };
    await this.database.read((client) =>
      client.gatewaySnapshot.upsert({
        where: { tenant_gateway: { tenant, gateway } },
        create: { tenant, gateway, ...values },
        update: values,
      }),
    );
  }

  async touch(tenant: string, gateway: string, seenAt: number): Promise<void> {
    await this.database.read((client) =>
      client.gatewaySnapshot.updateMany({ where: { tenant, gateway }, data: { seenAt: toTime(seenAt) } }),
    );
  }

  async remember(tenant: string, gateway: string, memory: WatchMemory): Promise<void> {
    await this.database.read((client) =>
      client.gatewaySnapshot.updateMany({ where: { tenant, gateway }, data: { memory: storableJson(memory) } }),
    );
  }

  async looks(tenant: string): Promise<readonly GatewayLook[]> {
    const select = { gateway: true, seenAt: true, memory: true };
    const rows = await this.database.read((client) =>
      client.gatewaySnapshot.findMany({ where: { tenant }, select, orderBy: { gateway: 'asc' }, take: MAX_GATEWAYS }),
    );
    return rows.map(({ gateway, seenAt, memory }) => {
      const failing = WatchMemory.safeParse(memory).data?.failing;
      return { gateway, seenAt: toMs(seenAt), ...(failing === undefined ? {} : { failing }) };
    });
  }
}
