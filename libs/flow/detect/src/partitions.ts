import { setTimeout } from 'node:timers/promises';
import { callerPartition, isCallerKind } from '@outrider/domain/traffic/caller-partition';
import type { Finding } from '@outrider/domain/detection/alert';
import { LimitError } from '@outrider/platform/errors';
import type { Logger } from '@outrider/platform/logger';
import type { Clock } from '@outrider/ports/clock';
import type { Assignment } from '@outrider/ports/event-bus';
import type { EventStore } from '@outrider/ports/event-store';
import type { AlertTracker } from './alerts/alert-tracker.ts';
import type { DuplicateFilter } from './duplicates/duplicate-filter.ts';
import type { ActiveBlocks } from './echo/active-blocks.ts';
import type { DetectionEngine } from './engine/detection-engine.ts';
import { GATEWAY_CONFIG_CHANGE } from './gateway-watch/config-finding.ts';
import type { EventIngest } from './ingest/event-ingest.ts';
import type { IngestMetrics } from './ingest/ingest-metrics.ts';
import type { Lane } from './ingest/lane.ts';
import { recover, type Recovered, type RecoveryDeps, type RecoveryOptions } from './ingest/recovery.ts';
import { BUS_PARTITION_SPAN } from '@outrider/ports/event-store';

/** Findings on services come by no partition: they are the leader's. */
export const SERVICE_LANE = -1;
/** Findings on gateways' configurations: the leader's as well, by the wall clock. */
export const GATEWAY_LANE = -2;

/** A lane that had no message for this long while others have is read to its end; ms. */
const IDLE_MS = 5_000;
/** The same before its first message: the bus may need time to begin; and for all lanes together; ms. */
const SILENCE_MS = 60_000;
const PROGRESS_EVERY = 100_000;
/** What partitions that were taken over wait for the pasts of their callers, beyond which detectors are silent about them for a while; ms. */
const CALLERS_WAIT_MS = 15_000;
const CALLERS_LOOK_MS = 20;
/** Of the past that the store could not give, so much less is asked for each time, and what is asked for at least. */
const LESS_PAST = 4;
const LEAST_PAST = 1 / 64;

export interface PartitionsDeps {
  readonly events: EventStore;
  readonly engine: DetectionEngine;
  readonly duplicates: DuplicateFilter;
  readonly blocks: ActiveBlocks;
  readonly ingest: EventIngest;
  readonly tracker: AlertTracker;
  /** Hands a finding to the tracker; `again`: it was made once more from what is stored. */
  readonly tell: (finding: Finding, lane: number, again: boolean) => Promise<void>;
  readonly metrics: IngestMetrics;
  readonly clock: Clock;
  readonly log: Logger;
  /** Partitions of the events topic. */
  readonly count: () => number;
  /** Callers whose past waits to be read from the store; absent: none ever does. */
  readonly unreadCallers?: () => number;
  readonly options: Pick<RecoveryOptions, 'replayMs' | 'learnMs' | 'maxReplayed' | 'maxSeen'>;
}

/**
 * What follows the partitions of this process: windows, known ids, alerts. Lost partitions are forgotten, gained ones rebuilt from the event
 * store before their first message, while those that are kept go on.
 */
export class Partitions {
  #changing: Promise<void> = Promise.resolve();
  /** Partitions that memory may still hold something of. */
  readonly #known = new Set<number>();
  #claimFailed = false;
  #messages = 0;
  #movedAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly deps: PartitionsDeps) {}

  /** Listens to the bus. Rejects when the event store cannot be read: the bus tries again. */
  assign({ gained, lost }: Pick<Assignment, 'gained' | 'lost'>): Promise<void> {
    // At once: what was handed out and waits for its turn must not be observed with windows that somebody else goes on with.
    for (const partition of lost) this.deps.ingest.lose(partition);
    const lanes = gained.map((partition) => this.deps.ingest.gain(partition));
    const changed = this.#changing.then(() => this.#change(lanes, lost));
    this.#changing = changed.catch(() => undefined);
    return changed;
  }

