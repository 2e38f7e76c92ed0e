import { Module, type DynamicModule } from '@nestjs/common';
import { Lifecycle } from '@outrider/platform/lifecycle';
import type { Logger } from '@outrider/platform/logger';
import { AlertStore } from '@outrider/ports/alert-store';
import { BacktestStore } from '@outrider/ports/backtest-store';
import { Backtester } from '@outrider/ports/backtester';
import { Clock } from '@outrider/ports/clock';
import { DetectionControlStore } from '@outrider/ports/detection-control-store';
import { EndpointStore } from '@outrider/ports/endpoint-store';
import { EventStore } from '@outrider/ports/event-store';
import { AuditLog, PolicyStore } from '@outrider/ports/response-store';
import { DetectSettings } from '../settings.ts';
import { Backtests } from './backtests.ts';

export interface BacktestOptions {
  /** As the processes that detect have them. */
  readonly settings?: DetectSettings;
}

/** Trying changes on stored history, for the API: global, so that it need not know this stage. */
@Module({})
export class BacktestModule {
  static register({ settings = DetectSettings.parse({}) }: BacktestOptions = {}): DynamicModule {
    return {
      module: BacktestModule,
      global: true,
      providers: [
        {
          provide: Backtester,
          useFactory: (
            events: EventStore,
            alerts: AlertStore,
            policies: PolicyStore,
            controls: DetectionControlStore,
            endpoints: EndpointStore,
            backtests: BacktestStore,
            audit: AuditLog,
            clock: Clock,
            log: Logger,
            lifecycle: Lifecycle,
          ) => {
            const stores = { events, alerts, policies, controls, endpoints };
            const made = new Backtests({ settings, stores, backtests, audit, clock, log });
            lifecycle.add({ name: 'detect: backtests', phase: 'workers', stop: () => made.stop() });
            return made;
          },
          inject: [
            EventStore,
            AlertStore,
            PolicyStore,
            DetectionControlStore,
            EndpointStore,
            BacktestStore,
            AuditLog,
            Clock,
            'outrider.logger',
            Lifecycle,
          ],
        },
      ],
      exports: [Backtester],
    };
  }
}
