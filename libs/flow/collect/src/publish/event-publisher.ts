import { EVENTS_TOPIC } from '@outrider/contracts/topics/topic-catalogue';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { backOffMs } from '@outrider/platform/back-off';
import { PermanentError, TransientError } from '@outrider/platform/errors';
import type { Logger } from '@outrider/platform/logger';
import type { Clock } from '@outrider/ports/clock';
import type { EventBus } from '@outrider/ports/event-bus';
import type { CollectMetrics } from './collect-metrics.ts';
import { Lane, type LaneSettings, type SealedBatch } from './lane.ts';
import { laneOf } from './lane-of.ts';
import { CancellableDelay } from './cancellable-delay.ts';

export interface PublisherSettings extends LaneSettings {
  /** How long a batch may wait for more events; ms. */
  readonly lingerMs: number;
  /** The same while somebody waits for durability; ms. */
  readonly durableLingerMs: number;
  /** Above this many unpublished bytes the inputs are paused … */
  readonly highBytes: number;
  /** … and below this they go on. */
  readonly lowBytes: number;
  readonly retryBaseMs: number;
  readonly retryMaxMs: number;
  /** How long `stop` waits for the bus; ms. */
  readonly stopMs: number;
}

/** Messages handed to the bus in one call. */
const MESSAGES_A_CALL = 8;

export interface PublisherParts {
  readonly bus: EventBus;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: CollectMetrics;
}

/**
 * Carries accepted events to the bus: in lanes, in batches, in order, repeating what fails for a time. What is accepted is never dropped;
 * instead `isFull` says that the inputs must wait, which bounds the memory.
 */
export class EventPublisher {
  readonly #lanes: readonly Lane[];
  readonly #busy: boolean[];
  readonly #timers: { at: number; timer: NodeJS.Timeout }[] = [];
  readonly #listeners: ((full: boolean) => void)[] = [];
  readonly #stopped = new CancellableDelay();
  #unpublished = 0;
  #full = false;
  #idle: (() => void)[] = [];

