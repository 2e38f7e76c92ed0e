import { completeRow, encodeEvent, readMessage } from '@outrider/contracts/events/event-row';
import { EVENTS_TOPIC } from '@outrider/contracts/topics/topic-catalogue';
import { backOffMs } from '@outrider/platform/back-off';
import { PermanentError, TransientError } from '@outrider/platform/errors';
import { eventId, type ApiEvent } from '@outrider/domain/traffic/api-event';
import type { Finding } from '@outrider/domain/detection/alert';
import type { CurrentTemplates } from '@outrider/ports/current-templates';
import type { Delivery } from '@outrider/ports/event-bus';
import { BUS_PARTITION_SPAN, type DeadLetter, type EventStore } from '@outrider/ports/event-store';
import type { EnforcementRecord } from '@outrider/ports/response-store';
import * as z from 'zod';
import type { AlertTracker } from '../alerts/alert-tracker.ts';
import type { DuplicateFilter } from '../duplicates/duplicate-filter.ts';
import type { ActiveBlocks } from '../echo/active-blocks.ts';
import type { DetectionEngine } from '../engine/detection-engine.ts';
import { BlockWriter } from './block-writer.ts';
import type { IngestMetrics } from './ingest-metrics.ts';
import { Lane } from './lane.ts';

export const busPosition = (partition: number, offset: number): number => partition * BUS_PARTITION_SPAN + offset;

/** Findings that may wait for the alert store before events wait too. */
const MAX_PENDING_FINDINGS = 5_000;

/** Of one partition; far below what the bus hands out at a time. */
const MAX_BLOCK_MESSAGES = 300;
/** With so many partitions a block may be one `maxBlockAgeMs` old, with twice as many two, up to five. */
const LANES_A_BLOCK_AGE = 2;
const MAX_AGE_TIMES = 5;

export interface EventIngestDeps {
  readonly store: Pick<EventStore, 'insertEvents' | 'insertDeadLetters'>;
  readonly engine: DetectionEngine;
  readonly tracker: AlertTracker;
  /** Hands a finding to the tracker. */
  readonly tell: (finding: Finding, lane: number) => Promise<void>;
  readonly duplicates: DuplicateFilter;
  readonly blocks: ActiveBlocks;
  /** Learned path templates: events are observed and stored with them. */
  readonly templates: Pick<CurrentTemplates, 'applied'>;
  readonly metrics: IngestMetrics;
  readonly now: () => number;
  readonly random: () => number;
  readonly maxBlockRows: number;
  readonly maxBlockAgeMs: number;
  readonly onRefusalSeen: (enforcement: EnforcementRecord, at: number) => Promise<void>;
  readonly onRetry: (error: unknown, attempt: number) => void;
}

/** Running totals since start. */
export interface IngestTotals {
  events: number;
  duplicates: number;
  redelivered: number;
  blockEchoes: number;
}

/**
 * Events from the bus: counted once, marked, watched, stored. Messages are watched one after the other in the order in which they came;
 * storing runs beside it. A message is acknowledged when its block is stored and its findings have reached the alert store. Messages of
 * partitions that this process has lost, or whose windows are not rebuilt yet, are refused: they come again, here or elsewhere.
 */
export class EventIngest {
  readonly totals: IngestTotals = { events: 0, duplicates: 0, redelivered: 0, blockEchoes: 0 };
  readonly #lanes = new Map<number, Lane>();
  #detecting: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(private readonly deps: EventIngestDeps) {}

