import { Module, type DynamicModule, type FactoryProvider } from '@nestjs/common';
import type { Jobs } from '@outrider/contracts/jobs/job-catalogue';
import { Lifecycle } from '@outrider/platform/lifecycle';
import type { Logger } from '@outrider/platform/logger';
import { Metrics } from '@outrider/platform/metrics';
import { Clock } from '@outrider/ports/clock';
import { EventBus } from '@outrider/ports/event-bus';
import { Gateways } from '@outrider/ports/gateway-admin';
import { JobQueue } from '@outrider/ports/job-queue';
import { Leadership } from '@outrider/ports/leadership';
import { DeliveryStore, WebhookStore } from '@outrider/ports/notification-store';
import { OutboundHttp } from '@outrider/ports/outbound-http';
import { RetentionStore } from '@outrider/ports/retention-store';
import { AuditLog, EnforcementStore, PolicyStore } from '@outrider/ports/response-store';
import { ChangeListener } from './change-listener.ts';
import { RespondController } from './respond.controller.ts';
import { Responder } from './responder.ts';
import type { RetentionDays } from './retention/retention-sweep.ts';

export interface RespondOptions {
  /** ms between two looks at the rows and at Kong; 30,000 by default. */
  readonly watchEveryMs?: number;
  /** How long what is over is kept in the control store; 400 days, deliveries 30 by default. */
  readonly retentionDays?: Partial<RetentionDays>;
}

const LOGGER = 'outrider.logger';

/**
 * The respond stage. Needs the ports, `Lifecycle`, `Metrics`, `Clock` and the logger from a global module. Without `Leadership` it takes
 * itself to be alone; without `RetentionStore` nothing is removed from the control store.
 */
@Module({})
export class RespondModule {
  static register(options: RespondOptions = {}): DynamicModule {
    return {
      module: RespondModule,
      controllers: [RespondController],
      providers: [
        responder(options),
        { provide: ChangeListener, useFactory: (made: Responder) => made.listener, inject: [Responder] },
      ],
      exports: [Responder],
    };
  }
}

const responder = (options: RespondOptions): FactoryProvider => ({
  provide: Responder,
  useFactory: (
    enforcements: EnforcementStore,
    policies: PolicyStore,
    audit: AuditLog,
    webhooks: WebhookStore,
    deliveries: DeliveryStore,
    gateways: Gateways,
    jobs: JobQueue<Jobs>,
    bus: EventBus,
    outbound: OutboundHttp,
    clock: Clock,
    metrics: Metrics,
    log: Logger,
    lifecycle: Lifecycle,
    leadership?: Leadership,
    retention?: RetentionStore,
  ) => {
    const stores = { enforcements, policies, audit, webhooks, deliveries, ...(retention ? { retention } : {}) };
    const engines = { gateways, jobs, bus, outbound, clock, ...(leadership ? { leadership } : {}) };
    const made = new Responder({ ...stores, ...engines, metrics, log, ...options });
    for (const part of made.led) lifecycle.add({ ...part, phase: 'workers' });
    return made;
  },
  inject: [
    EnforcementStore,
    PolicyStore,
    AuditLog,
    WebhookStore,
    DeliveryStore,
    Gateways,
    JobQueue,
    EventBus,
    OutboundHttp,
    Clock,
    Metrics,
    LOGGER,
    Lifecycle,
    { token: Leadership, optional: true },
    { token: RetentionStore, optional: true },
  ],
});
