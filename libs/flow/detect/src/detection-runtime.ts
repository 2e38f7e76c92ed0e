import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { ConsumerGroup } from '@outrider/contracts/topics/consumer-groups';
import type { Change } from '@outrider/contracts/topics/change';
import { CHANGES_TOPIC, EVENTS_TOPIC } from '@outrider/contracts/topics/topic-catalogue';
import type { Alert, Finding } from '@outrider/domain/detection/alert';
import { isCallerKind } from '@outrider/domain/traffic/caller-partition';
import type { Lifecycle } from '@outrider/platform/lifecycle';
import type { Logger } from '@outrider/platform/logger';
import type { Metrics } from '@outrider/platform/metrics';
import type { AlertStore } from '@outrider/ports/alert-store';
import type { BaselineStore } from '@outrider/ports/baseline-store';
import type { Clock } from '@outrider/ports/clock';
import type { EndpointStore } from '@outrider/ports/endpoint-store';
import type { EventBus } from '@outrider/ports/event-bus';
import type { EventStore } from '@outrider/ports/event-store';
import type { Gateways } from '@outrider/ports/gateway-admin';
import type { GatewaySnapshotStore } from '@outrider/ports/gateway-snapshot-store';
import { LedLoop, type LedLoopOptions } from '@outrider/ports/led-loop';
import type { Leadership } from '@outrider/ports/leadership';
import type { EnforcementRecord, EnforcementStore } from '@outrider/ports/response-store';
import { AlertTracker, type AlertChange } from './alerts/alert-tracker.ts';
import { FindingCheck } from './alerts/finding-check.ts';
import { sweepOrphans } from './alerts/orphan-sweep.ts';
import { quietTimes } from './alerts/quiet-times.ts';
import { StoredBaselines } from './baseline/baseline-source.ts';
import { ExpectedBaselines } from './baseline/expected-baselines.ts';
import { ALL_TIME, type TeachingTimes } from './baseline/teaching-time.ts';
import { errorSpike } from './detectors/error-spike/error-spike.definition.ts';
import { ServiceOutages } from './detectors/error-spike/service-outages.ts';
import { LiveControls } from './controls/live-controls.ts';
import { DuplicateFilter } from './duplicates/duplicate-filter.ts';
import { ActiveBlocks } from './echo/active-blocks.ts';
import { DetectionEngine } from './engine/detection-engine.ts';
import { EventIngest } from './ingest/event-ingest.ts';
import { IngestMetrics } from './ingest/ingest-metrics.ts';
import { EstateFeed } from './live/estate-feed.ts';
import { LiveKnowledge } from './live/live-knowledge.ts';
import { RegularTasks } from './live/regular-tasks.ts';
import type { DetectOptions } from './detect-options.ts';
import { GATEWAY_CONFIG_CHANGE } from './gateway-watch/config-finding.ts';
import { watchGateways } from './gateway-watch/watch-gateways.ts';
import { GATEWAY_LANE, Partitions, SERVICE_LANE } from './partitions.ts';
import { settingsOf } from './settings.ts';

const GROUP: ConsumerGroup = 'analyzer';
/** ms; what it looks for is a day old. */
const ORPHANS_EVERY_MS = 600_000;

export interface DetectPorts {
  readonly events: EventStore;
  readonly alerts: AlertStore;
  readonly enforcements: EnforcementStore;
  readonly endpoints: EndpointStore;
  readonly baselines: BaselineStore;
  /** What people decided; kept fresh by whoever made it. Absent: nobody decides anything. */
  readonly controls?: LiveControls;
  /** What people said about baselines; likewise. */
  readonly teaching?: TeachingTimes;
  /** Absent: nobody looks at how the gateways are configured. */
  readonly gateways?: Gateways;
  readonly snapshots?: GatewaySnapshotStore;
  readonly bus: EventBus;
  readonly leadership: Leadership;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** The stage as one object: builds its parts, has them follow the partitions of this process, keeps them going, and stops them. */
export class DetectionRuntime {
  readonly ingest: EventIngest;
  readonly engine: DetectionEngine;
  readonly tracker: AlertTracker;
  readonly #blocks = new ActiveBlocks();
  readonly #duplicates: DuplicateFilter;
  readonly #counts: IngestMetrics;
  readonly #check: FindingCheck;
  readonly #partitions: Partitions;
  readonly #knowledge: LiveKnowledge;
  readonly #outages: ServiceOutages;
  readonly #led: readonly LedLoop[];
  readonly #controls: LiveControls;
  readonly #tasks = new RegularTasks((error) =>
    this.ports.log.warn({ err: error }, 'a regular task of detection failed'),
  );
  #feeding: Promise<void> | undefined;

