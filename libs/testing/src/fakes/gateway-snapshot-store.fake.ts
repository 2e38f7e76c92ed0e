import type { WatchMemory } from '@outrider/domain/gateway/watch-memory';
import { GatewaySnapshotStore, type GatewayLook, type StoredSnapshot } from '@outrider/ports/gateway-snapshot-store';

/** GatewaySnapshotStore in memory, for unit tests. */
export class FakeGatewaySnapshotStore extends GatewaySnapshotStore {
  readonly stored = new Map<string, StoredSnapshot>();
  saves = 0;
  /** Thrown by the next save. */
  failing: Error | undefined;

  async load(tenant: string, gateway: string): Promise<StoredSnapshot | undefined> {
    return structuredClone(this.stored.get(`${tenant}/${gateway}`));
  }

  async save(tenant: string, gateway: string, stored: StoredSnapshot): Promise<void> {
    const { failing } = this;
    this.failing = undefined;
    if (failing) throw failing;
    this.saves++;
    this.stored.set(`${tenant}/${gateway}`, structuredClone(stored));
  }

  async touch(tenant: string, gateway: string, seenAt: number): Promise<void> {
    const known = this.stored.get(`${tenant}/${gateway}`);
    if (known) this.stored.set(`${tenant}/${gateway}`, { ...known, seenAt });
  }

  async remember(tenant: string, gateway: string, memory: WatchMemory): Promise<void> {
    const known = this.stored.get(`${tenant}/${gateway}`);
    if (known) this.stored.set(`${tenant}/${gateway}`, { ...known, memory });
  }

  async looks(tenant: string): Promise<readonly GatewayLook[]> {
    return [...this.stored]
      .filter(([key]) => key.startsWith(`${tenant}/`))
      .map(([key, { seenAt, memory }]) => {
        const gateway = key.slice(tenant.length + 1);
        return { gateway, seenAt, ...(memory.failing === undefined ? {} : { failing: memory.failing }) };
      });
  }
}
