import type { Alert, AlertState, AlertType, Severity } from '@outrider/domain/detection/alert';
import type { CampaignTotals } from '@outrider/domain/detection/campaign-summary';
import type { Entity } from '@outrider/domain/traffic/entity';

export interface AlertQuery {
  readonly tenant: string;
  readonly states?: readonly AlertState[];
  readonly types?: readonly AlertType[];
  readonly minSeverity?: Severity;
  readonly entity?: Pick<Entity, 'kind' | 'id'>;
  readonly campaignId?: string;
  /** Alerts whose first…last seen span touches the range. */
  readonly range?: { readonly from: number; readonly to: number };
  readonly limit: number;
  /** Newest first; the last alert of the page before. */
  readonly after?: { readonly openedAt: number; readonly id: string };
}

/** Alerts that may be one story with another: those that have one of its callers or neighbours in them, about its time. */
export interface RelatedQuery {
  readonly tenant: string;
  /** Keys of consumers, credentials, addresses and neighbours (`linkKeysOf`). */
  readonly participants: readonly string[];
  readonly range: { readonly from: number; readonly to: number };
  readonly limit: number;
}

/** Of `types`, `minSeverity` and `entity` one alert of the campaign must be; state and range are the campaign's own. */
export interface CampaignQuery extends Omit<AlertQuery, 'campaignId'> {
  readonly id?: string;
  /** Alerts that come with each, the gravest. */
  readonly alertsEach: number;
  /** Newest first; the last campaign of the page before. */
  readonly after?: { readonly openedAt: number; readonly id: string };
}

export interface StoredCampaign {
  readonly id: string;
  /** Of all its alerts. */
  readonly totals: CampaignTotals;
  /** At least one, real ones before simulated ones, the gravest first. */
  readonly alerts: readonly Alert[];
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
  /**
   * Writes `alert` if the stored revision is `alert.revision - 1`; `actor` set = a person did it, audited in the same transaction. The campaign
   * stays the stored one: only `joinCampaigns` moves an alert, so that no stale save moves it back.
   */
  abstract save(alert: Alert, audit?: { readonly actor: string; readonly act: string }): Promise<void>;
  /** Alerts whose revision no evaluation has covered yet, oldest first. */
  abstract unevaluated(limit: number): Promise<readonly Alert[]>;
  /** Newest first. */
  abstract related(query: RelatedQuery): Promise<readonly Alert[]>;
  /** Every alert and delivery of the campaigns `from` is in `into` from now on. Revisions stay: nothing about the alerts changed. */
  abstract joinCampaigns(tenant: string, from: readonly string[], into: string): Promise<void>;
  abstract campaigns(query: CampaignQuery): Promise<readonly StoredCampaign[]>;
}
