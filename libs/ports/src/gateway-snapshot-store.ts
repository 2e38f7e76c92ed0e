import type { ConfigSnapshot } from '@outrider/domain/gateway/config-snapshot';
import type { WatchMemory } from '@outrider/domain/gateway/watch-memory';

export interface StoredSnapshot {
  readonly snapshot: ConfigSnapshot;
  readonly memory: WatchMemory;
  /** When the gateway was last seen to be like that; ms since epoch, `snapshot.takenAt` or later. */
  readonly seenAt: number;
}

/** What was last seen of each gateway's configuration (PostgreSQL): one row for (tenant, gateway), without secrets. */
export abstract class GatewaySnapshotStore {
  /** Undefined as well for a row that cannot be read any more: what it described is learned anew. */
  abstract load(tenant: string, gateway: string): Promise<StoredSnapshot | undefined>;
  /** In the place of what was. PermanentError when it is larger than the store takes. */
  abstract save(tenant: string, gateway: string, stored: StoredSnapshot): Promise<void>;
  /** Nothing changed up to `seenAt`. */
  abstract touch(tenant: string, gateway: string, seenAt: number): Promise<void>;
}