  /** The partition that an alert's findings come by, if it is ours. */
  laneOf({ entity }: Pick<Finding, 'entity'>): number | undefined {
    if (!isCallerKind(entity.kind)) return undefined;
    const partition = callerPartition(entity.kind, entity.id, this.deps.count());
    return this.deps.ingest.lane(partition) ? partition : undefined;
  }

  /**
   * Event time of a lane: that of the newest event whose findings were told, or, once it was read to its end, the time that the other lanes
   * have come to. While a backlog is read, events are far ahead of the findings that wait for the alert store.
   */
  eventTime(lane: number): number {
    const own = this.deps.ingest.lane(lane);
    return this.#timeOf(lane, own === undefined ? this.deps.engine.newestOf(lane) : own.toldTo);
  }

  /** Event time that the findings of all our lanes were told up to; undefined as `leastEventTime`. */
  leastToldTime(): number | undefined {
    return this.#least((lane) => this.eventTime(lane));
  }

  /** What the event time of all our lanes has come to; undefined while one is rebuilt or none is ours. */
  leastEventTime(): number | undefined {
    return this.#least((lane) => this.#timeOf(lane, this.deps.engine.newestOf(lane)));
  }

  #timeOf(lane: number, newest: number): number {
    const { ingest, clock } = this.deps;
    const own = ingest.lane(lane);
    if (own?.state !== 'ours' || own.inHand > 0) return newest;
    const idleMs = clock.now() - own.activeAt;
    return idleMs < (own.messages > 0 ? IDLE_MS : SILENCE_MS) ? newest : Math.max(newest, this.#processTime());
  }

