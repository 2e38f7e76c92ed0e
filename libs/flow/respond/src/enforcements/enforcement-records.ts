import type { Change } from '@outrider/contracts/topics/change';
import { CHANGES_TOPIC } from '@outrider/contracts/topics/topic-catalogue';
import { transition, type EnforcementEvent } from '@outrider/domain/response/enforcement-lifecycle';
import type { Logger } from '@outrider/platform/logger';
import type { Clock } from '@outrider/ports/clock';
import type { EventBus } from '@outrider/ports/event-bus';
import type { EnforcementRecord, EnforcementStore, Hold } from '@outrider/ports/response-store';
import type { EnforcementNotifier } from '../notifications/enforcement-notifier.ts';
import type { RespondMetrics } from '../respond-metrics.ts';

/** Who acts when no person does; the actor of the audit rows. */
export const OUTRIDER = 'outrider';

export interface RecordParts {
  readonly enforcements: EnforcementStore;
  readonly notifier: EnforcementNotifier;
  readonly bus: EventBus;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: RespondMetrics;
}

/** The rows: each step is saved with its audit row, told to webhooks and announced to the other processes. */
export class EnforcementRecords {
  constructor(private readonly parts: RecordParts) {}

  find(id: string): Promise<EnforcementRecord | undefined> {
    return this.parts.enforcements.findById(id);
  }

  /** No other process changes the slot meanwhile; see the port. */
  hold<T>(slot: string, task: (hold: Hold) => Promise<T>): Promise<T> {
    return this.parts.enforcements.hold(slot, task);
  }

  live(): Promise<readonly EnforcementRecord[]> {
    return this.parts.enforcements.live();
  }

  /**
   * Saves what `event` makes of the record; undefined when the event means nothing in its state. ConflictError when the row has
   * changed meanwhile. A new state is told before it is saved: told twice is once (one key a state), while after a crash
   * between the two it would never be told.
   */
  async advance(
    record: EnforcementRecord,
    event: EnforcementEvent,
    extra: Partial<Pick<EnforcementRecord, 'gaps'>> = {},
  ): Promise<EnforcementRecord | undefined> {
    const { clock, log, metrics, notifier } = this.parts;
    const next = transition({ ...record, ...extra }, event, clock.now());
    if (!next) return undefined;
    const moved = next.state !== record.state;
    if (moved) await notifier.tell(next);
    await this.parts.enforcements.save(next, { actor: actorOf(event), act: `enforcement.${event.kind}` });
    await this.publish(next);
    if (moved) {
      metrics.reached(next.state);
      log.info({ enforcement: next.id, state: next.state, entity: next.entity, gateway: next.gateway }, 'enforcement');
    }
    return next;
  }

  /** Saves what is about to be written to Kong, before it is written: after a crash the originals are known. */
  async prepare(
    record: EnforcementRecord,
    change: Pick<EnforcementRecord, 'saved' | 'gaps' | 'changes'>,
  ): Promise<EnforcementRecord> {
    const next = { ...record, ...change, revision: record.revision + 1 };
    await this.parts.enforcements.save(next, { actor: OUTRIDER, act: 'enforcement.planned' });
    return next;
  }

  /** A nudge only: a bus that is away delays nobody, the row is the truth. */
  async publish(record: EnforcementRecord): Promise<void> {
    const { id, tenant, revision, state } = record;
    const change: Change = {
      v: 1,
      tenant,
      kind: 'enforcement',
      id,
      revision,
      change: state,
      at: this.parts.clock.now(),
    };
    const message = { key: id, value: Buffer.from(JSON.stringify(change)), headers: {} };
    await this.parts.bus
      .publish(CHANGES_TOPIC.name, [message])
      .catch((error: unknown) => this.parts.log.warn({ err: error, enforcement: id }, 'change not announced'));
  }
}

const actorOf = (event: EnforcementEvent): string =>
  event.kind === 'lift' || event.kind === 'ended-unapplied' ? event.by : OUTRIDER;
