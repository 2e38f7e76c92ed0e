import { completeRow, decodeRows, splitRows } from '@outrider/contracts/events/event-row';
import { backOffMs } from '@outrider/platform/back-off';
import { PermanentError, TransientError } from '@outrider/platform/errors';
import { eventId, type ApiEvent } from '@outrider/domain/traffic/api-event';
import type { Finding } from '@outrider/domain/detection/alert';
import type { Delivery } from '@outrider/ports/event-bus';
import type { DeadLetter, EventStore } from '@outrider/ports/event-store';
import type { EnforcementRecord } from '@outrider/ports/response-store';
import * as z from 'zod';
import type { AlertTracker } from '../alerts/alert-tracker.ts';
import type { DuplicateFilter } from '../duplicates/duplicate-filter.ts';
import type { ActiveBlocks } from '../echo/active-blocks.ts';
import type { DetectionEngine } from '../engine/detection-engine.ts';
import { BlockWriter } from './block-writer.ts';
import type { IngestMetrics } from './ingest-metrics.ts';

/** Positions of one partition lie 2^40 apart: offsets stay below that for as long as anyone lives. */
export const PARTITION_SPAN = 2 ** 40;
export const busPosition = (partition: number, offset: number): number => partition * PARTITION_SPAN + offset;

/** Findings that may wait for the alert store before events wait too. */
const MAX_PENDING_FINDINGS = 5_000;

export interface EventIngestDeps {
  readonly store: Pick<EventStore, 'insertEvents' | 'insertDeadLetters'>;
  readonly engine: DetectionEngine;
  readonly tracker: AlertTracker;
  readonly duplicates: DuplicateFilter;
  readonly blocks: ActiveBlocks;
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
 * storing runs beside it. A message is acknowledged when its block is stored and its findings have reached the alert store.
 */
export class EventIngest {
  readonly totals: IngestTotals = { events: 0, duplicates: 0, redelivered: 0, blockEchoes: 0 };
  readonly #writers = new Map<string, BlockWriter>();
  #detecting: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(private readonly deps: EventIngestDeps) {}

  /** Rows that wait to be stored. */
  get pendingRows(): number {
    let rows = 0;
    for (const writer of this.#writers.values()) rows += writer.pendingRows;
    return rows;
  }

  /** Rejects with PermanentError when the message cannot be read. */
  async takeEvents(delivery: Delivery): Promise<void> {
    if (this.#stopped) throw new TransientError('the analyzer is stopping', 'stopping');
    // The place in the queue is taken before the first await: order is the order of calls.
    const detected = this.#detecting.then(() => this.#detect(delivery));
    this.#detecting = detected.then(
      () => undefined,
      () => undefined,
    );
    const { settled } = await detected;
    await settled;
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
    await Promise.all([...this.#writers.values()].map((writer) => writer.stop()));
    await this.deps.tracker.flush();
  }

  /** `settled`: stored, and findings handed over. In an object, since a promise that an async function returns is waited for. */
  async #detect(delivery: Delivery): Promise<{ readonly settled: Promise<void> }> {
    const rows = splitRows(delivery.value);
    const events = readEvents(rows);
    const position = busPosition(delivery.partition, delivery.offset);
    const findings: Finding[] = [];
    const kept: string[] = [];
    for (let i = 0; i < events.length; i++) {
      const event = events[i];
      const row = rows[i];
      if (!event || row === undefined) continue;
      const sighting = this.#sighting(event, position, events, i);
      if (sighting === 'duplicate') continue;
      const echo = this.deps.blocks.echoOf(event);
      kept.push(completeRow(row, position, echo !== undefined));
      if (sighting === 'redelivered') continue;
      if (echo !== undefined) this.#echo(echo, event);
      else {
        const due = this.deps.engine.observeNow(event, delivery.partition, findings);
        if (due !== undefined) await this.deps.engine.settle(due, event, findings);
      }
    }
    this.#count(events);
    const stored = this.#writer(delivery).add(delivery, kept);
    const taken = findings.map((finding) => this.deps.tracker.take(finding));
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

  #writer(delivery: Delivery): BlockWriter {
    const key = `${delivery.topic}/${delivery.partition}`;
    const known = this.#writers.get(key);
    if (known) return known;
    const writer = new BlockWriter(delivery.topic, delivery.partition, {
      maxAgeMs: this.deps.maxBlockAgeMs,
      maxRows: this.deps.maxBlockRows,
      insert: (block) => this.deps.store.insertEvents(block),
      onStored: (rows, seconds) => this.deps.metrics.stored(rows, seconds),
      onRetry: this.deps.onRetry,
      random: this.deps.random,
    });
    this.#writers.set(key, writer);
    return writer;
  }
}

const isEarlier = (events: readonly ApiEvent[], index: number): boolean => {
  const event = events[index];
  for (let i = 0; i < index; i++) if (events[i]?.id === event?.id && events[i]?.gateway === event?.gateway) return true;
  return false;
};

const readEvents = (rows: readonly string[]): ApiEvent[] => {
  try {
    return decodeRows(rows);
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
