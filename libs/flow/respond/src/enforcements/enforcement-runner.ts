import { isDeepStrictEqual } from 'node:util';
import { restraintOf, type Restraint } from '@outrider/domain/response/restraint';
import { backOffMs } from '@outrider/platform/back-off';
import { ConflictError, PermanentError, TransientError } from '@outrider/platform/errors';
import type { Logger } from '@outrider/platform/logger';
import type { Clock } from '@outrider/ports/clock';
import type { EnforcementRecord, Hold, PolicyStore } from '@outrider/ports/response-store';
import { isLive } from '@outrider/domain/response/admission';
import { ACTIONS } from '../actions/action-catalogue.ts';
import { changesOf, type Plan } from '../plan/plan.ts';
import { originalsOf, toSaved } from '../plan/saved-originals.ts';
import type { RespondMetrics } from '../respond-metrics.ts';
import type { EnforcementJobs } from './enforcement-jobs.ts';
import { OUTRIDER, type EnforcementRecords } from './enforcement-records.ts';
import type { GatewayChanges } from './gateway-changes.ts';
import { slotOf } from './gateway-slot.ts';
import type { KeyedMutex } from './keyed-mutex.ts';

export interface RunnerParts {
  readonly records: EnforcementRecords;
  readonly changes: GatewayChanges;
  readonly jobs: EnforcementJobs;
  readonly policies: PolicyStore;
  readonly mutex: KeyedMutex;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: RespondMetrics;
}

/** Times that a row is read again because somebody else saved it first. */
const MAX_STALE = 5;
const RETRY_BASE_MS = 1_000;
const APPLY_RETRY_MAX_MS = 60_000;
/** A lift never gives up: a block past its end is damage. */
const LIFT_RETRY_MAX_MS = 300_000;
/** Times that an enforcement which was not found in Kong after its time of propagation is written again. */
const MAX_REWRITES = 2;

type Job = 'apply' | 'verify' | 'lift';
type Step = (record: EnforcementRecord, hold: Hold) => Promise<void>;

/** Carries an enforcement through its life. Every step may be repeated, and may be run by several processes at once. */
export class EnforcementRunner {
  constructor(private readonly parts: RunnerParts) {}

  apply(id: string): Promise<void> {
    return this.#run('apply', id, (record, hold) => this.#apply(record, hold));
  }

  verify(id: string): Promise<void> {
    return this.#run('verify', id, (record, hold) => this.#verify(record, hold));
  }

  lift(id: string): Promise<void> {
    return this.#run('lift', id, (record, hold) => this.#lift(record, hold));
  }

