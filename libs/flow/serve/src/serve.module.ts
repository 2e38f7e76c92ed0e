import { randomInt } from 'node:crypto';
import { Module, type DynamicModule, type FactoryProvider } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { Jobs } from '@outrider/contracts/jobs/job-catalogue';
import { Lifecycle } from '@outrider/platform/lifecycle';
import type { Logger } from '@outrider/platform/logger';
import { Metrics } from '@outrider/platform/metrics';
import { AccessTokenStore } from '@outrider/ports/access-store';
import { AlertStore } from '@outrider/ports/alert-store';
import { BaselineControlStore } from '@outrider/ports/baseline-control-store';
import { BaselineStore } from '@outrider/ports/baseline-store';
import { Clock } from '@outrider/ports/clock';
import { DetectionControlStore } from '@outrider/ports/detection-control-store';
import { DetectorGuide, EventExplainer } from '@outrider/ports/detector-guide';
import { EndpointStore } from '@outrider/ports/endpoint-store';
import { EventBus } from '@outrider/ports/event-bus';
import { EventStore } from '@outrider/ports/event-store';
import { Gateways } from '@outrider/ports/gateway-admin';
import { GatewaySnapshotStore } from '@outrider/ports/gateway-snapshot-store';
import { JobQueue } from '@outrider/ports/job-queue';
import { DeliveryStore, WebhookStore } from '@outrider/ports/notification-store';
import { EnforcementStore, PolicyStore } from '@outrider/ports/response-store';
import { AccessGuard } from './access/access.guard.ts';
import { Authenticator } from './access/authenticator.ts';
import { AlertCommands } from './alerts/alert-commands.ts';
import { AlertsController } from './alerts/alerts.controller.ts';
import { AuditController } from './audit/audit.controller.ts';
import { BacktestsController } from './backtests/backtests.controller.ts';
import { BaselineReader } from './baselines/baseline-reader.ts';
import { BaselinesController } from './baselines/baselines.controller.ts';
import { CampaignsController } from './campaigns/campaigns.controller.ts';
import { Changes } from './changes.ts';
import { DetectorDesk } from './detectors/detector-desk.ts';
import { DetectorsController } from './detectors/detectors.controller.ts';
import { ExceptionsController } from './detectors/exceptions.controller.ts';
import { ExplanationReader } from './detectors/explanation-reader.ts';
import { ExplanationsController } from './detectors/explanations.controller.ts';
import { EndpointReader } from './endpoints/endpoint-reader.ts';
import { EndpointsController } from './endpoints/endpoints.controller.ts';
import { OpenApiDocumentsController } from './endpoints/openapi-documents.controller.ts';
import { EnforcementCommands } from './enforcements/enforcement-commands.ts';
import { EnforcementsController } from './enforcements/enforcements.controller.ts';
import { AddressesController, ConsumersController, CredentialsController } from './entities/entities.controller.ts';
import { EntityFinder } from './entities/entity-finder.ts';
import { EntityReader } from './entities/entity-reader.ts';
import { TimelineReader } from './entities/timeline-reader.ts';
import { timelineSources } from './entities/timeline-sources.ts';
import { DeadLettersController } from './events/dead-letters.controller.ts';
import { EventsController } from './events/events.controller.ts';
import { HealthController } from './health/health.controller.ts';
import { HealthReader } from './health/health-reader.ts';
import { GuardRailsController } from './policies/guard-rails.controller.ts';
import { PoliciesController } from './policies/policies.controller.ts';
import { LOGGER, SERVE_OPTIONS, type ServeOptions } from './serve-options.ts';
import { LiveStream } from './stream/live-stream.ts';
import { StreamController } from './stream/stream.controller.ts';
import { TokensController } from './tokens/tokens.controller.ts';
import { DeliveriesController } from './webhooks/deliveries.controller.ts';
import { DeliveryCommands } from './webhooks/delivery-commands.ts';
import { WebhooksController } from './webhooks/webhooks.controller.ts';

/**
 * The serve stage. Needs the ports, `Lifecycle`, `Metrics`, `Clock` and the logger from a global module, and `configureHttp(app)`
 * on the application that listens.
 */
@Module({})
export class ServeModule {
  static register(options: ServeOptions): DynamicModule {
    return {
      module: ServeModule,
      controllers: [
        HealthController,
        PoliciesController,
        BacktestsController,
        GuardRailsController,
        AlertsController,
        CampaignsController,
        EnforcementsController,
        ConsumersController,
        AddressesController,
        CredentialsController,
        EndpointsController,
        OpenApiDocumentsController,
        BaselinesController,
        DetectorsController,
        ExceptionsController,
        ExplanationsController,
        EventsController,
        DeadLettersController,
        WebhooksController,
        DeliveriesController,
        TokensController,
        AuditController,
        StreamController,
      ],
      providers: [{ provide: SERVE_OPTIONS, useValue: options }, ...access, ...commands, ...readers, ...parts],
    };
  }
}

