import { Module, type DynamicModule } from '@nestjs/common';
import { Lifecycle } from '@outrider/platform/lifecycle';
import type { Logger } from '@outrider/platform/logger';
import { Metrics } from '@outrider/platform/metrics';
import { AlertStore } from '@outrider/ports/alert-store';
import { BaselineControlStore } from '@outrider/ports/baseline-control-store';
import { BaselineStore } from '@outrider/ports/baseline-store';
import { Clock } from '@outrider/ports/clock';
import { DetectionControlStore } from '@outrider/ports/detection-control-store';
import { EndpointStore } from '@outrider/ports/endpoint-store';
import { EventBus } from '@outrider/ports/event-bus';
import { EventStore } from '@outrider/ports/event-store';
import { Gateways } from '@outrider/ports/gateway-admin';
import { GatewaySnapshotStore } from '@outrider/ports/gateway-snapshot-store';
import { Leadership } from '@outrider/ports/leadership';
import { EnforcementStore } from '@outrider/ports/response-store';
import type * as z from 'zod';
import { ControlsRefresh } from './controls/controls-refresh.ts';
import { heldCounter } from './controls/held-counter.ts';
import { LiveControls } from './controls/live-controls.ts';
import { LiveTeachingTimes } from './controls/live-teaching-times.ts';
import { liveTeachingTimes } from './controls/teaching-refresh.ts';
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
          provide: LiveControls,
          useFactory: (
            metrics: Metrics,
            clock: Clock,
            log: Logger,
            lifecycle: Lifecycle,
            store?: DetectionControlStore,
          ) => {
            const controls = new LiveControls(heldCounter(metrics));
            if (store) new ControlsRefresh({ store, controls, clock, log }).join(lifecycle);
            return controls;
          },
          // a process without a control store has nobody who decides
          inject: [Metrics, Clock, 'outrider.logger', Lifecycle, { token: DetectionControlStore, optional: true }],
        },
        {
          provide: LiveTeachingTimes,
          useFactory: (clock: Clock, log: Logger, lifecycle: Lifecycle, store?: BaselineControlStore) =>
            liveTeachingTimes('detect: teaching times', { store, clock, log, lifecycle }),
          inject: [Clock, 'outrider.logger', Lifecycle, { token: BaselineControlStore, optional: true }],
        },
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
            controls: LiveControls,
            teaching: LiveTeachingTimes,
            gateways?: Gateways,
            snapshots?: GatewaySnapshotStore,
          ) => {
            const configurations = gateways && snapshots ? { gateways, snapshots } : {};
            const stores = { events, alerts, enforcements, endpoints, baselines, ...configurations };
            const runtime = new DetectionRuntime(
              { ...stores, controls, teaching, bus, leadership, clock, metrics, log },
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
            LiveControls,
            LiveTeachingTimes,
            // without them nobody looks at how the gateways are configured
            { token: Gateways, optional: true },
            { token: GatewaySnapshotStore, optional: true },
          ],
        },
        { provide: EventIngest, useFactory: (runtime: DetectionRuntime) => runtime.ingest, inject: [DetectionRuntime] },
      ],
      exports: [DetectionRuntime],
    };
  }
}
