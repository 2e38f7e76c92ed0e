import { randomUUID } from 'node:crypto';
import type { Jobs } from '@outrider/contracts/jobs/job-catalogue';
import type { Change } from '@outrider/contracts/topics/change';
import { CHANGES_TOPIC } from '@outrider/contracts/topics/topic-catalogue';
import type { Alert } from '@outrider/domain/detection/alert';
import { decide, type Decision } from '@outrider/domain/response/decide';
import type { Logger } from '@outrider/platform/logger';
import type { Metrics } from '@outrider/platform/metrics';
import type { Clock } from '@outrider/ports/clock';
import type { EventBus } from '@outrider/ports/event-bus';
import type { JobQueue } from '@outrider/ports/job-queue';
import type { EnforcementRecord, EnforcementStore } from '@outrider/ports/response-store';
import type { RulesCache } from './rules-cache.ts';
import { toEvaluation, toPassedOver } from './to-evaluation.ts';

export interface EvaluatorParts {
  readonly rules: RulesCache;
  readonly enforcements: EnforcementStore;
  readonly jobs: JobQueue<Jobs>;
  readonly bus: EventBus;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Blocks on private addresses are let through although the guard rail is on: for demonstrations on one machine. */
  readonly allowPrivateAddresses: boolean;
  readonly newId?: () => string;
  /** A webhook is paged once for a campaign in this time; ms, 0 pages for every alert. Half an hour by default. */
  readonly foldNoticesMs?: number;
}

export const FOLD_NOTICES_MS = 30 * 60_000;

/**
 * Alert → decisions → rows, jobs, changes. The rows are the truth and are committed first, in one transaction with the alert's evaluated
 * revision. Jobs and changes after that are nudges: what is lost of them is made again from the rows (respond re-arms pending ones).
 * Evaluating the same alert again, here or in another process, changes nothing.
 */
export class Evaluator {
  readonly #decided: (labels: { outcome: string; reason: string; action: string }) => void;
  readonly #written: (labels: { state: string; action: string }) => void;
  readonly #nudgeLost: (labels: { kind: string }) => void;
  readonly #duration: (labels: Record<string, never>, seconds: number) => void;

  constructor(private readonly parts: EvaluatorParts) {
    const { metrics } = parts;
    this.#decided = metrics.counter('outrider_evaluate_decisions_total', 'Decisions on alerts', [
      'outcome',
      'reason',
      'action',
    ]);
    this.#written = metrics.counter(
      'outrider_evaluate_enforcements_total',
      'Enforcements written, by their first state',
      ['state', 'action'],
    );
    this.#nudgeLost = metrics.counter(
      'outrider_evaluate_nudges_lost_total',
      'Jobs and changes not sent; the rows stand',
      ['kind'],
    );
    this.#duration = metrics.histogram('outrider_evaluate_duration_seconds', 'Evaluation of one alert');
  }

  /** Throws TransientError when a store is away: nothing was written then. */
  async evaluate(alert: Alert): Promise<void> {
    const { rules, clock, enforcements, allowPrivateAddresses, newId = randomUUID } = this.parts;
    const begun = performance.now();
    const { policies, rails } = await rules.get(alert.tenant);
    const decisions = decide(alert, policies, rails, { privateAddresses: allowPrivateAddresses });
    const issue = { now: clock.now(), newId, foldMs: this.parts.foldNoticesMs ?? FOLD_NOTICES_MS };
    const evaluation = alert.simulated ? toPassedOver(alert, policies) : toEvaluation(alert, decisions, issue);
    if (alert.simulated) this.#decided({ outcome: 'skip', reason: 'simulated-finding', action: 'any' });
    const written = await enforcements.commitEvaluation(evaluation, rails.capPerHour);
    this.#count(decisions, written.enforcements);
    await this.#enqueue(written.enforcements, written.deliveries);
    await this.#announce(written.enforcements);
    this.#duration({}, (performance.now() - begun) / 1_000);
  }

  #count(decisions: readonly Decision[], written: readonly EnforcementRecord[]): void {
    for (const { outcome, reason, action } of decisions) this.#decided({ outcome, reason, action: action.kind });
    for (const { id, state, action, entity, reason, revision, requestedBy } of written) {
      if (revision === 1) this.#written({ state, action: action.kind });
      this.parts.log.info(
        { enforcement: id, state, action: action.kind, entity, reason, requestedBy },
        'enforcement decided',
      );
    }
  }

  async #enqueue(
    enforcements: readonly EnforcementRecord[],
    deliveries: readonly { readonly id: string }[],
  ): Promise<void> {
    const { jobs } = this.parts;
    const pending = enforcements.filter((record) => record.state === 'pending');
    const nudges = [
      ...pending.map(({ id }) =>
        jobs.enqueue('enforcement.apply', { v: 1, enforcementId: id }, { jobId: `apply-${id}`, delayMs: 0 }),
      ),
      ...deliveries.map(({ id }) =>
        jobs.enqueue('webhook.deliver', { v: 1, deliveryId: id }, { jobId: `deliver-${id}`, delayMs: 0 }),
      ),
    ];
    for (const result of await Promise.allSettled(nudges))
      if (result.status === 'rejected') this.#lost('job', result.reason);
  }

  async #announce(enforcements: readonly EnforcementRecord[]): Promise<void> {
    if (enforcements.length === 0) return;
    const at = this.parts.clock.now();
    const messages = enforcements.map(({ tenant, id, revision, state }) => {
      const change: Change = { v: 1, tenant, kind: 'enforcement', id, revision, change: state, at };
      return { key: id, value: Buffer.from(JSON.stringify(change)), headers: {} };
    });
    try {
      await this.parts.bus.publish(CHANGES_TOPIC.name, messages);
    } catch (error) {
      this.#lost('change', error);
    }
  }

  #lost(kind: 'job' | 'change', error: unknown): void {
    this.#nudgeLost({ kind });
    this.parts.log.warn({ err: error, kind }, 'a nudge was lost; the rows stand');
  }
}