const access: FactoryProvider[] = [
  {
    provide: Authenticator,
    useFactory: (tokens: AccessTokenStore, clock: Clock, metrics: Metrics) => new Authenticator(tokens, clock, metrics),
    inject: [AccessTokenStore, Clock, Metrics],
  },
  {
    provide: APP_GUARD,
    useFactory: (options: ServeOptions) => new AccessGuard(options.publicMetrics ?? false),
    inject: [SERVE_OPTIONS],
  },
];

const commands: FactoryProvider[] = [
  {
    provide: Changes,
    useFactory: (bus: EventBus, log: Logger, metrics: Metrics) => new Changes(bus, log, metrics),
    inject: [EventBus, LOGGER, Metrics],
  },
  {
    provide: AlertCommands,
    useFactory: (alerts: AlertStore, changes: Changes, clock: Clock) => new AlertCommands(alerts, changes, clock),
    inject: [AlertStore, Changes, Clock],
  },
  {
    provide: EnforcementCommands,
    useFactory: (
      enforcements: EnforcementStore,
      policies: PolicyStore,
      gateways: Gateways,
      jobs: JobQueue<Jobs>,
      changes: Changes,
      clock: Clock,
    ) => new EnforcementCommands({ enforcements, policies, gateways, jobs, changes, clock }),
    inject: [EnforcementStore, PolicyStore, Gateways, JobQueue, Changes, Clock],
  },
  {
    provide: DeliveryCommands,
    useFactory: (webhooks: WebhookStore, deliveries: DeliveryStore, jobs: JobQueue<Jobs>, clock: Clock) =>
      new DeliveryCommands(webhooks, deliveries, jobs, clock),
    inject: [WebhookStore, DeliveryStore, JobQueue, Clock],
  },
];

const readers: FactoryProvider[] = [
  {
    provide: DetectorDesk,
    useFactory: (guide: DetectorGuide, store: DetectionControlStore) => new DetectorDesk(guide, store),
    inject: [DetectorGuide, DetectionControlStore],
  },
  {
    provide: ExplanationReader,
    useFactory: (events: EventStore, controls: DetectionControlStore, explainer: EventExplainer, clock: Clock) =>
      new ExplanationReader({ events, controls, explainer, clock }),
    inject: [EventStore, DetectionControlStore, EventExplainer, Clock],
  },
  {
    provide: EndpointReader,
    useFactory: (store: EndpointStore, clock: Clock) => new EndpointReader(store, clock),
    inject: [EndpointStore, Clock],
  },
  {
    provide: EntityFinder,
    useFactory: (events: EventStore, clock: Clock) => new EntityFinder(events, clock),
    inject: [EventStore, Clock],
  },
  {
    provide: EntityReader,
    useFactory: (
      events: EventStore,
      alerts: AlertStore,
      enforcements: EnforcementStore,
      finder: EntityFinder,
      clock: Clock,
    ) => {
      const timeline = new TimelineReader(timelineSources(events, alerts, enforcements));
      return new EntityReader({ events, alerts, enforcements, finder, timeline, clock });
    },
    inject: [EventStore, AlertStore, EnforcementStore, EntityFinder, Clock],
  },
];

const parts: FactoryProvider[] = [
  {
    provide: BaselineReader,
    useFactory: (
      baselines: BaselineStore,
      controls: BaselineControlStore,
      alerts: AlertStore,
      finder: EntityFinder,
      clock: Clock,
    ) => new BaselineReader({ baselines, controls, alerts, finder, clock }),
    inject: [BaselineStore, BaselineControlStore, AlertStore, EntityFinder, Clock],
  },
  {
    provide: HealthReader,
    useFactory: (
      options: ServeOptions,
      events: EventStore,
      bus: EventBus,
      jobs: JobQueue<Jobs>,
      gateways: Gateways,
      snapshots: GatewaySnapshotStore,
      clock: Clock,
      lifecycle: Lifecycle,
    ) => {
      const reader = new HealthReader({ options, events, bus, jobs, gateways, snapshots, clock });
      lifecycle.add({
        name: 'serve: readiness',
        phase: 'listeners',
        start: () => reader.setRunning(true),
        stop: () => reader.setRunning(false),
      });
      return reader;
    },
    inject: [SERVE_OPTIONS, EventStore, EventBus, JobQueue, Gateways, GatewaySnapshotStore, Clock, Lifecycle],
  },
  {
    provide: LiveStream,
    useFactory: (
      alerts: AlertStore,
      enforcements: EnforcementStore,
      log: Logger,
      metrics: Metrics,
      clock: Clock,
      lifecycle: Lifecycle,
    ) => {
      const stream = new LiveStream(alerts, enforcements, log, metrics, newEpoch(clock.now()));
      lifecycle.add({
        name: 'serve: live stream',
        phase: 'listeners',
        start: () => stream.start(),
        stop: () => stream.stop(),
      });
      return stream;
    },
    inject: [AlertStore, EnforcementStore, LOGGER, Metrics, Clock, Lifecycle],
  },
];

/** Of no other run of this or another process, whenever they start: an event id of theirs means nothing here. */
const newEpoch = (now: number): string => `${now.toString(36)}${randomInt(36 ** 7).toString(36)}`.slice(0, 16);
