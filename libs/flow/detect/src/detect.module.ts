import { Module, type DynamicModule } from '@nestjs/common';
import { Lifecycle } from '@outrider/platform/lifecycle';
import type { Logger } from '@outrider/platform/logger';
import { Metrics } from '@outrider/platform/metrics';
import { AlertStore } from '@outrider/ports/alert-store';
import { BaselineStore } from '@outrider/ports/baseline-store';
import { Clock } from '@outrider/ports/clock';
import { EndpointStore } from '@outrider/ports/endpoint-store';
import { EventBus } from '@outrider/ports/event-bus';
import { EventStore } from '@outrider/ports/event-store';
import { Leadership } from '@outrider/ports/leadership';
import { EnforcementStore } from '@outrider/ports/response-store';
import type * as z from 'zod';
import { DetectController } from './detect.controller.ts';
import { DetectOptions } from './detect-options.ts';
import { DetectionRuntime } from './detection-runtime.ts';
import { EventIngest } from './ingest/event-ingest.ts';

@Module({})
export class DetectModule {
  static register(options: z.input<typeof DetectOptions> = {}): DynamicModule {
    const parsed = DetectOptions.parse(options);
    return {
      module: DetectModule,
      controllers: [DetectController],
      providers: [
        {
          provide: DetectionRuntime,
          useFactory: (
            events: EventStore,
            alerts: AlertStore,
            enforcements: EnforcementStore,
            endpoints: EndpointStore,
            baselines: BaselineStore,
            bus: EventBus,
            leadership: Leadership,
            clock: Clock,
            metrics: Metrics,
            log: Logger,
            lifecycle: Lifecycle,
          ) => {
            const runtime = new DetectionRuntime(
              { events, alerts, enforcements, endpoints, baselines, bus, leadership, clock, metrics, log },
              parsed,
            );
            runtime.join(lifecycle);
            return runtime;
          },
          inject: [
            EventStore,
            AlertStore,
            EnforcementStore,
            EndpointStore,
            BaselineStore,
            EventBus,
            Leadership,
            Clock,
            Metrics,
            'outrider.logger',
            Lifecycle,
          ],
        },
        { provide: EventIngest, useFactory: (runtime: DetectionRuntime) => runtime.ingest, inject: [DetectionRuntime] },
      ],
      exports: [DetectionRuntime],
    };
  }
}
