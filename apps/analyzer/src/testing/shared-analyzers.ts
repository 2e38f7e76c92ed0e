import type * as z from 'zod';
import { DetectOptions } from '@outrider/detect/detect-options';
import { DetectionRuntime } from '@outrider/detect/detection-runtime';
import type { Member } from '@outrider/detect/testing/shared-bus';
import { EVENTS_TOPIC } from '@outrider/contracts/topics/topic-catalogue';
import { createLogger } from '@outrider/platform/logger';
import { Metrics } from '@outrider/platform/metrics';
import { systemClock } from '@outrider/ports/clock';
import type { Delivery } from '@outrider/ports/event-bus';
import type { EventStore } from '@outrider/ports/event-store';
import type { Gateways } from '@outrider/ports/gateway-admin';
import type { Leadership } from '@outrider/ports/leadership';
import type { Postgres } from '@outrider/postgres/open-postgres';
import { FakeBaselineStore } from '@outrider/testing/fakes/baseline-store.fake';
import { FakeEventBus } from '@outrider/testing/fakes/event-bus.fake';

export interface SharedEngines {
  readonly events: EventStore;
  readonly stores: Postgres;
  readonly leadership: Leadership;
  readonly partitions: number;
  /** Whose configuration is watched. */
  readonly gateways?: Gateways;
  readonly settings?: z.input<typeof DetectOptions>['settings'];
}

/** The whole detect stage of one of several processes, on engines that they share. For specs. */
export class SharedAnalyzer implements Member {
  readonly metrics = new Metrics();
  readonly runtime: DetectionRuntime;
  readonly #bus = new FakeEventBus();

  constructor({ events, stores, leadership, partitions, gateways, settings }: SharedEngines) {
    this.#bus.partitionCount = partitions;
    const log = createLogger({ name: 'spec', level: 'silent', pretty: false });
    const { alerts, enforcements, endpoints } = stores;
    const baselines = new FakeBaselineStore();
    const ports = {
      events,
      alerts,
      enforcements,
      endpoints,
      baselines,
      bus: this.#bus,
      leadership,
      clock: systemClock,
      ...(gateways ? { gateways, snapshots: stores.gatewaySnapshots } : {}),
    };
    this.runtime = new DetectionRuntime(
      { ...ports, metrics: this.metrics, log },
      DetectOptions.parse({
        settings: { ...settings, detectors: { 'error-spike': { reportHealth: true }, ...settings?.detectors } },
        maxBlockAgeMs: 2,
        maxBlockRows: 500,
        tickMs: 50,
        serviceHealthMs: 100,
        alertUpdateEveryMs: 0,
      }),
    );
  }

  assign({ gained, lost }: Parameters<Member['assign']>[0]): Promise<void> {
    return this.#bus.assign(EVENTS_TOPIC.name, 'analyzer', gained, lost);
  }

  takeEvents(delivery: Delivery): Promise<void> {
    return this.runtime.ingest.takeEvents(delivery);
  }
}
