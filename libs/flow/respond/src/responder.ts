import type { Jobs } from '@outrider/contracts/jobs/job-catalogue';
import type { Logger } from '@outrider/platform/logger';
import type { Metrics } from '@outrider/platform/metrics';
import type { Clock } from '@outrider/ports/clock';
import type { EventBus } from '@outrider/ports/event-bus';
import type { Gateways } from '@outrider/ports/gateway-admin';
import type { JobQueue } from '@outrider/ports/job-queue';
import type { DeliveryStore, WebhookStore } from '@outrider/ports/notification-store';
import { LedLoop } from '@outrider/ports/led-loop';
import { SoleLeadership, type Leadership } from '@outrider/ports/leadership';
import type { OutboundHttp } from '@outrider/ports/outbound-http';
import type { RetentionStore } from '@outrider/ports/retention-store';
import type { AuditLog, EnforcementStore, PolicyStore } from '@outrider/ports/response-store';
import { ChangeListener } from './change-listener.ts';
import { EnforcementJobs } from './enforcements/enforcement-jobs.ts';
import { EnforcementRecords } from './enforcements/enforcement-records.ts';
import { EnforcementRunner } from './enforcements/enforcement-runner.ts';
import { EnforcementWatch } from './enforcements/enforcement-watch.ts';
import { GatewayChanges } from './enforcements/gateway-changes.ts';
import { KeyedMutex } from './enforcements/keyed-mutex.ts';
import { DeliveryRearm } from './notifications/delivery-rearm.ts';
import { EnforcementNotifier } from './notifications/enforcement-notifier.ts';
import { WebhookDeliverer } from './notifications/webhook-deliverer.ts';
import { RespondMetrics } from './respond-metrics.ts';
import { RETENTION_DAYS, RetentionSweep, type RetentionDays } from './retention/retention-sweep.ts';

export interface ResponderParts {
  readonly enforcements: EnforcementStore;
  readonly policies: PolicyStore;
  readonly audit: AuditLog;
  readonly webhooks: WebhookStore;
  readonly deliveries: DeliveryStore;
  readonly gateways: Gateways;
  readonly jobs: JobQueue<Jobs>;
  readonly bus: EventBus;
  readonly outbound: OutboundHttp;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Absent: this process is alone. */
  readonly leadership?: Leadership;
  /** Absent: nothing is removed from the control store. */
  readonly retention?: RetentionStore;
  readonly retentionDays?: Partial<RetentionDays>;
  /** ms between two looks at the rows and at Kong; 30,000 by default. */
  readonly watchEveryMs?: number;
}

const WATCH_EVERY_MS = 30_000;
const RETENTION_EVERY_MS = 3_600_000;

/** The respond stage, put together. Its handlers are registered at construction, before the queue starts. */
export class Responder {
  readonly runner: EnforcementRunner;
  readonly watch: EnforcementWatch;
  /** Work of leaders: the watch, the look for deliveries that no job waits for, and retention. */
  readonly led: readonly { readonly name: string; start(): Promise<void>; stop(): Promise<void> }[];
  readonly deliverer: WebhookDeliverer;
  readonly listener: ChangeListener;

  constructor(parts: ResponderParts) {
    const { clock, log } = parts;
    const metrics = new RespondMetrics(parts.metrics);
    const deliveries = new DeliveryRearm(parts.deliveries, parts.jobs, clock, log);
    const notifier = new EnforcementNotifier(parts.webhooks, parts.deliveries, deliveries, clock);
    const records = new EnforcementRecords({ ...parts, notifier, metrics });
    const jobs = new EnforcementJobs(parts.jobs, clock, log);
    const changes = new GatewayChanges(parts.gateways, () => records.live());
    const mutex = new KeyedMutex();
    this.runner = new EnforcementRunner({
      records,
      changes,
      jobs,
      policies: parts.policies,
      mutex,
      clock,
      log,
      metrics,
    });
    const everyMs = parts.watchEveryMs ?? WATCH_EVERY_MS;
    const leadership = parts.leadership ?? new SoleLeadership();
    this.watch = new EnforcementWatch({
      records,
      runner: this.runner,
      jobs,
      audit: parts.audit,
      leadership,
      gateways: parts.gateways,
      clock,
      log,
      metrics,
      everyMs,
    });
    this.led = [this.#watching(), ...loops(parts, leadership, deliveries, everyMs)];
    this.deliverer = new WebhookDeliverer({ ...parts, queue: deliveries, metrics });
    this.listener = new ChangeListener(this.runner);
    parts.jobs.handle('enforcement.apply', ({ enforcementId }) => this.runner.apply(enforcementId));
    parts.jobs.handle('enforcement.verify', ({ enforcementId }) => this.runner.verify(enforcementId));
    parts.jobs.handle('enforcement.lift', ({ enforcementId }) => this.runner.lift(enforcementId));
    parts.jobs.handle('webhook.deliver', ({ deliveryId }) => this.deliverer.deliver(deliveryId));
  }

  #watching() {
    const { watch } = this;
    return { name: 'enforcement-watch', start: () => watch.start(), stop: () => watch.stop() };
  }
}

const loops = (parts: ResponderParts, leadership: Leadership, deliveries: DeliveryRearm, everyMs: number) => {
  const { clock, log, metrics, retention } = parts;
  const loop = (role: string, everyMs: number, round: (signal: AbortSignal) => Promise<void>) => {
    const onError = (error: unknown): void => log.warn({ err: error, role }, 'tried again in the next round');
    const made = new LedLoop({ leadership, role, everyMs, round, onError });
    return { name: role, start: () => made.start(), stop: () => made.stop() };
  };
  const rearming = loop('notification-sweep', everyMs, (signal) => deliveries.rearm(signal));
  if (!retention) return [rearming];
  const days = { ...RETENTION_DAYS, ...parts.retentionDays };
  const sweep = new RetentionSweep({ store: retention, days, clock, metrics, log });
  return [rearming, loop('retention', RETENTION_EVERY_MS, (signal) => sweep.round(signal))];
};
