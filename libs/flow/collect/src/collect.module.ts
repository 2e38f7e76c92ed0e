import { Module, type DynamicModule } from '@nestjs/common';
import { Lifecycle } from '@outrider/platform/lifecycle';
import type { Logger } from '@outrider/platform/logger';
import { Metrics } from '@outrider/platform/metrics';
import { AddressFacts } from '@outrider/ports/address-facts';
import { Clock } from '@outrider/ports/clock';
import { EventBus } from '@outrider/ports/event-bus';
import { Gateways } from '@outrider/ports/gateway-admin';
import { CollectService } from './collect.service.ts';
import type { CollectOptions } from './collect-options.ts';
import { DEFAULT_LIMITS } from './collect-limits.ts';
import { RawMatcher } from './signals/raw-matcher.ts';
import { KeyNameRefresher } from './key-name-refresher.ts';

/** Wires the collect stage into a process. Needs EventBus, Lifecycle, Metrics, Clock and the logger; Gateways, AddressFacts and RawMatcher are used where they exist. */
@Module({})
export class CollectModule {
  static register(options: CollectOptions): DynamicModule {
    return {
      module: CollectModule,
      providers: [
        {
          provide: CollectService,
          inject: [
            EventBus,
            Clock,
            'outrider.logger',
            Metrics,
            Lifecycle,
            { token: Gateways, optional: true },
            { token: AddressFacts, optional: true },
            { token: RawMatcher, optional: true },
          ],
          useFactory: (
            bus: EventBus,
            clock: Clock,
            log: Logger,
            metrics: Metrics,
            lifecycle: Lifecycle,
            gateways: Gateways | undefined,
            addresses: AddressFacts | undefined,
            rules: RawMatcher | undefined,
          ): CollectService => {
            const service = new CollectService(options, { bus, clock, log, metrics, addresses, rules });
            addToLifecycle(
              service,
              lifecycle,
              log,
              gateways,
              options.limits?.refreshNamesMs ?? DEFAULT_LIMITS.refreshNamesMs,
            );
            return service;
          },
        },
      ],
      exports: [CollectService],
    };
  }
}

const addToLifecycle = (
  service: CollectService,
  lifecycle: Lifecycle,
  log: Logger,
  gateways: Gateways | undefined,
  refreshNamesMs: number,
): void => {
  lifecycle.add({ name: 'collect publisher', phase: 'writers', stop: () => service.flush() });
  lifecycle.add({
    name: 'collect listeners',
    phase: 'listeners',
    start: () => service.listen(),
    stop: () => service.stopListening(),
  });
  if (!gateways) return;
  const refresher = new KeyNameRefresher(gateways, service.names, log, refreshNamesMs);
  lifecycle.add({
    name: 'collect key names',
    phase: 'workers',
    start: () => refresher.start(),
    stop: () => refresher.stop(),
  });
};
