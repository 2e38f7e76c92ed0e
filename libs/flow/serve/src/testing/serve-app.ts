import 'reflect-metadata';
import { Global, Module, type DynamicModule, type Provider } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Jobs } from '@outrider/contracts/jobs/job-catalogue';
import type { Role } from '@outrider/domain/access/principal';
import { Lifecycle } from '@outrider/platform/lifecycle';
import { createLogger } from '@outrider/platform/logger';
import { Metrics } from '@outrider/platform/metrics';
import { AccessTokenStore } from '@outrider/ports/access-store';
import { AlertStore } from '@outrider/ports/alert-store';
import { Backtester } from '@outrider/ports/backtester';
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
import { AuditLog, EnforcementStore, PolicyStore } from '@outrider/ports/response-store';
import { FakeAccessTokenStore } from '@outrider/testing/fakes/access-store.fake';
import { FakeAlertStore } from '@outrider/testing/fakes/alert-store.fake';
import { FakeAuditLog } from '@outrider/testing/fakes/audit-log.fake';
import { FakeBacktester } from '@outrider/testing/fakes/backtester.fake';
import { FakeEndpointStore } from '@outrider/testing/fakes/endpoint-store.fake';
import { FakeBaselineControlStore } from '@outrider/testing/fakes/baseline-control-store.fake';
import { FakeBaselineStore } from '@outrider/testing/fakes/baseline-store.fake';
import { FakeDetectionControlStore } from '@outrider/testing/fakes/detection-control-store.fake';
import { FakeDetectorGuide, FakeEventExplainer } from '@outrider/testing/fakes/detector-guide.fake';
import { FakeEventBus } from '@outrider/testing/fakes/event-bus.fake';
import { FakeGatewaySnapshotStore } from '@outrider/testing/fakes/gateway-snapshot-store.fake';
import { FakeJobQueue } from '@outrider/testing/fakes/job-queue.fake';
import { FakeDeliveryStore, FakeWebhookStore } from '@outrider/testing/fakes/notification-store.fake';
import { FakeEnforcementStore, FakePolicyStore } from '@outrider/testing/fakes/response-store.fake';
import { Writable } from 'node:stream';
import { configureHttp, createHttpAdapter } from '../http/configure-http.ts';
import { LOGGER, type ServeOptions } from '../serve-options.ts';
import { ServeModule } from '../serve.module.ts';
import { MemoryEventStore } from './memory-event-store.ts';
import { OneGateway } from './one-gateway.ts';

export const NOW = Date.UTC(2026, 0, 5, 12, 0, 0);

class TestClock extends Clock {
  at = NOW;
  now(): number {
    return this.at;
  }
}

/** All that the stage stands on, in memory. */
export const serveFakes = () => {
  const alerts = new FakeAlertStore();
  const deliveries = new FakeDeliveryStore();
  const policies = new FakePolicyStore();
  return {
    clock: new TestClock(),
    tokens: new FakeAccessTokenStore(),
    alerts,
    deliveries,
    enforcements: new FakeEnforcementStore(alerts, deliveries, policies),
    policies,
    webhooks: new FakeWebhookStore(),
    audit: new FakeAuditLog(),
    endpoints: new FakeEndpointStore(),
    events: new MemoryEventStore(),
    baselines: new FakeBaselineStore(),
    baselineControls: new FakeBaselineControlStore(),
    detectionControls: new FakeDetectionControlStore(),
    explainer: new FakeEventExplainer(),
    backtester: new FakeBacktester(),
    bus: new FakeEventBus(),
    jobs: new FakeJobQueue<Jobs>(),
    gateways: new OneGateway(['default', 'other']),
    snapshots: new FakeGatewaySnapshotStore(),
    metrics: new Metrics(),
    log: [] as string[],
  };
};
export type ServeFakes = ReturnType<typeof serveFakes>;

@Global()
@Module({})
class FakesModule {
  static of(fakes: ServeFakes, lifecycle: Lifecycle, logger: unknown, real: readonly Provider[]): DynamicModule {
    const providers: Provider[] = [
      { provide: Clock, useValue: fakes.clock },
      { provide: AccessTokenStore, useValue: fakes.tokens },
      { provide: AlertStore, useValue: fakes.alerts },
      { provide: DeliveryStore, useValue: fakes.deliveries },
      { provide: EnforcementStore, useValue: fakes.enforcements },
      { provide: PolicyStore, useValue: fakes.policies },
      { provide: WebhookStore, useValue: fakes.webhooks },
      { provide: AuditLog, useValue: fakes.audit },
      { provide: EventStore, useValue: fakes.events },
      { provide: BaselineStore, useValue: fakes.baselines },
      { provide: BaselineControlStore, useValue: fakes.baselineControls },
      { provide: DetectionControlStore, useValue: fakes.detectionControls },
      { provide: DetectorGuide, useValue: new FakeDetectorGuide() },
      { provide: EventExplainer, useValue: fakes.explainer },
      { provide: Backtester, useValue: fakes.backtester },
      { provide: EndpointStore, useValue: fakes.endpoints },
      { provide: EventBus, useValue: fakes.bus },
      { provide: JobQueue, useValue: fakes.jobs },
      { provide: Gateways, useValue: fakes.gateways },
      { provide: GatewaySnapshotStore, useValue: fakes.snapshots },
      { provide: Metrics, useValue: fakes.metrics },
      { provide: Lifecycle, useValue: lifecycle },
      { provide: LOGGER, useValue: logger },
      // The last provider of a token is the one that counts.
      ...real,
    ];
    return { module: FakesModule, providers, exports: providers };
  }
}

/** The text of a token that the app knows. */
export const tokenOf = (role: Role, tenant = 'default'): string => `token-of-${role}-in-${tenant}`;
export const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

/** The stage as an app would run it, on memory fakes or `real` ports in their place, with a token of each role in tenants `default` and `other`. */
export const serveApp = async (options: Partial<ServeOptions> = {}, real: readonly Provider[] = []) => {
  const fakes = serveFakes();
  for (const tenant of ['default', 'other'])
    for (const role of ['viewer', 'analyst', 'admin'] as const)
      fakes.tokens.put(tenant, { name: `${role}@${tenant}`, role, expiresAt: null }, tokenOf(role, tenant));
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      fakes.log.push(chunk.toString());
      done();
    },
  });
  const logger = createLogger({ level: 'debug', pretty: false, name: 'test' }, sink);
  const lifecycle = new Lifecycle(logger);
  const root: DynamicModule = {
    module: class Root {},
    imports: [
      FakesModule.of(fakes, lifecycle, logger, real),
      ServeModule.register({ version: '0.0.0-test', health: [], ...options }),
    ],
  };
  const app = await NestFactory.create<NestFastifyApplication>(root, createHttpAdapter(), { logger: false });
  configureHttp(app);
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  await lifecycle.start();
  const close = async () => {
    await lifecycle.stop();
    await app.close();
  };
  const ask = async (
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    url: string,
    init: {
      readonly token?: string | undefined;
      readonly body?: unknown;
      readonly headers?: Record<string, string>;
    } = {},
  ) => {
    const answer = await app.inject({
      method,
      url,
      headers: {
        ...(init.token === undefined ? {} : bearer(init.token)),
        ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...init.headers,
      },
      ...(init.body === undefined
        ? {}
        : { payload: typeof init.body === 'string' ? init.body : JSON.stringify(init.body) }),
    });
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text: answer.body,
      json: <T = Record<string, unknown>>() => answer.json<T>(),
    };
  };
  return { app, fakes, lifecycle, close, ask };
};
export type ServeApp = Awaited<ReturnType<typeof serveApp>>;
