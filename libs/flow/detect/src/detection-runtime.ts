import { randomUUID } from 'node:crypto';
import type { Change } from '@outrider/contracts/topics/change';
import { CHANGES_TOPIC } from '@outrider/contracts/topics/topic-catalogue';
import type { Alert } from '@outrider/domain/detection/alert';
import type { Lifecycle } from '@outrider/platform/lifecycle';
import type { Logger } from '@outrider/platform/logger';
import type { Metrics } from '@outrider/platform/metrics';
import type { AlertStore } from '@outrider/ports/alert-store';
import type { Clock } from '@outrider/ports/clock';
import type { EventBus } from '@outrider/ports/event-bus';
import type { EventStore } from '@outrider/ports/event-store';
import type { EnforcementRecord, EnforcementStore } from '@outrider/ports/response-store';
import { AlertTracker, type AlertChange } from './alerts/alert-tracker.ts';
import { quietTimes } from './alerts/quiet-times.ts';
import { StoredBaselines } from './baseline/baseline-source.ts';
import { ExpectedBaselines } from './baseline/expected-baselines.ts';
import { DuplicateFilter } from './duplicates/duplicate-filter.ts';
import { ActiveBlocks } from './echo/active-blocks.ts';
import { DetectionEngine } from './engine/detection-engine.ts';
import { EventIngest } from './ingest/event-ingest.ts';
import { IngestMetrics } from './ingest/ingest-metrics.ts';
import { recover } from './ingest/recovery.ts';
import type { DetectOptions } from './detect-options.ts';

export interface DetectPorts {
  readonly events: EventStore;
  readonly alerts: AlertStore;
  readonly enforcements: EnforcementStore;
  readonly bus: EventBus;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** The stage as one object: builds its parts, restores them at start, keeps them going, and stops them. */
export class DetectionRuntime {
  readonly ingest: EventIngest;
  readonly engine: DetectionEngine;
  readonly tracker: AlertTracker;
  readonly #blocks = new ActiveBlocks();
  readonly #duplicates: DuplicateFilter;
  readonly #counts: IngestMetrics;
  #timers: NodeJS.Timeout[] = [];
  #lastEvents = 0;
  #lastEventsAt = 0;

  constructor(
    private readonly ports: DetectPorts,
    private readonly options: DetectOptions,
  ) {
    const { settings } = options;
    this.#counts = new IngestMetrics(ports.metrics);
    this.#duplicates = new DuplicateFilter({ horizonMs: options.duplicateHorizonMs, maxIds: options.duplicateMaxIds });
    this.engine = new DetectionEngine(settings, new ExpectedBaselines(new StoredBaselines(ports.events, ports.alerts)));
    this.tracker = new AlertTracker({
      store: ports.alerts,
      clock: ports.clock,
      publish: (alert, change) => this.#publishAlert(alert, change),
      newId: randomUUID,
      quietMs: quietTimes(settings),
      updateEveryMs: options.alertUpdateEveryMs,
      onProblem: (error, alert) =>
        ports.log.warn({ err: error, alert: alert.id, type: alert.type }, 'an alert could not be written or told'),
      onRefused: () => this.#counts.refusedFinding(),
    });
    this.ingest = new EventIngest({
      store: ports.events,
      engine: this.engine,
      tracker: this.tracker,
      duplicates: this.#duplicates,
      blocks: this.#blocks,
      metrics: this.#counts,
      now: () => ports.clock.now(),
      random: Math.random,
      maxBlockRows: options.maxBlockRows,
      maxBlockAgeMs: options.maxBlockAgeMs,
      onRefusalSeen: (enforcement, at) => this.#publishRefusal(enforcement, at),
      onRetry: (error, attempt) => {
        this.#counts.storeRetry();
        if (attempt % 20 === 0) ports.log.warn({ err: error, attempt }, 'events could not be stored, trying again');
      },
    });
    this.#counts.watch(ports.metrics, this.engine, {
      pendingRows: () => this.ingest.pendingRows,
      openAlerts: () => this.tracker.openAlerts,
      rememberedIds: () => this.#duplicates.size,
    });
  }

  /** Adds itself to the ordered start and stop. */
  join(lifecycle: Lifecycle): void {
    lifecycle.add({ name: 'detect', phase: 'workers', start: () => this.#start(), stop: () => this.#stop() });
  }

  async #start(): Promise<void> {
    const began = performance.now();
    await this.tracker.load();
    await this.#refreshBlocks();
    const findings = await recover(
      this.ports.events,
      { duplicates: this.#duplicates, engine: this.engine, blocks: this.#blocks },
      { now: this.ports.clock.now(), replayMs: this.options.replayMs, maxSeen: this.options.seenAtStart },
    );
    for (const finding of findings) await this.tracker.take(finding);
    this.ports.log.info(
      { events: this.engine.counts.observed, ids: this.#duplicates.size, ms: Math.round(performance.now() - began) },
      'detection memory restored',
    );
    this.#every(this.options.blocksRefreshMs, () => this.#refreshBlocks());
    this.#every(this.options.tickMs, () => this.tracker.tick(this.#eventNow()));
  }

  async #stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
    await this.ingest.stop();
  }

  /** Event time as far as it is known: the newest event's, or, when nothing came for a minute, a minute ago. */
  #eventNow(): number {
    const now = this.ports.clock.now();
    const seen = this.ingest.totals.events;
    if (seen !== this.#lastEvents) {
      this.#lastEvents = seen;
      this.#lastEventsAt = now;
    }
    return now - this.#lastEventsAt > 60_000 ? Math.max(this.engine.watermark, now - 60_000) : this.engine.watermark;
  }

  async #refreshBlocks(): Promise<void> {
    this.#blocks.refresh(await this.ports.enforcements.live(), this.ports.clock.now());
  }

  /** Never two at a time; a failure is logged and the next turn tries again. */
  #every(ms: number, work: () => Promise<void>): void {
    let running = false;
    const timer = setInterval(() => {
      if (running) return;
      running = true;
      work()
        .catch((error: unknown) => this.ports.log.warn({ err: error }, 'a regular task of detection failed'))
        .finally(() => {
          running = false;
        });
    }, ms);
    timer.unref();
    this.#timers.push(timer);
  }

  #publishAlert(alert: Alert, change: AlertChange): Promise<void> {
    this.#counts.alert(alert.type, change);
    return this.#publish({
      v: 1,
      tenant: alert.tenant,
      kind: 'alert',
      id: alert.id,
      revision: alert.revision,
      change,
      at: this.ports.clock.now(),
    });
  }

  #publishRefusal(enforcement: EnforcementRecord, at: number): Promise<void> {
    const { tenant, id, revision } = enforcement;
    return this.#publish({ v: 1, tenant, kind: 'enforcement', id, revision, change: 'refusal-seen', at });
  }

  #publish(change: Change): Promise<void> {
    return this.ports.bus.publish(CHANGES_TOPIC.name, [
      { key: change.id, value: Buffer.from(JSON.stringify(change)), headers: {} },
    ]);
  }
}
