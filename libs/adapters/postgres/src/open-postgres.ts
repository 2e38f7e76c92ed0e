import type { AccessTokenStore } from '@outrider/ports/access-store';
import type { AlertStore } from '@outrider/ports/alert-store';
import type { BacktestStore } from '@outrider/ports/backtest-store';
import type { BaselineControlStore } from '@outrider/ports/baseline-control-store';
import type { DetectionControlStore } from '@outrider/ports/detection-control-store';
import { systemClock, type Clock } from '@outrider/ports/clock';
import type { EndpointStore } from '@outrider/ports/endpoint-store';
import type { GatewaySnapshotStore } from '@outrider/ports/gateway-snapshot-store';
import type { Leadership } from '@outrider/ports/leadership';
import type { DeliveryStore, WebhookStore } from '@outrider/ports/notification-store';
import type { AuditLog, EnforcementStore, PolicyStore } from '@outrider/ports/response-store';
import type { RetentionStore } from '@outrider/ports/retention-store';
import { Database } from './database.ts';
import { PostgresLeadership, type LeadershipEvent } from './leadership/postgres-leadership.ts';
import { SecretSealer } from './secret-sealer.ts';
import { PostgresAuditLog } from './stores/audit-trail.ts';
import { PostgresAccessTokenStore } from './stores/postgres-access-token-store.ts';
import { PostgresAlertStore } from './stores/postgres-alert-store.ts';
import { PostgresBacktestStore } from './stores/postgres-backtest-store.ts';
import { PostgresBaselineControlStore } from './stores/postgres-baseline-control-store.ts';
import { PostgresDetectionControlStore } from './stores/postgres-detection-control-store.ts';
import { PostgresDeliveryStore } from './stores/postgres-delivery-store.ts';
import { PostgresEndpointStore } from './stores/postgres-endpoint-store.ts';
import { PostgresEnforcementStore } from './stores/postgres-enforcement-store.ts';
import { PostgresGatewaySnapshotStore } from './stores/postgres-gateway-snapshot-store.ts';
import { PostgresRetentionStore } from './stores/postgres-retention-store.ts';
import { PostgresPolicyStore } from './stores/postgres-policy-store.ts';
import { SlotHolds } from './stores/slot-holds.ts';
import { PostgresWebhookStore } from './stores/postgres-webhook-store.ts';

export interface PostgresOptions {
  readonly url: string;
  /** Connections of this process at most. */
  readonly max: number;
  /** Slots held or waited for at a time, a connection each while it lasts. Default 6. */
  readonly maxHolds?: number;
  /** 32 bytes each. The first seals webhook secrets; further ones still open what older ones sealed. */
  readonly sealingKeys: readonly [Buffer, ...Buffer[]];
  readonly clock?: Clock;
  readonly onConnectionLost?: (error: Error) => void;
  readonly onLeadership?: (event: LeadershipEvent) => void;
}

/** The control store of one process. Its methods throw TransientError, ConflictError or PermanentError. */
export interface Postgres {
  readonly alerts: AlertStore;
  readonly policies: PolicyStore;
  readonly enforcements: EnforcementStore;
  readonly audit: AuditLog;
  readonly webhooks: WebhookStore;
  readonly deliveries: DeliveryStore;
  readonly tokens: AccessTokenStore;
  readonly endpoints: EndpointStore;
  readonly baselineControls: BaselineControlStore;
  readonly detectionControls: DetectionControlStore;
  readonly gatewaySnapshots: GatewaySnapshotStore;
  readonly backtests: BacktestStore;
  /** Roles that one process at a time has; a connection of its own once somebody competes. */
  readonly leadership: Leadership;
  readonly retention: RetentionStore;
  ping(): Promise<void>;
  close(): Promise<void>;
}

const HOLDS = 6;

/** Opens nothing yet: the first query connects. The schema must be there (migrateDeploy). */
export const openPostgres = (options: PostgresOptions): Postgres => {
  const database = new Database({ ...options, clock: options.clock ?? systemClock });
  const leadership = new PostgresLeadership({
    url: options.url,
    ...(options.onLeadership ? { onEvent: options.onLeadership } : {}),
  });
  const holds = new SlotHolds({
    url: options.url,
    max: options.maxHolds ?? HOLDS,
    onConnectionLost: (error) => options.onConnectionLost?.(error),
  });
  return {
    alerts: new PostgresAlertStore(database),
    policies: new PostgresPolicyStore(database),
    enforcements: new PostgresEnforcementStore(database, holds),
    audit: new PostgresAuditLog(database),
    webhooks: new PostgresWebhookStore(database, new SecretSealer(options.sealingKeys)),
    deliveries: new PostgresDeliveryStore(database),
    tokens: new PostgresAccessTokenStore(database),
    endpoints: new PostgresEndpointStore(database),
    baselineControls: new PostgresBaselineControlStore(database),
    detectionControls: new PostgresDetectionControlStore(database),
    gatewaySnapshots: new PostgresGatewaySnapshotStore(database),
    backtests: new PostgresBacktestStore(database),
    leadership,
    retention: new PostgresRetentionStore(database),
    ping: () => database.ping(),
    close: async () => {
      await leadership.close();
      await holds.close();
      await database.close();
    },
  };
};
