import { Module, type DynamicModule } from '@nestjs/common';
import { Lifecycle } from '@outrider/platform/lifecycle';
import type { Logger } from '@outrider/platform/logger';
import { Metrics } from '@outrider/platform/metrics';
import { Clock } from '@outrider/ports/clock';
import { EndpointStore } from '@outrider/ports/endpoint-store';
import { EventStore } from '@outrider/ports/event-store';
import { Leadership } from '@outrider/ports/leadership';
import type * as z from 'zod';
import { DiscoverOptions } from './discover-options.ts';
import { EndpointInventory } from './inventory/endpoint-inventory.ts';
import { EndpointLearning } from './learning/endpoint-learning.ts';

/** The discover stage. Needs the ports, `Lifecycle`, `Metrics`, `Clock` and the logger from a global module. */
@Module({})
export class DiscoverModule {
  static register(options: z.input<typeof DiscoverOptions> = {}): DynamicModule {
    const parsed = DiscoverOptions.parse(options);
    return {
      module: DiscoverModule,
      providers: [
        {
          provide: EndpointLearning,
          useFactory: (
            events: EventStore,
            store: EndpointStore,
            leadership: Leadership,
            clock: Clock,
            metrics: Metrics,
            log: Logger,
            lifecycle: Lifecycle,
          ) => {
            const learning = new EndpointLearning({ events, store, leadership, clock, metrics, log }, parsed);
            lifecycle.add({
              name: 'endpoint learning',
              phase: 'workers',
              start: () => learning.start(),
              stop: () => learning.stop(),
            });
            return learning;
          },
          inject: [EventStore, EndpointStore, Leadership, Clock, Metrics, 'outrider.logger', Lifecycle],
        },
        {
          provide: EndpointInventory,
          useFactory: (
            events: EventStore,
            store: EndpointStore,
            leadership: Leadership,
            clock: Clock,
            log: Logger,
            lifecycle: Lifecycle,
          ) => {
            const inventory = new EndpointInventory({ events, store, leadership, clock, log }, parsed);
            lifecycle.add({
              name: 'endpoint inventory',
              phase: 'workers',
              start: () => inventory.start(),
              stop: () => inventory.stop(),
            });
            return inventory;
          },
          inject: [EventStore, EndpointStore, Leadership, Clock, 'outrider.logger', Lifecycle],
        },
      ],
    };
  }
}