  constructor(
    private readonly parts: PublisherParts,
    private readonly settings: PublisherSettings,
  ) {
    // A lane is a partition: one caller is always in the same one, whichever collector took its entries.
    this.#lanes = Array.from(
      { length: parts.bus.partitions(EVENTS_TOPIC.name) },
      (_, partition) => new Lane(partition, settings),
    );
    this.#busy = this.#lanes.map(() => false);
  }

  /** True while the inputs must not bring more. What they bring nevertheless is still taken. */
  get isFull(): boolean {
    return this.#full;
  }

  get unpublishedBytes(): number {
    return this.#unpublished;
  }

  /** Called with true when inputs must pause and with false when they may go on. */
  onPressure(listener: (full: boolean) => void): void {
    this.#listeners.push(listener);
  }

  accept(events: readonly ApiEvent[]): void {
    this.#add(events);
    for (let i = 0; i < this.#lanes.length; i++) this.#kick(i, this.settings.lingerMs);
  }

  /** Resolves once all of them would survive the death of this process. */
  async acceptDurably(events: readonly ApiEvent[]): Promise<void> {
    this.#add(events);
    const durable = this.#lanes.map((lane) => lane.whenDurable());
    for (let i = 0; i < this.#lanes.length; i++) this.#kick(i, this.settings.durableLingerMs);
    await Promise.all(durable);
  }

  /** Publishes what is left, for at most `stopMs`. */
  async stop(): Promise<void> {
    for (let i = 0; i < this.#lanes.length; i++) this.#sealNow(i);
    await new Promise<void>((resolve) => {
      if (this.#unpublished === 0) return resolve();
      const deadline = setTimeout(() => {
        this.parts.log.error({ bytes: this.#unpublished }, 'stopped before the bus took all events');
        this.#stopped.cancel();
        resolve();
      }, this.settings.stopMs);
      this.#idle.push(() => {
        clearTimeout(deadline);
        resolve();
      });
    });
  }

  #add(events: readonly ApiEvent[]): void {
    const now = this.parts.clock.now();
    const lanes = this.#lanes.length;
    let bytes = 0;
    for (let i = 0; i < events.length; i++) {
      const event = events[i] as ApiEvent;
      bytes += (this.#lanes[lanes === 1 ? 0 : laneOf(event, lanes)] as Lane).add(event, now);
    }
    this.#unpublished += bytes;
    if (!this.#full && this.#unpublished > this.settings.highBytes) this.#press(true);
  }

  /** Publishes what is sealed, and sees that what is open will be sealed within `lingerMs`. */
  #kick(lane: number, lingerMs: number): void {
    const it = this.#lanes[lane] as Lane;
    if (it.hasSealed) void this.#pump(lane);
    if (!it.hasOpen) return;
    const due = performance.now() + lingerMs;
    const set = this.#timers[lane];
    if (set && set.at <= due) return;
    if (set) clearTimeout(set.timer);
    this.#timers[lane] = { at: due, timer: setTimeout(() => this.#sealNow(lane), lingerMs) };
  }

  #sealNow(lane: number): void {
    const set = this.#timers[lane];
    if (set) clearTimeout(set.timer);
    delete this.#timers[lane];
    // While the lane is busy the open batch goes on filling: it is sealed when its turn comes.
    if (this.#busy[lane] === true) return;
    (this.#lanes[lane] as Lane).seal();
    void this.#pump(lane);
  }

  async #pump(lane: number): Promise<void> {
    if (this.#busy[lane] === true) return;
    this.#busy[lane] = true;
    const it = this.#lanes[lane] as Lane;
    try {
      while (it.hasSealed) {
        await this.#publish(it.takeSealed(MESSAGES_A_CALL));
        if (!it.hasSealed && it.hasOpen && this.#timers[lane] === undefined) it.seal();
      }
    } finally {
      this.#busy[lane] = false;
    }
    if (this.#unpublished === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** Settles when the batches are durable, or given up for good. */
  async #publish(batches: readonly SealedBatch[]): Promise<void> {
    const { bus, log, metrics, clock } = this.parts;
    for (let attempt = 0; ; attempt++) {
      try {
        await bus.publish(
          EVENTS_TOPIC.name,
          batches.map((batch) => batch.message),
        );
        const now = clock.now();
        for (const batch of batches) {
          metrics.publishLag({}, Math.max(0, now - batch.openedAt) / 1_000);
          metrics.published({}, batch.events);
        }
        this.#settle(batches);
        return;
      } catch (error) {
        if (error instanceof PermanentError) {
          log.error({ err: error, batches: batches.length }, 'the bus refuses events for good');
          return this.#giveUp(batches, 'bus-refused', error);
        }
        metrics.publishRetries({ topic: EVENTS_TOPIC.name });
        if (attempt === 0 || attempt % 20 === 0)
          log.warn({ err: error, attempt }, 'the bus does not take events; trying again');
        const waited = await this.#stopped.wait(
          backOffMs(attempt, this.settings.retryBaseMs, this.settings.retryMaxMs, Math.random()),
        );
        if (!waited)
          return this.#giveUp(batches, 'stopped', new TransientError('stopped before the bus took the events'));
      }
    }
  }

  #settle(batches: readonly SealedBatch[]): void {
    this.#release(batches);
    for (const batch of batches) for (const waiter of batch.waiters) waiter.resolve();
  }

  #giveUp(batches: readonly SealedBatch[], reason: string, error: unknown): void {
    this.#release(batches);
    for (const batch of batches) {
      this.parts.metrics.lost({ reason }, batch.events);
      for (const waiter of batch.waiters) waiter.reject(error);
    }
  }

  #release(batches: readonly SealedBatch[]): void {
    for (const batch of batches) this.#unpublished -= batch.bytes;
    if (this.#full && this.#unpublished < this.settings.lowBytes) this.#press(false);
  }

  #press(full: boolean): void {
    this.#full = full;
    if (full) this.parts.metrics.paused();
    for (const listener of this.#listeners) listener(full);
  }
}