  /** Rows that wait to be stored. */
  get pendingRows(): number {
    let rows = 0;
    for (const { writer } of this.#lanes.values()) rows += writer.pendingRows;
    return rows;
  }

  /** Partitions whose messages are taken. */
  get partitions(): number {
    let ours = 0;
    for (const { state } of this.#lanes.values()) if (state === 'ours') ours++;
    return ours;
  }

  /** Partitions of this process whose messages wait until its memory is rebuilt. */
  get rebuilding(): number {
    return this.#lanes.size - this.partitions;
  }

  /** Partitions whose events the engine sees: while none is taken yet, those that are rebuilt together. */
  get seenPartitions(): number {
    return this.partitions === 0 ? this.#lanes.size : this.partitions;
  }

  /** Messages that have no outcome yet. */
  get inHand(): number {
    let messages = 0;
    for (const { inHand } of this.#lanes.values()) messages += inHand;
    return messages;
  }

  lane(partition: number): Lane | undefined {
    return this.#lanes.get(partition);
  }

  /** The partition is this process' from now on; its messages are refused until the lane's state is `ours`. */
  gain(partition: number): Lane {
    this.lose(partition);
    const lane = new Lane(partition, this.#writerOf(partition), this.deps.now());
    this.#lanes.set(partition, lane);
    return lane;
  }

  /** At once, also for messages that were handed out and wait for their turn. */
  lose(partition: number): void {
    this.#lanes.get(partition)?.lose();
    this.#lanes.delete(partition);
  }

  /** Runs `task` between two messages: nothing else uses the engine meanwhile. */
  turn<T>(task: () => Promise<T> | T): Promise<T> {
    // The place in the queue is taken before the first await: order is the order of calls.
    const done = this.#detecting.then(task);
    this.#detecting = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }

  /** Rejects with PermanentError when the message cannot be read, with TransientError when its partition is not ours. */
  async takeEvents(delivery: Delivery): Promise<void> {
    if (this.#stopped) throw new TransientError('the analyzer is stopping', 'stopping');
    const lane = this.#lanes.get(delivery.partition);
    if (lane?.state !== 'ours') throw this.#notOurs();
    lane.messages++;
    lane.inHand++;
    try {
      const { settled } = await this.turn(() => this.#detect(delivery, lane));
      await settled;
    } finally {
      lane.inHand--;
      lane.activeAt = this.deps.now();
    }
  }

  async takeDeadLetters(delivery: Delivery): Promise<void> {
    const letters = readDeadLetters(delivery.value);
    const token = `${delivery.topic}/${delivery.partition}/${delivery.offset}@${delivery.appendedAt}`;
    for (let attempt = 0; ; attempt++) {
      try {
        await this.deps.store.insertDeadLetters(letters, token);
        this.deps.metrics.deadLetters(letters.length);
        return;
      } catch (error) {
        if (!(error instanceof TransientError) || this.#stopped) throw error;
        this.deps.onRetry(error, attempt);
        await new Promise((resolve) => setTimeout(resolve, backOffMs(attempt, 100, 5_000, this.deps.random())));
      }
    }
  }

  /** Waits for what is under way; what cannot be stored now comes again from the bus. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#detecting;
    await Promise.all([...this.#lanes.values()].map(({ writer }) => writer.stop()));
    await this.deps.tracker.flush();
  }

  /** `settled`: stored, and findings handed over. In an object, since a promise that an async function returns is waited for. */
  async #detect(delivery: Delivery, lane: Lane): Promise<{ readonly settled: Promise<void> }> {
    if (lane.state === 'lost') throw this.#notOurs();
    const { rows, events } = readEvents(delivery.value);
    const position = busPosition(delivery.partition, delivery.offset);
    const findings: Finding[] = [];
    const kept: string[] = [];
    for (let i = 0; i < events.length; i++) {
      const read = events[i];
      const text = rows[i];
      if (!read || text === undefined) continue;
      const event = this.deps.templates.applied(read);
      const row = event === read ? text : encodeEvent(event);
      const sighting = this.#sighting(event, position, events, i);
      if (sighting === 'duplicate') continue;
      const echo = this.deps.blocks.echoOf(event);
      kept.push(completeRow(row, position, echo !== undefined));
      if (sighting === 'redelivered') continue;
      if (echo !== undefined) this.#echo(echo, event);
      else {
        const due = this.deps.engine.observeNow(event, delivery.partition, findings);
        if (due === undefined) continue;
        await this.deps.engine.settle(due, event, findings);
        if (this.#isLost(lane)) throw this.#notOurs();
      }
    }
    this.#count(events);
    const stored = lane.writer.add(delivery, kept);
    const taken = findings.map((finding) => this.deps.tell(finding, lane.partition));
    lane.told(this.deps.engine.newestOf(lane.partition), taken);
    this.deps.metrics.findings(findings);
    if (this.deps.tracker.pending > MAX_PENDING_FINDINGS) await Promise.all(taken);
    const settled = Promise.all([stored, ...taken]).then(() => undefined);
    // Somebody always waits for it, but not yet.
    settled.catch(() => undefined);
    return { settled };
  }

  #sighting(
    event: ApiEvent,
    position: number,
    events: readonly ApiEvent[],
    index: number,
  ): 'first' | 'redelivered' | 'duplicate' {
    const sighting = this.deps.duplicates.see(eventId(event), position, event.receivedAt);
    if (sighting === 'first') return 'first';
    // The same id twice within one message has the same position as well.
    const twice = sighting === 'redelivered' && isEarlier(events, index);
    if (sighting === 'duplicate' || twice) {
      this.totals.duplicates++;
      this.deps.metrics.duplicate(event.gateway);
      return 'duplicate';
    }
    this.totals.redelivered++;
    this.deps.metrics.redelivered();
    return 'redelivered';
  }

  #echo(enforcementId: string, event: ApiEvent): void {
    this.totals.blockEchoes++;
    this.deps.metrics.blockEcho();
    const enforcement = this.deps.blocks.firstSeen(enforcementId);
    if (!enforcement) return;
    this.deps.onRefusalSeen(enforcement, event.startedAt).catch(() => this.deps.blocks.forgetSeen(enforcementId));
  }

  #count(events: readonly ApiEvent[]): void {
    this.totals.events += events.length;
    this.deps.metrics.leftOut(this.deps.engine);
    const last = events.at(-1);
    if (last) this.deps.metrics.observed(events.length, (this.deps.now() - last.startedAt) / 1000);
  }

  /** It may have changed during an await. */
  #isLost(lane: Lane): boolean {
    return lane.state === 'lost';
  }

  #notOurs(): TransientError {
    this.deps.metrics.refusedMessage();
    return new TransientError('the partition is not ours', 'partition-lost');
  }

  /** Each partition makes blocks of its own, and a block costs the store much the same however small: with many of them each waits longer. */
  #blockAgeMs(): number {
    const times = Math.min(MAX_AGE_TIMES, Math.max(1, this.#lanes.size / LANES_A_BLOCK_AGE));
    return this.deps.maxBlockAgeMs * times;
  }

  #writerOf(partition: number): BlockWriter {
    return new BlockWriter(EVENTS_TOPIC.name, partition, {
      maxAgeMs: () => this.#blockAgeMs(),
      maxRows: this.deps.maxBlockRows,
      maxMessages: MAX_BLOCK_MESSAGES,
      insert: (block) => this.deps.store.insertEvents(block),
      onStored: (rows, seconds) => this.deps.metrics.stored(rows, seconds),
      onRetry: this.deps.onRetry,
      random: this.deps.random,
    });
  }
}

const isEarlier = (events: readonly ApiEvent[], index: number): boolean => {
  const event = events[index];
  for (let i = 0; i < index; i++) if (events[i]?.id === event?.id && events[i]?.gateway === event?.gateway) return true;
  return false;
};

const readEvents = (value: Buffer): ReturnType<typeof readMessage> => {
  try {
    return readMessage(value);
  } catch (error) {
    throw new PermanentError('a batch of events cannot be read', 'unreadable-events', { cause: error });
  }
};

/** Bounded by what collect writes; unknown fields are dropped. */
const DeadLetters = z.array(
  z.object({
    tenant: z.string(),
    gateway: z.string(),
    id: z.string(),
    receivedAt: z.number(),
    reason: z.string(),
    detail: z.string(),
    excerpt: z.string(),
    bytes: z.number(),
    transport: z.string(),
  }),
);

const readDeadLetters = (value: Buffer): readonly DeadLetter[] => {
  try {
    return DeadLetters.parse(JSON.parse(value.toString('utf8')));
  } catch (error) {
    throw new PermanentError('a batch of dead letters cannot be read', 'unreadable-dead-letters', { cause: error });
  }
};
