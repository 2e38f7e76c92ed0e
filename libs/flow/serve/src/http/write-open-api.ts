import 'reflect-metadata';
import { writeFileSync } from 'node:fs';
import { Global, Module, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Lifecycle } from '@outrider/platform/lifecycle';
import { createLogger } from '@outrider/platform/logger';
import { Metrics } from '@outrider/platform/metrics';
import { AccessTokenStore } from '@outrider/ports/access-store';
import { AlertStore } from '@outrider/ports/alert-store';
import { Backtester } from '@outrider/ports/backtester';
import { BaselineControlStore } from '@outrider/ports/baseline-control-store';
import { BaselineStore } from '@outrider/ports/baseline-store';
import { Clock, systemClock } from '@outrider/ports/clock';
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
import { LOGGER } from '../serve-options.ts';
import { ServeModule } from '../serve.module.ts';
import { createHttpAdapter } from './configure-http.ts';
import { openApiDocument } from './open-api.ts';

const PORTS = [
  AccessTokenStore,
  AlertStore,
  Backtester,
  BaselineControlStore,
  BaselineStore,
  DetectionControlStore,
  DetectorGuide,
  EventExplainer,
  EndpointStore,
  EventBus,
  EventStore,
  Gateways,
  GatewaySnapshotStore,
  JobQueue,
  DeliveryStore,
  WebhookStore,
  AuditLog,
  EnforcementStore,
  PolicyStore,
];

@Global()
@Module({})
class UnusedPorts {
  static register(): DynamicModule {
    const logger = createLogger({ level: 'silent', pretty: false, name: 'open-api' });
    const providers = [
      ...PORTS.map((provide) => ({ provide, useValue: {} })),
      { provide: Clock, useValue: systemClock },
      { provide: Metrics, useValue: new Metrics() },
      { provide: Lifecycle, useValue: new Lifecycle(logger) },
      { provide: LOGGER, useValue: logger },
    ];
    return { module: UnusedPorts, providers, exports: providers };
  }
}

/** The version in the committed document: it follows the API's path, not the release. */
export const DOCUMENT_VERSION = '1';

/** The document as it is committed at docs/openapi.json. */
export const openApiText = async (): Promise<string> => {
  const root: DynamicModule = {
    module: class Root {},
    imports: [UnusedPorts.register(), ServeModule.register({ version: DOCUMENT_VERSION, health: [] })],
  };
  const app = await NestFactory.create<NestFastifyApplication>(root, createHttpAdapter(), { logger: false });
  try {
    return `${JSON.stringify(openApiDocument(app, DOCUMENT_VERSION), null, 2)}\n`;
  } finally {
    await app.close();
  }
};

if (process.argv[1] !== undefined && import.meta.url === new URL(`file://${process.argv[1]}`).href)
  writeFileSync(new URL('../../../../../docs/openapi.json', import.meta.url), await openApiText());
