import type { Alert, AlertState, AlertType, Severity } from '@outrider/domain/detection/alert';
import type { Entity } from '@outrider/domain/traffic/entity';

export interface AlertQuery {
  readonly tenant: string;
  readonly states?: readonly AlertState[];
  readonly types?: readonly AlertType[];
  readonly minSeverity?: Severity;
  readonly entity?: Pick<Entity, 'kind' | 'id'>;
  /** Alerts whose first…last seen span touches the range. */
  readonly range?: { readonly from: number; readonly to: number };
  readonly limit: number;
  /** Newest first; the last alert of the page before. */
  readonly after?: { readonly openedAt: number; readonly id: string };
}

/**
 * Alerts (PostgreSQL). At most one alert that is not resolved exists per (tenant, type, entity kind, entity id): a second insert is a
 * ConflictError. Every save carries the revision it is based on; a stale one is a ConflictError.
 */
export abstract class AlertStore {
  abstract find(tenant: string, id: string): Promise<Alert | undefined>;
  abstract list(query: AlertQuery): Promise<readonly Alert[]>;
  /** All alerts that are not resolved, all tenants: loaded by the analyzer at start. */
  abstract unresolved(): Promise<readonly Alert[]>;
  abstract insert(alert: Alert): Promise<void>;
  /** Writes `alert` if the stored revision is `alert.revision - 1`; `actor` set = a person did it, audited in the same transaction. */
  abstract save(alert: Alert, audit?: { readonly actor: string; readonly act: string }): Promise<void>;
  /** Alerts whose revision no evaluation has covered yet, oldest first. */
  abstract unevaluated(limit: number): Promise<readonly Alert[]>;
}
