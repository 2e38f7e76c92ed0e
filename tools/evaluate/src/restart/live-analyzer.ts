import { setTimeout } from 'node:timers/promises';
import { encodeEvent } from '@outrider/contracts/events/event-row';
import { EVENTS_TOPIC } from '@outrider/contracts/topics/topic-catalogue';
import { MemoryAlertStore } from '@outrider/detect/alerts/memory-alert-store';
import { DetectOptions } from '@outrider/detect/detect-options';
import { DetectionRuntime } from '@outrider/detect/detection-runtime';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { createLogger } from '@outrider/platform/logger';
import { Metrics } from '@outrider/platform/metrics';
import type { BaselineStore } from '@outrider/ports/baseline-store';
import type { EventStore } from '@outrider/ports/event-store';
import { SoleLeadership } from '@outrider/ports/leadership';
import { FakeEndpointStore } from '@outrider/testing/fakes/endpoint-store.fake';
import { FakeEventBus } from '@outrider/testing/fakes/event-bus.fake';
import { FakeEnforcementStore } from '@outrider/testing/fakes/response-store.fake';
import type * as z from 'zod';

/** Events a message: what is observed before any of it is stored. */
const MESSAGE = 1_000;

/** What outlives an analyzer. */
export interface Estate {
  readonly events: EventStore;
  readonly baselines: BaselineStore;
  readonly alerts: MemoryAlertStore;
  /** Event time; ms. */
  now: number;
  offset: number;
}

/** The detect stage as the analyzer runs it, on the real event store, with one partition and a clock that goes with the events. */
export class LiveAnalyzer {
  readonly runtime: DetectionRuntime;
  readonly #bus = new FakeEventBus();

  constructor(
    private readonly estate: Estate,
    options: z.input<typeof DetectOptions> = {},
  ) {
    const { events, baselines, alerts } = estate;
    this.runtime = new DetectionRuntime(
      {
        ...{ events, baselines, alerts, bus: this.#bus },
        enforcements: new FakeEnforcementStore(),
        endpoints: new FakeEndpointStore(),
        leadership: new SoleLeadership(),
        clock: { now: () => estate.now },
        metrics: new Metrics(),
        log: createLogger({ name: 'evaluate', level: 'warn', pretty: true }),
      },
      DetectOptions.parse({ maxBlockAgeMs: 1, tickMs: 50, alertUpdateEveryMs: 0, ...options }),
    );
  }

  /** Resolves when its memory is rebuilt. */
  async start(): Promise<void> {
    await this.runtime.start();
    await this.#bus.assign(EVENTS_TOPIC.name, 'analyzer', [0]);
    await this.#knowsCallers();
  }

  stop(): Promise<void> {
    return this.runtime.stop();
  }

  /** In order of receipt; resolves when they are stored and judged. */
  async take(events: readonly ApiEvent[]): Promise<void> {
    for (let i = 0; i < events.length; i += MESSAGE) {
      const batch = events.slice(i, i + MESSAGE);
      this.estate.now = batch.at(-1)?.receivedAt ?? this.estate.now;
      await this.runtime.ingest.takeEvents({
        topic: EVENTS_TOPIC.name,
        partition: 0,
        offset: this.estate.offset++,
        key: '0',
        value: Buffer.from(batch.map(encodeEvent).join('\n')),
        headers: {},
        appendedAt: this.estate.now,
        plannedThrough: undefined,
        plan: async () => undefined,
      });
      await this.#knowsCallers();
    }
  }

  /** Hours of event time pass in a second here: what takes a second in life must not take hours. */
  async #knowsCallers(): Promise<void> {
    while (this.runtime.unreadCallers > 0) await setTimeout(10);
  }
}
