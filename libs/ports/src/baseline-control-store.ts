import type { BaselineKind } from '@outrider/domain/baseline/baseline';
import type { BaselineControl, OwnedBaselineControl } from '@outrider/domain/baseline/baseline-control';

export type BaselineControlDraft = Pick<BaselineControl, 'action' | 'kind' | 'entityId' | 'from' | 'to' | 'reason'>;

/** What people said about baselines (PostgreSQL). Every change writes its audit row in the same transaction; `actor` is a token's name. */
export abstract class BaselineControlStore {
  /** Newest first. */
  abstract list(query: {
    readonly tenant: string;
    readonly action: BaselineControl['action'];
    readonly entity?: { readonly kind: BaselineKind; readonly id: string };
    readonly limit: number;
    readonly after?: { readonly createdAt: number; readonly id: string };
  }): Promise<readonly BaselineControl[]>;
  /** All that say something about one of at most 1,000 entities of a kind from `since` on; exclusions that ended before are left out. */
  abstract about(query: {
    readonly tenant: string;
    readonly kind: BaselineKind;
    readonly ids: readonly string[];
    readonly since: number;
  }): Promise<readonly BaselineControl[]>;
  /** Of all tenants, for who detects: resets from `since` on, and exclusions that had not ended by then. At most 100,000. */
  abstract all(since: number): Promise<readonly OwnedBaselineControl[]>;
  /** ConflictError beyond 10,000 a tenant. */
  abstract add(tenant: string, draft: BaselineControlDraft, actor: string): Promise<BaselineControl>;
  abstract remove(tenant: string, id: string, action: BaselineControl['action'], actor: string): Promise<boolean>;
}
