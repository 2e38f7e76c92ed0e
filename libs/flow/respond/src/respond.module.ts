import { Module, type DynamicModule } from '@nestjs/common';
import type { Jobs } from '@outrider/contracts/jobs/job-catalogue';
import { Lifecycle } from '@outrider/platform/lifecycle';
import type { Logger } from '@outrider/platform/logger';
import { Metrics } from '@outrider/platform/metrics';
import { Clock } from '@outrider/ports/clock';
import { EventBus } from '@outrider/ports/event-bus';
import { Gateways } from '@outrider/ports/gateway-admin';
import { JobQueue } from '@outrider/ports/job-queue';
import { DeliveryStore, WebhookStore } from '@outrider/ports/notification-store';
import { OutboundHttp } from '@outrider/ports/outbound-http';
import { EnforcementStore, PolicyStore } from '@outrider/ports/response-store';
import { ChangeListener } from './change-listener.ts';
import { RespondController } from './respond.controller.ts';
import { Responder } from './responder.ts';

export interface RespondOptions {
  /** ms between two looks at the rows and at Kong; 30,000 by default. */
  readonly watchEveryMs?: number;
}

const LOGGER = 'outrider.logger';

/** The respond stage. Needs the ports, `Lifecycle`, `Metrics`, `Clock` and the logger from a global module. */
@Module({})
export class RespondModule {
  static register(options: RespondOptions = {}): DynamicModule {
    return {
      module: RespondModule,
      controllers: [RespondController],
      providers: [
        {
          provide: Responder,
          useFactory: (
            enforcements: EnforcementStore,
            policies: PolicyStore,
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
          ) => {
            const stores = { enforcements, policies, webhooks, deliveries };
            const responder = new Responder({
              ...stores,
              gateways,
              jobs,
              bus,
              outbound,
              clock,
              metrics,
              log,
              ...options,
            });
            const { watch } = responder;
            lifecycle.add({
              name: 'enforcement-watch',
              phase: 'workers',
              start: () => watch.start(),
              stop: () => watch.stop(),
            });
            return responder;
          },
          inject: [
            EnforcementStore,
            PolicyStore,
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
          ],
        },
        { provide: ChangeListener, useFactory: (responder: Responder) => responder.listener, inject: [Responder] },
      ],
      exports: [Responder],
    };
  }
}