  /** A refusal of ours was seen in Kong's log. */
  refusalSeen(id: string): Promise<void> {
    return this.#run('verify', id, async (record) => {
      await this.parts.records.advance(record, { kind: 'effective', by: 'refusal-seen' });
    });
  }

  /**
   * Takes out what an enforcement that is over left in Kong (a restored backup, a late write of a dead process); answers the number of
   * writes. `before` hears of it before the first one.
   */
  removeRemains(record: EnforcementRecord, before: () => Promise<void>): Promise<number> {
    return this.#inSlot(slotOf(record), async (hold) => {
      const again = await this.parts.records.find(record.id);
      if (again && isLive(again.state)) return 0;
      let told: Promise<void> | undefined;
      const settled = await this.parts.changes.settle(record, 'undo', hold, async (row) => {
        await (told ??= before());
        return row;
      });
      return settled.writes;
    });
  }

  /** Writes a share again that a concurrent change of the same plugin by another process has overwritten. */
  rewrite(id: string): Promise<void> {
    return this.#run('apply', id, async (record, hold) => {
      if (record.state !== 'applied' && record.state !== 'effective') return;
      if (isOver(record, this.parts.clock.now())) return this.#lift(record, hold);
      if ((await this.parts.policies.guardRails(record.tenant)).killSwitch) return;
      await this.parts.changes.settle(record, 'plan', hold, (row, plan) => this.#prepare(row, plan));
    });
  }

  /** Alone with this part of Kong: first in this process, then among all. */
  #inSlot<T>(slot: string, task: (hold: Hold) => Promise<T>): Promise<T> {
    return this.parts.mutex.run(slot, () => this.parts.records.hold(slot, task));
  }

  async #run(job: Job, id: string, step: Step): Promise<void> {
    for (let stale = 0; ; stale++) {
      const record = await this.parts.records.find(id);
      if (!record) return this.parts.log.warn({ enforcement: id, job }, 'no such enforcement');
      try {
        return await this.#inSlot(slotOf(record), async (hold) => {
          const fresh = await this.parts.records.find(id);
          if (fresh) await this.#guarded(job, fresh, hold, step);
        });
      } catch (error) {
        if (!(error instanceof ConflictError) || stale >= MAX_STALE) throw error;
      }
    }
  }

  /** What goes wrong with Kong is written on the row and tried again; what goes wrong with the row is the queue's to try again. */
  async #guarded(job: Job, record: EnforcementRecord, hold: Hold, step: Step): Promise<void> {
    try {
      await step(record, hold);
    } catch (error) {
      if (error instanceof ConflictError) throw error;
      if (!(error instanceof TransientError) && !(error instanceof PermanentError)) throw error;
      await this.#recover(job, (await this.parts.records.find(record.id)) ?? record, hold, error);
    }
  }

  async #recover(
    job: Job,
    record: EnforcementRecord,
    hold: Hold,
    error: TransientError | PermanentError,
  ): Promise<void> {
    const { clock, log, metrics, records, jobs } = this.parts;
    log.warn({ err: error, enforcement: record.id, job, attempts: record.attempts + 1 }, 'enforcement step failed');
    if (error instanceof PermanentError && record.state === 'pending') return this.#giveUp(record, hold, error);
    const max = record.state === 'lifting' ? LIFT_RETRY_MAX_MS : APPLY_RETRY_MAX_MS;
    const nextAttemptAt = clock.now() + backOffMs(record.attempts, RETRY_BASE_MS, max, Math.random());
    metrics.retried(job, error.code);
    const next = await records.advance(record, { kind: 'retry', error: error.message, nextAttemptAt });
    if (next) await jobs.arm(next, 0);
  }

  /** Kong refuses it for good. What was written before the refusal is taken back first. */
  async #giveUp(record: EnforcementRecord, hold: Hold, error: PermanentError): Promise<void> {
    const { changes, records, jobs } = this.parts;
    try {
      if (record.saved !== null) await changes.settle(record, 'undo', hold);
    } catch (undoError) {
      this.parts.log.warn({ err: undoError, enforcement: record.id }, 'what was written is taken back later');
      const lifting = await records.advance(record, { kind: 'lift', by: OUTRIDER });
      if (lifting) await jobs.lift(record.id, this.parts.clock.now() + RETRY_BASE_MS);
      return;
    }
    await records.advance(record, { kind: 'failed', error: error.message });
  }

  async #apply(record: EnforcementRecord, hold: Hold): Promise<void> {
    const { clock, records, changes, jobs, metrics } = this.parts;
    if (record.state === 'lifting') return this.#lift(record, hold);
    if (record.state === 'applied') return jobs.arm(record, changes.propagationMs(record));
    if (record.state !== 'pending') return;
    if (isOver(record, clock.now())) return this.#lift(record, hold);
    const restraint = restraintOf(record, await this.parts.policies.guardRails(record.tenant));
    if (restraint) return this.#restrain(record, hold, restraint);
    const action = ACTIONS[record.action.kind];
    if (!action.needs.includes(record.entity.kind))
      throw new PermanentError(
        `${action.kind} needs a ${action.needs.join(' or ')}, not a ${record.entity.kind}`,
        'wrong-entity',
      );
    await this.#checkGateway(record);
    const settled = await changes.settle(record, 'plan', hold, (row, plan) => this.#prepare(row, plan));
    const applied = await records.advance(settled.record, { kind: 'applied' }, { gaps: [...settled.gaps] });
    if (!applied) return;
    metrics.applied(Math.max(0, clock.now() - record.createdAt) / 1_000);
    await jobs.arm(applied, changes.propagationMs(applied));
  }

  async #checkGateway(record: EnforcementRecord): Promise<void> {
    const admin = this.parts.changes.admin(record);
    if (!(await admin.info()).writable)
      throw new PermanentError(
        'this Kong takes no changes through its Admin API (DB-less or a data plane): point KONG_ADMIN_URL at a control plane, or block by hand',
        'read-only',
      );
    if (record.entity.kind === 'consumer' && !(await admin.consumer(record.entity.id)))
      throw new PermanentError(`consumer ${record.entity.id} is not in this Kong`, 'no-such-consumer');
  }

  async #prepare(record: EnforcementRecord, plan: Plan): Promise<EnforcementRecord> {
    const saved = toSaved({ ...originalsOf(record), ...plan.originals });
    const changes = [...record.changes, ...changesOf(plan.writes)].slice(0, 500);
    const unique = changes.filter(
      (change, at) => changes.findIndex((other) => isDeepStrictEqual(other, change)) === at,
    );
    const next = { saved, changes: unique, gaps: [...plan.gaps] };
    if (isDeepStrictEqual(next, { saved: record.saved, changes: record.changes, gaps: record.gaps })) return record;
    return this.parts.records.prepare(record, next);
  }

  /** The last look at the guard rails: nothing begins against them. What was half written goes the way of a lift. */
  async #restrain(record: EnforcementRecord, hold: Hold, { state, reason }: Restraint): Promise<void> {
    if (record.saved === null) {
      await this.parts.records.advance(record, { kind: state, reason });
      return;
    }
    const lifting = await this.parts.records.advance(record, { kind: 'lift', by: 'guard rails' });
    if (lifting) await this.#lift(lifting, hold);
  }

  async #verify(record: EnforcementRecord, hold: Hold): Promise<void> {
    const { clock, records, changes, jobs } = this.parts;
    if (record.state !== 'applied') return;
    const dueAt = (record.appliedAt ?? 0) + changes.propagationMs(record);
    if (clock.now() < dueAt) return jobs.verify(record.id, dueAt);
    const input = await changes.read(record);
    if (ACTIONS[record.action.kind].isThere(input)) {
      await records.advance(record, { kind: 'effective', by: 'propagation' });
      return;
    }
    if (record.entity.kind === 'consumer' && !(await changes.admin(record).consumer(record.entity.id))) {
      const lifting = await records.advance(record, { kind: 'lift', by: OUTRIDER });
      if (lifting) await this.#lift(lifting, hold);
      return;
    }
    const { killSwitch } = await this.parts.policies.guardRails(record.tenant);
    if (killSwitch || record.attempts >= MAX_REWRITES) {
      await records.advance(record, {
        kind: 'retry',
        error: 'it is not in Kong any more: somebody took it out',
        nextAttemptAt: null,
      });
      return;
    }
    // Another process may have written the same plugin at the same moment: ours was lost, and is written again.
    const settled = await changes.settle(record, 'plan', hold, (row, plan) => this.#prepare(row, plan));
    const nextAttemptAt = clock.now() + changes.propagationMs(record);
    const again = await records.advance(settled.record, {
      kind: 'retry',
      error: 'was lost in Kong, written again',
      nextAttemptAt,
    });
    if (again) await jobs.verify(again.id, nextAttemptAt);
  }

  async #lift(record: EnforcementRecord, hold: Hold): Promise<void> {
    const { clock, records, changes, jobs } = this.parts;
    let lifting: EnforcementRecord | undefined = record;
    if (record.state !== 'lifting') {
      // Its end may have been moved since the job was queued.
      if (!isOver(record, clock.now())) return jobs.arm(record, changes.propagationMs(record));
      if (record.state === 'pending' && record.saved === null) {
        await records.advance(record, { kind: 'ended-unapplied', by: OUTRIDER });
        return;
      }
      lifting = await records.advance(record, { kind: 'lift', by: OUTRIDER });
    }
    if (!lifting) return;
    // Nothing is written to Kong before the originals are saved.
    const settled =
      lifting.saved === null ? { record: lifting, gaps: [] } : await changes.settle(lifting, 'undo', hold);
    const gaps = [...new Set([...settled.record.gaps, ...settled.gaps])];
    await records.advance(settled.record, { kind: 'lifted' }, { gaps });
  }
}

const isOver = (record: EnforcementRecord, now: number): boolean => record.endsAt !== null && record.endsAt <= now;
