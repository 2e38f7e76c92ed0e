import type { Jobs } from '@outrider/contracts/jobs/job-catalogue';
import type { Logger } from '@outrider/platform/logger';
import type { Metrics } from '@outrider/platform/metrics';
import type { Clock } from '@outrider/ports/clock';
import type { EventBus } from '@outrider/ports/event-bus';
import type { Gateways } from '@outrider/ports/gateway-admin';
import type { JobQueue } from '@outrider/ports/job-queue';
import type { DeliveryStore, WebhookStore } from '@outrider/ports/notification-store';
import type { OutboundHttp } from '@outrider/ports/outbound-http';
import type { EnforcementStore, PolicyStore } from '@outrider/ports/response-store';
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

export interface ResponderParts {
  readonly enforcements: EnforcementStore;
  readonly policies: PolicyStore;
  readonly webhooks: WebhookStore;
  readonly deliveries: DeliveryStore;
  readonly gateways: Gateways;
  readonly jobs: JobQueue<Jobs>;
  readonly bus: EventBus;
  readonly outbound: OutboundHttp;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** ms between two looks at the rows and at Kong; 30,000 by default. */
  readonly watchEveryMs?: number;
}

const WATCH_EVERY_MS = 30_000;

/** The respond stage, put together. Its handlers are registered at construction, before the queue starts. */
export class Responder {
  readonly runner: EnforcementRunner;
  readonly watch: EnforcementWatch;
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
    this.watch = new EnforcementWatch({
      records,
      runner: this.runner,
      jobs,
      deliveries,
      gateways: parts.gateways,
      clock,
      log,
      metrics,
      everyMs,
    });
    this.deliverer = new WebhookDeliverer({ ...parts, queue: deliveries, metrics });
    this.listener = new ChangeListener(this.runner);
    parts.jobs.handle('enforcement.apply', ({ enforcementId }) => this.runner.apply(enforcementId));
    parts.jobs.handle('enforcement.verify', ({ enforcementId }) => this.runner.verify(enforcementId));
    parts.jobs.handle('enforcement.lift', ({ enforcementId }) => this.runner.lift(enforcementId));
    parts.jobs.handle('webhook.deliver', ({ deliveryId }) => this.deliverer.deliver(deliveryId));
  }
}
