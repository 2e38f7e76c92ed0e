import type { AlertType } from '@outrider/domain/detection/alert';
import type {
  AllControls,
  ControlScope,
  DetectionException,
  DetectionExceptionDraft,
  DetectorOverride,
  DetectorOverrideDraft,
} from '@outrider/domain/detection/detection-control';

/** What people decided about detectors (PostgreSQL). Every change writes its audit row in the same transaction; `actor` is a token's name. */
export abstract class DetectionControlStore {
  /** All of a tenant, at most 1,000, by type, service and route. */
  abstract overrides(tenant: string): Promise<readonly DetectorOverride[]>;
  /** In the place of the one of the same type and scope. ConflictError beyond 1,000 a tenant. */
  abstract putOverride(tenant: string, draft: DetectorOverrideDraft, actor: string): Promise<DetectorOverride>;
  /** False: there was none. */
  abstract removeOverride(tenant: string, type: AlertType, scope: ControlScope, actor: string): Promise<boolean>;

  /** Newest first. `endingAfter`: without those that ended at or before it; ms. */
  abstract exceptions(query: {
    readonly tenant: string;
    readonly limit: number;
    readonly after?: { readonly createdAt: number; readonly id: string };
    readonly endingAfter?: number;
  }): Promise<readonly DetectionException[]>;
  abstract exception(tenant: string, id: string): Promise<DetectionException | undefined>;
  /** ConflictError beyond 1,000 a tenant that have not ended, or 10,000 in all. */
  abstract addException(tenant: string, draft: DetectionExceptionDraft, actor: string): Promise<DetectionException>;
  abstract replaceException(
    tenant: string,
    id: string,
    draft: DetectionExceptionDraft,
    actor: string,
  ): Promise<DetectionException | undefined>;
  abstract removeException(tenant: string, id: string, actor: string): Promise<boolean>;

  /** Of all tenants, for the process itself: without exceptions that ended more than a day before `now`. At most 100,000 of each. */
  abstract all(now: number): Promise<AllControls>;
}