  #least(timeOf: (lane: number) => number): number | undefined {
    let least: number | undefined;
    for (let lane = 0; lane < this.deps.count(); lane++) {
      const own = this.deps.ingest.lane(lane);
      if (own === undefined) continue;
      if (own.state !== 'ours') return undefined;
      const at = timeOf(lane);
      if (Number.isFinite(at)) least = Math.min(least ?? at, at);
    }
    return least;
  }

  /** The alerts of partitions whose alerts could not be read when they were taken over. */
  async claimAgain(): Promise<void> {
    if (this.#claimFailed) await this.#claim();
  }

  /** The newest event's time, or, when nothing came for a minute, a minute ago. */
  #processTime(): number {
    const { engine, ingest, clock } = this.deps;
    const now = clock.now();
    const messages = ingest.totals.events;
    if (messages !== this.#messages || ingest.inHand > 0) {
      this.#messages = messages;
      this.#movedAt = now;
    }
    return now - this.#movedAt > SILENCE_MS ? Math.max(engine.watermark, now - SILENCE_MS) : engine.watermark;
  }

  async #change(lanes: readonly Lane[], lost: readonly number[]): Promise<void> {
    await this.#forget([...lost, ...lanes.map(({ partition }) => partition)]);
    const wanted = lanes.filter(({ state }) => state === 'rebuilding');
    if (wanted.length > 0) await this.#takeOver(wanted);
  }

  async #forget(partitions: readonly number[]): Promise<void> {
    const { engine, tracker, log } = this.deps;
    const gone = new Set(partitions.filter((partition) => this.#known.has(partition)));
    if (gone.size === 0) return;
    await this.#forgetMemory(gone);
    for (const partition of gone) this.#known.delete(partition);
    // Not waited for: an alert store that is away must not hold up the partitions that we have.
    tracker.forget(gone).catch((error: unknown) => log.warn({ err: error }, 'alerts could not be handed over'));
    log.info({ partitions: [...gone], callers: engine.callers }, 'partitions forgotten');
  }

  #forgetMemory(gone: ReadonlySet<number>): Promise<void> {
    const { ingest, engine, duplicates } = this.deps;
    return ingest.turn(() => {
      engine.forgetLanes(gone);
      duplicates.keepOnly((position) => !gone.has(Math.floor(position / BUS_PARTITION_SPAN)));
    });
  }

  async #takeOver(lanes: readonly Lane[]): Promise<void> {
    const { events, engine, duplicates, blocks, ingest, metrics, clock, log, options } = this.deps;
    const began = performance.now();
    const partitions = lanes.map(({ partition }) => partition);
    for (const partition of partitions) this.#known.add(partition);
    await this.#claim();
    log.info({ partitions, days: options.learnMs / 86_400_000, most: options.maxReplayed }, 'detection memory: reading what is stored'); // prettier-ignore
    let told = 0;
    let counted = 0;
    const { observed, heldSince } = await this.#recover(
      lanes,
      {
        store: events,
        duplicates,
        engine,
        blocks,
        turn: (task) => ingest.turn(task),
        onFinding: (finding: Finding, lane) => this.deps.tell(finding, lane, true),
        onProgress: (count, at) => {
          // it was begun again with less
          if (count < counted) told = counted = 0;
          metrics.relearned(count - counted);
          counted = count;
          if (count - told < PROGRESS_EVERY) return;
          told = count;
          log.info({ partitions, events: count, upTo: timeText(at) }, 'detection memory is being restored');
        },
      },
      clock.now(),
    );
    engine.heldFrom(partitions, heldSince);
    await this.#callersKnown();
    for (const lane of lanes) {
      if (lane.state !== 'rebuilding') continue;
      lane.state = 'ours';
      lane.toldTo = engine.newestOf(lane.partition);
      lane.activeAt = clock.now();
    }
    const seconds = (performance.now() - began) / 1000;
    metrics.tookOver(partitions.length, seconds);
    log.info(
      {
        partitions,
        events: observed,
        since: timeText(heldSince),
        ids: duplicates.size,
        ms: Math.round(seconds * 1000),
      },
      'detection memory restored',
    );
  }

  /** With less of the past where the store cannot give as much: asking for the same again would end the same way. */
  async #recover(lanes: readonly Lane[], deps: RecoveryDeps, now: number): Promise<Recovered> {
    const { ingest, log, options } = this.deps;
    const keepsOthers = ingest.partitions > 0;
    for (let part = 1; ; part /= LESS_PAST) {
      try {
        const { learnMs, maxReplayed, maxSeen } = options;
        const less = {
          learnMs: learnMs * part,
          maxReplayed: Math.ceil(maxReplayed * part),
          maxSeen: Math.ceil(maxSeen * part),
        };
        return await recover(lanes, deps, { ...options, ...less, now, keepsOthers });
      } catch (error) {
        if (!(error instanceof LimitError) || part < LEAST_PAST) throw error;
        log.warn(
          { err: error, part: part / LESS_PAST },
          'detection memory: the store cannot give as much, reading less',
        );
        await this.#forgetMemory(new Set(lanes.map(({ partition }) => partition)));
      }
    }
  }

  /** With what the store knows of those who were just replayed: otherwise it would be new to the first events after. */
  async #callersKnown(): Promise<void> {
    const until = performance.now() + CALLERS_WAIT_MS;
    while ((this.deps.unreadCallers?.() ?? 0) > 0 && performance.now() < until) await setTimeout(CALLERS_LOOK_MS);
  }

  /** Findings find their alert by themselves; this is so that an alert without further findings ends. */
  async #claim(): Promise<void> {
    this.#claimFailed = false;
    try {
      // how a consumer is configured is the gateway watch's, whoever has the consumer's events
      await this.deps.tracker.claim((alert) => (alert.type === GATEWAY_CONFIG_CHANGE ? undefined : this.laneOf(alert)));
    } catch (error) {
      this.#claimFailed = true;
      this.deps.log.warn({ err: error }, 'open alerts could not be read, trying again');
    }
  }
}

/** For logs. */
const timeText = (at: number): string | undefined => (Number.isFinite(at) ? new Date(at).toISOString() : undefined);
