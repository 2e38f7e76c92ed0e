import type { ConfigSnapshot } from '@outrider/domain/gateway/config-snapshot';
import type { WatchMemory } from '@outrider/domain/gateway/watch-memory';

export interface StoredSnapshot {
  readonly snapshot: ConfigSnapshot;
  readonly memory: WatchMemory;
  /** When the gateway was last seen to be like that; ms since epoch, `snapshot.takenAt` or later. */
  readonly seenAt: number;
}

/** How the looks at one gateway's configuration go. */
export interface GatewayLook {
  readonly gateway: string;
  /** The last whole one, to a minute; ms since epoch. */
  readonly seenAt: number;
  readonly failing?: WatchMemory['failing'];
}

/** What was last seen of each gateway's configuration (PostgreSQL): one row for (tenant, gateway), without secrets. */
export abstract class GatewaySnapshotStore {
  /** Undefined as well for a row that cannot be read any more: what it described is learned anew. */
  abstract load(tenant: string, gateway: string): Promise<StoredSnapshot | undefined>;
  /** In the place of what was. PermanentError when it is larger than the store takes. */
  abstract save(tenant: string, gateway: string, stored: StoredSnapshot): Promise<void>;
  /** Nothing changed up to `seenAt`. */
  abstract touch(tenant: string, gateway: string, seenAt: number): Promise<void>;
  /** In the place of what was remembered; nothing for a gateway of which nothing is kept. */
  abstract remember(tenant: string, gateway: string, memory: WatchMemory): Promise<void>;
  /** Of every gateway that was ever seen whole. */
  abstract looks(tenant: string): Promise<readonly GatewayLook[]>;
}