  constructor(
    private readonly ports: DetectPorts,
    private readonly options: DetectOptions,
  ) {
    const { settings } = options;
    this.#counts = new IngestMetrics(ports.metrics);
    this.#duplicates = new DuplicateFilter({ horizonMs: options.duplicateHorizonMs, maxIds: options.duplicateMaxIds });
    const { teaching = ALL_TIME } = ports;
    const baselines = new ExpectedBaselines(new StoredBaselines(ports.events, ports.alerts, teaching));
    const { endpoints, clock, log } = ports;
    this.#knowledge = new LiveKnowledge({
      endpoints,
      baselines: ports.baselines,
      clock,
      log,
      rulesDir: options.rulesDir,
    });
    this.#controls = ports.controls ?? new LiveControls();
    this.engine = new DetectionEngine(settings, baselines, {
      reportsServices: false,
      controls: this.#controls,
      teaching,
      onNewProfile: this.#knowledge.seeds.want,
    });
    this.#outages = new ServiceOutages(
      ports.events,
      this.#controls.tuned(errorSpike, settingsOf(settings, errorSpike)),
      () => this.#controls.isTuned(errorSpike.type),
    );
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
    const check = (this.#check = new FindingCheck({
      store: ports.events,
      engine: this.engine,
      tracker: this.tracker,
      seesAll: () => this.#seesAll(),
      onShared: () => this.#counts.sharedBlame(),
      onProblem: (error) => ports.log.warn({ err: error }, 'a finding could not be held against the other callers'),
    }));
    this.ingest = new EventIngest({
      tell: (finding, lane) => check.tell(finding, this.#laneOf(finding, lane)),
      templates: this.#knowledge.templates,
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
      partitions: () => this.ingest.partitions,
    });
    this.#partitions = new Partitions({
      tell: (finding, lane, again) => check.tell(finding, this.#laneOf(finding, lane), again),
      events: ports.events,
      engine: this.engine,
      duplicates: this.#duplicates,
      blocks: this.#blocks,
      ingest: this.ingest,
      tracker: this.tracker,
      metrics: this.#counts,
      clock: ports.clock,
      log: ports.log,
      count: () => ports.bus.partitions(EVENTS_TOPIC.name),
      unreadCallers: () => this.unreadCallers,
      options: { ...options, maxSeen: options.seenAtStart },
    });
    ports.bus.onAssignment(EVENTS_TOPIC.name, GROUP, (assignment) => this.#partitions.assign(assignment));
    this.#led = [this.#serviceHealth(), this.#alertResolution(), ...this.#gatewayWatch()];
  }

  /** Callers whose past waits to be read from the store. */
  get unreadCallers(): number {
    return this.#knowledge.seeds.waiting;
  }

  /** Adds itself to the ordered start and stop. */
  join(lifecycle: Lifecycle): void {
    lifecycle.add({ name: 'detect', phase: 'workers', start: () => this.start(), stop: () => this.stop() });
  }

  /** Before the first assignment of partitions: nothing is rebuilt without knowing our own enforcements. */
  async start(): Promise<void> {
    await this.#refreshBlocks();
    await this.#knowledge.start(this.engine);
    this.#tasks.every(this.options.blocksRefreshMs, () => this.#refreshBlocks());
    this.#tasks.every(this.options.tickMs, () => this.#tick());
    for (const loop of this.#led) await loop.start();
  }

  async stop(): Promise<void> {
    this.#tasks.stop();
    for (const loop of this.#led) await loop.stop();
    await this.#feeding;
    await this.#knowledge.stop();
    await this.ingest.stop();
  }

  async #tick(): Promise<void> {
    await this.#partitions.claimAgain();
    this.engine.tellsEstate = this.#seesAll();
    await this.#passTime();
    await this.tracker.tick((lane) => {
      if (lane === GATEWAY_LANE) return this.ports.clock.now();
      return lane === SERVICE_LANE ? this.#serviceTime() : this.#partitions.eventTime(lane);
    });
  }

  /** A finding on a caller belongs to the lane that the caller's alerts belong to, on anything else to nobody's. */
  #laneOf(finding: Finding, lane: number): number {
    return isCallerKind(finding.entity.kind) ? (this.#partitions.laneOf(finding) ?? lane) : SERVICE_LANE;
  }

  /** What was stored may be ahead of what was told of it. */
  #serviceTime(): number {
    const stored = this.#outages.eventTime(this.ports.clock.now());
    return Math.min(stored, this.#partitions.leastToldTime() ?? stored);
  }

  /** What silence tells: event time goes on although no event comes. */
  async #passTime(): Promise<void> {
    const now = this.#partitions.leastEventTime();
    if (now === undefined) return;
    const findings: Finding[] = [];
    await this.ingest.turn(() => this.engine.tick(now, findings));
    this.#counts.findings(findings);
    for (const finding of findings) await this.#check.tell(finding, this.#laneOf(finding, SERVICE_LANE));
  }

  /** What needs all callers of a service (outages, floods, shared addresses), and its alerts: the leader's. */
  #serviceHealth(): LedLoop {
    let claimed = false;
    const feed = this.#estateFeed();
    return this.#ledLoop('service-health', this.options.serviceHealthMs, {
      round: async (signal) => {
        if (!claimed)
          await this.tracker.claim(({ entity, type }) =>
            isCallerKind(entity.kind) || type === GATEWAY_CONFIG_CHANGE ? undefined : SERVICE_LANE,
          );
        claimed = true;
        const outages = await this.#outages.round(this.ports.clock.now());
        const findings = outages.flatMap((finding) => this.#controls.pass(finding) ?? []);
        this.#counts.findings(findings);
        for (const finding of findings) await this.tracker.take(finding, SERVICE_LANE);
        // a new leader learns for up to a minute: outages do not wait for it
        this.#feeding ??= feed
          .round(this.ports.clock.now(), signal)
          .catch((error: unknown) => this.ports.log.warn({ err: error }, 'the estate could not be looked at'))
          .finally(() => (this.#feeding = undefined));
        await Promise.race([this.#feeding, setTimeout(this.options.serviceHealthMs, undefined, { ref: false })]);
      },
      onResigned: () => {
        claimed = false;
        feed.forget();
        this.tracker
          .forget(new Set([SERVICE_LANE]))
          .catch((error: unknown) => this.ports.log.warn({ err: error }, 'alerts could not be handed over'));
      },
    });
  }

  /** What compares callers, where no process sees them all. */
  #estateFeed(): EstateFeed {
    const { events, alerts, bus, teaching = ALL_TIME } = this.ports;
    return new EstateFeed({
      store: events,
      makeEngine: () =>
        new DetectionEngine(this.options.settings, new StoredBaselines(events, alerts, teaching), {
          reportsServices: false,
          controls: this.#controls,
          teaching,
          scopes: ['estate'],
          onNewProfile: this.#knowledge.seeds.want,
        }),
      partitions: () => bus.partitions(EVENTS_TOPIC.name),
      seesAll: () => this.#seesAll(),
      learnMs: this.options.learnMs,
      maxLearned: this.options.maxReplayed,
      onRound: (round) => {
        this.#counts.estateRound(round);
        if (round.learned) this.ports.log.info({ events: round.events }, 'the estate is watched from here');
      },
      tell: async (finding) => {
        this.#counts.findings([finding]);
        await this.#check.tell(finding, this.#laneOf(finding, SERVICE_LANE));
      },
    });
  }

  #seesAll(): boolean {
    return this.ingest.seenPartitions >= this.ports.bus.partitions(EVENTS_TOPIC.name);
  }

  #alertResolution(): LedLoop {
    const deps = {
      store: this.ports.alerts,
      quietMs: quietTimes(this.options.settings),
      isHeld: (alert: Alert) => this.tracker.holds(alert),
      publish: (alert: Alert) => this.#publishAlert(alert, 'resolved'),
    };
    return this.#ledLoop('alert-resolution', ORPHANS_EVERY_MS, {
      round: async () => {
        const ended = await sweepOrphans(deps, this.ports.clock.now());
        if (ended > 0) this.ports.log.info({ alerts: ended }, 'alerts that nobody looked after were ended');
      },
    });
  }

  #gatewayWatch(): LedLoop[] {
    const { gateways, snapshots } = this.ports;
    const parts = { ...this.ports, gateways, snapshots, settings: this.options.settings, tracker: this.tracker };
    const tell = async (finding: Finding): Promise<boolean> => {
      const passed = this.#controls.pass(finding);
      if (!passed) return false;
      this.#counts.findings([passed]);
      await this.tracker.take(passed, GATEWAY_LANE);
      return true;
    };
    const watch = watchGateways({ ...parts, lane: GATEWAY_LANE, tell });
    return watch ? [this.#ledLoop('gateway-watch', watch.everyMs, watch)] : [];
  }

  #ledLoop(role: string, everyMs: number, work: Pick<LedLoopOptions, 'round' | 'onResigned'>): LedLoop {
    return new LedLoop({
      leadership: this.ports.leadership,
      role,
      everyMs,
      onError: (error) => this.ports.log.warn({ err: error, role }, 'a regular task of detection failed'),
      ...work,
    });
  }

  async #refreshBlocks(): Promise<void> {
    this.#blocks.refresh(await this.ports.enforcements.live(), this.ports.clock.now());
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
