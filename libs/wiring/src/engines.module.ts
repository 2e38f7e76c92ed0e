import { Module, type DynamicModule, type ValueProvider } from '@nestjs/common';
import type { Jobs } from '@outrider/contracts/jobs/job-catalogue';
import { Lifecycle } from '@outrider/platform/lifecycle';
import { Metrics } from '@outrider/platform/metrics';
import { AddressFacts, UNKNOWN_ADDRESS } from '@outrider/ports/address-facts';
import { AccessTokenStore } from '@outrider/ports/access-store';
import { AlertStore } from '@outrider/ports/alert-store';
import { BaselineControlStore } from '@outrider/ports/baseline-control-store';
import { BaselineStore } from '@outrider/ports/baseline-store';
import { Clock, systemClock } from '@outrider/ports/clock';
import { BacktestStore } from '@outrider/ports/backtest-store';
import { DetectionControlStore } from '@outrider/ports/detection-control-store';
import { EndpointStore } from '@outrider/ports/endpoint-store';
import { EventBus } from '@outrider/ports/event-bus';
import { EventStore } from '@outrider/ports/event-store';
import { Gateways } from '@outrider/ports/gateway-admin';
import { GatewaySnapshotStore } from '@outrider/ports/gateway-snapshot-store';
import { JobQueue } from '@outrider/ports/job-queue';
import { Leadership, SoleLeadership } from '@outrider/ports/leadership';
import { DeliveryStore, WebhookStore } from '@outrider/ports/notification-store';
import { OutboundHttp } from '@outrider/ports/outbound-http';
import { AuditLog, EnforcementStore, PolicyStore } from '@outrider/ports/response-store';
import { RetentionStore } from '@outrider/ports/retention-store';
import type { Postgres } from '@outrider/postgres/open-postgres';
import type { Ground } from './engines/ground.ts';

/** The engines of a process as it needs them; a stage whose port is missing fails when the process is made, not later. */
export interface Engines {
  readonly bus: EventBus;
  readonly events?: EventStore;
  readonly baselines?: BaselineStore;
  /** `opensSecrets` false: the part that opens sealed secrets is not provided. Default true. */
  readonly postgres?: { readonly stores: Postgres; readonly opensSecrets?: boolean };
  readonly jobs?: JobQueue<Jobs>;
  readonly gateways?: Gateways;
  readonly outbound?: OutboundHttp;
  /** Of a process that collects. */
  readonly addressFacts?: AddressFacts;
}

/** Ports are the tokens: whoever injects `EventStore` gets the one that this process opened. */
@Module({})
export class EnginesModule {
  static register(ground: Pick<Ground, 'dataDir' | 'lifecycle' | 'metrics' | 'log'>, engines: Engines): DynamicModule {
    const stores = engines.postgres?.stores;
    const opensSecrets = engines.postgres?.opensSecrets ?? true;
    const providers: ValueProvider[] = [
      { provide: Lifecycle, useValue: ground.lifecycle },
      { provide: Metrics, useValue: ground.metrics },
      { provide: Clock, useValue: systemClock },
      { provide: 'outrider.logger', useValue: ground.log },
      { provide: EventBus, useValue: engines.bus },
      { provide: EventStore, useValue: engines.events },
      { provide: BaselineStore, useValue: engines.baselines },
      { provide: JobQueue, useValue: engines.jobs },
      { provide: Gateways, useValue: engines.gateways },
      { provide: OutboundHttp, useValue: engines.outbound },
      { provide: AddressFacts, useValue: engines.addressFacts ?? UNKNOWN_ADDRESS },
      { provide: Leadership, useValue: stores?.leadership ?? new SoleLeadership() },
      { provide: RetentionStore, useValue: stores?.retention },
      { provide: AlertStore, useValue: stores?.alerts },
      { provide: PolicyStore, useValue: stores?.policies },
      { provide: EnforcementStore, useValue: stores?.enforcements },
      { provide: AuditLog, useValue: stores?.audit },
      { provide: WebhookStore, useValue: opensSecrets ? stores?.webhooks : undefined },
      { provide: DeliveryStore, useValue: stores?.deliveries },
      { provide: AccessTokenStore, useValue: stores?.tokens },
      { provide: EndpointStore, useValue: stores?.endpoints },
      { provide: BaselineControlStore, useValue: stores?.baselineControls },
      { provide: DetectionControlStore, useValue: stores?.detectionControls },
      { provide: GatewaySnapshotStore, useValue: stores?.gatewaySnapshots },
      { provide: BacktestStore, useValue: stores?.backtests },
    ].filter((provider) => provider.useValue !== undefined);
    return { module: EnginesModule, global: true, providers, exports: providers.map((provider) => provider.provide) };
  }
}
