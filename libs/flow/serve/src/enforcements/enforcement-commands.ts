import { createHash, randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { EnforcementBody } from '@outrider/contracts/http/enforcements';
import type { Jobs } from '@outrider/contracts/jobs/job-catalogue';
import type { Principal } from '@outrider/domain/access/principal';
import type { Enforcement } from '@outrider/domain/response/enforcement';
import { requestLift } from '@outrider/domain/response/enforcement-lifecycle';
import { guardRailRefusal } from '@outrider/domain/response/guard-rail-check';
import { CallerError, ConflictError } from '@outrider/platform/errors';
import type { Clock } from '@outrider/ports/clock';
import type { Gateways } from '@outrider/ports/gateway-admin';
import type { JobQueue } from '@outrider/ports/job-queue';
import type { EnforcementRecord, EnforcementStore, PolicyStore } from '@outrider/ports/response-store';
import type { Changes } from '../changes.ts';
import { found } from '../missing.ts';
import { enforcementView } from './enforcement-view.ts';
import { targetOf, type Target } from './enforcement-target.ts';

const TRIES = 5;

export interface EnforcementCommandsParts {
  readonly enforcements: EnforcementStore;
  readonly policies: PolicyStore;
  readonly gateways: Gateways;
  readonly jobs: JobQueue<Jobs>;
  readonly changes: Changes;
  readonly clock: Clock;
}

/** What an operator asks of the gateways by hand; the guard rails hold for people too. */
export class EnforcementCommands {
  constructor(private readonly parts: EnforcementCommandsParts) {}

  /** The row is written first, then the job: a lost job is made again from the row. The same `key` gives the same enforcement. */
  async create(body: EnforcementBody, key: string | undefined, caller: Principal): Promise<Enforcement> {
    const id = key === undefined ? randomUUID() : idOf(caller.tenant, key);
    const earlier = key === undefined ? undefined : await this.parts.enforcements.find(caller.tenant, id);
    if (earlier) return this.#again(earlier, body);
    const rails = await this.parts.policies.guardRails(caller.tenant);
    if (rails.killSwitch) throw new CallerError('the kill switch is on: nothing is applied', 'kill-switch', 409);
    const target = await targetOf(caller.tenant, body, this.parts.gateways);
    const refusal = guardRailRefusal(target, rails, { privateAddresses: false });
    if (refusal !== undefined) throw new CallerError(refusal, 'guard-rail', 409);
    const asked = this.#record(id, body, target, caller);
    let record: EnforcementRecord;
    try {
      record = await this.#begin(asked, caller);
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      const winner = await this.parts.enforcements.find(caller.tenant, id);
      if (winner) return this.#again(winner, body);
      throw new CallerError('an enforcement of this kind stands against this entity already', 'already-enforced', 409, {
        cause: error,
      });
    }
    await this.#announce(record);
    await this.#enqueueApply(record);
    return enforcementView(record);
  }

  /** Takes it back now. Doing it twice is harmless. */
  async undo(id: string, caller: Principal): Promise<Enforcement> {
    for (let tries = 1; ; tries++) {
      const record = found(await this.parts.enforcements.find(caller.tenant, id), 'enforcement');
      if (record.state === 'lifted') return enforcementView(record);
      const lifting = requestLift(record, caller.name, this.parts.clock.now());
      if (!lifting) throw new CallerError(`nothing to undo: it is ${record.state}`, 'wrong-state', 409);
      try {
        await this.parts.enforcements.save(lifting, { actor: caller.name, act: 'enforcement.undo' });
      } catch (error) {
        if (error instanceof ConflictError && tries < TRIES) continue;
        throw error;
      }
      await this.#announce(lifting);
      return this.#enqueueLift(lifting);
    }
  }

  async #again(earlier: EnforcementRecord, body: EnforcementBody): Promise<Enforcement> {
    if (!isDeepStrictEqual(earlier.action, body.action))
      throw new CallerError('this Idempotency-Key was used for another request', 'idempotency-key-reused', 422);
    await this.#enqueueApply(earlier);
    return enforcementView(earlier);
  }

  /** The cap, the kill switch and simulation are decided on where the row is written, so that two commands at once cannot both be the last. */
  async #begin(asked: EnforcementRecord, caller: Principal): Promise<EnforcementRecord> {
    const creation = await this.parts.enforcements.create(asked, caller.name, 'guarded');
    if (creation.kind === 'created') return creation.record;
    // the same command through another process may have been the last that the cap allowed
    if (await this.parts.enforcements.find(asked.tenant, asked.id)) throw new ConflictError('it was created already');
    throw new CallerError(creation.reason, creation.by === 'cap' ? 'cap-reached' : 'guard-rail', 409);
  }

  #record(id: string, body: EnforcementBody, target: Target, caller: Principal): EnforcementRecord {
    const now = this.parts.clock.now();
    const { durationSeconds } = body.action;
    return {
      id,
      tenant: caller.tenant,
      gateway: target.gateway,
      state: 'pending',
      action: body.action,
      entity: target.entity,
      alertId: null,
      policyId: null,
      requestedBy: caller.name,
      reason: body.reason,
      createdAt: now,
      appliedAt: null,
      effectiveAt: null,
      effectiveBy: null,
      endsAt: durationSeconds === null ? null : now + durationSeconds * 1_000,
      liftedAt: null,
      liftedBy: null,
      attempts: 0,
      nextAttemptAt: now,
      lastError: null,
      gaps: [],
      changes: [],
      saved: null,
      revision: 1,
    };
  }

  async #enqueueApply(record: EnforcementRecord): Promise<void> {
    if (record.state !== 'pending') return;
    const job = { v: 1, enforcementId: record.id } as const;
    await this.parts.jobs.enqueue('enforcement.apply', job, { jobId: `apply-${record.id}`, delayMs: 0 });
  }

  async #enqueueLift(record: EnforcementRecord): Promise<Enforcement> {
    const job = { v: 1, enforcementId: record.id } as const;
    await this.parts.jobs.enqueue('enforcement.lift', job, { jobId: `lift-${record.id}`, delayMs: 0 });
    return enforcementView(record);
  }

  #announce({ tenant, id, revision, state }: EnforcementRecord): Promise<void> {
    return this.parts.changes.publish({
      tenant,
      kind: 'enforcement',
      id,
      revision,
      change: state,
      at: this.parts.clock.now(),
    });
  }
}

/** A UUID (version 8) that the tenant and the key alone decide. */
const idOf = (tenant: string, key: string): string => {
  const hex = createHash('sha256').update(`${tenant}\u0000${key}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};
