import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Module, type DynamicModule, type INestApplication, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type * as z from 'zod';
import { CollectModule } from '@outrider/collect/collect.module';
import { CollectService, type CollectAddresses } from '@outrider/collect/collect.service';
import type { SourceStatus } from '@outrider/collect/source-status';
import { CONSUMER_GROUPS, type ConsumerGroup } from '@outrider/contracts/topics/consumer-groups';
import { DetectModule } from '@outrider/detect/detect.module';
import type { GatewaySettings } from '@outrider/domain/gateway/gateway-settings';
import { EvaluateModule } from '@outrider/evaluate/evaluate.module';
import { KongGateways } from '@outrider/kong/kong-gateways';
import { connectGroup, GroupStrategy } from '@outrider/platform/bus/group-strategy';
import { HttpOutbound } from '@outrider/outbound/http-outbound';
import { CallerError } from '@outrider/platform/errors';
import { Lifecycle } from '@outrider/platform/lifecycle';
import { createLogger } from '@outrider/platform/logger';
import { Metrics } from '@outrider/platform/metrics';
import type { ConsumableBus, ConsumeOptions, Delivery } from '@outrider/ports/event-bus';
import { RespondModule } from '@outrider/respond/respond.module';
import { configureHttp, createHttpAdapter } from '@outrider/serve/http/configure-http';
import { ServeModule } from '@outrider/serve/serve.module';
import {
  openBus,
  openControlStore,
  openEventStore,
  openJobs,
  type BusSettings,
  type ClickHouseSettings,
  type Ground,
  type JobSettings,
  type PostgresSettings,
} from './engines.ts';
import { EnginesModule, type Engines } from './engines.module.ts';
import { healthChecks } from './health-checks.ts';
import type { KeyFolder } from './key-folder.ts';
import { NestLogger } from './nest-logger.ts';
import type { RunningProcess } from './run-process.ts';
import type { collectSettings } from './settings/collect-settings.ts';
import type { listenSettings, processSettings } from './settings/process-settings.ts';
import type { respondSettings, serveSettings } from './settings/serve-settings.ts';
import { VERSION } from './version.ts';

type StrategyOptions = Omit<ConsumeOptions, 'topic' | 'group'>;
type Of<T extends z.ZodRawShape> = z.output<z.ZodObject<T>>;

/** What a process is made of: its stages, each with the settings that it needs. */
export interface Composition {
  readonly name: string;
  readonly process: Of<typeof processSettings>;
  readonly keys: KeyFolder;
  readonly gateways: readonly GatewaySettings[];
  readonly bus: BusSettings;
  readonly clickhouse?: ClickHouseSettings;
  readonly postgres?: PostgresSettings & Of<typeof respondSettings>;
  readonly jobs?: JobSettings;
  readonly collect?: Of<typeof collectSettings> & Of<typeof listenSettings>;
  readonly detect?: true;
  readonly respond?: true;
  readonly serve?: Of<typeof serveSettings> & Of<typeof listenSettings>;
}

export interface ComposedProcess extends RunningProcess {
  /** Where it listens; what is off is absent. */
  readonly addresses: CollectAddresses & { readonly api?: number };
  /** An admin token that was made by this start: to be shown once. */
  readonly madeAdminToken: string | undefined;
}

const KEY_BYTES = 32;

@Module({})
class ProcessModule {}

/** Opens the engines, makes the stages, and starts everything in order; what had started is stopped when something fails. */
export const compose = async (composition: Composition): Promise<ComposedProcess> => {
  const { LOG_LEVEL, LOG_FORMAT, OUTRIDER_DATA } = composition.process;
  const pretty = LOG_FORMAT === 'pretty' || (LOG_FORMAT === 'auto' && process.stderr.isTTY);
  const log = createLogger({ name: composition.name, level: LOG_LEVEL, pretty });
  const lifecycle = new Lifecycle(log);
  const ground: Ground = {
    dataDir: resolve(OUTRIDER_DATA),
    log,
    metrics: new Metrics({ processMetrics: true }),
    lifecycle,
  };
  try {
    return await build(composition, ground);
  } catch (error) {
    await lifecycle.stop();
    throw error;
  }
};

const build = async (composition: Composition, ground: Ground): Promise<ComposedProcess> => {
  const { lifecycle, log } = ground;
  const { engines, bus, madeAdminToken } = await open(composition, ground);
  const made: { app?: INestApplication } = {};
  const app = await NestFactory.create<NestFastifyApplication>(
    moduleOf(composition, ground, engines, () =>
      composition.collect ? (made.app?.get(CollectService).status() ?? []) : [],
    ),
    createHttpAdapter(),
    { logger: new NestLogger(log), abortOnError: false },
  );
  made.app = app;
  // After the engines, before everything that uses them: Nest's own parts go when ours have stopped.
  lifecycle.adopt({ name: 'nest', stop: () => app.close() });
  if (composition.serve) configureHttp(app);
  consume(app, bus, composition, lifecycle);
  await app.init();
  const { jobs } = engines; // after the stages have said which jobs they handle
  if (jobs) lifecycle.add({ name: 'jobs', phase: 'workers', start: () => jobs.start(), stop: () => jobs.stop() });
  if (composition.serve) listen(app, composition.serve, lifecycle);
  await lifecycle.start();
  const collected = composition.collect ? app.get(CollectService).addresses : { gateways: {} };
  return {
    log,
    addresses: { ...collected, ...(composition.serve ? { api: portOf(await app.getUrl()) } : {}) },
    madeAdminToken,
    stop: () => lifecycle.stop(),
  };
};

const open = async (
  composition: Composition,
  ground: Ground,
): Promise<{ engines: Engines; bus: ConsumableBus; madeAdminToken: string | undefined }> => {
  const { clickhouse, postgres, jobs, serve } = composition;
  const sealingKey = Buffer.from(
    composition.keys.keep('secrets.key', postgres?.SECRETS_KEY, KEY_BYTES, 'hex').value,
    'hex',
  );
  // PostgreSQL is a process of its own: it starts while ClickHouse's library is loaded into ours.
  const [bus, opened, stores] = await settled([
    openBus(composition.bus, ground),
    clickhouse ? openEventStore(clickhouse, ground) : undefined,
    postgres ? openControlStore(postgres, sealingKey, ground) : undefined,
  ]);
  const madeAdminToken =
    serve && stores ? await stores.stores.tokens.ensureAdmin('default', serve.API_ADMIN_TOKEN) : undefined;
  const gateways = new KongGateways(composition.gateways);
  ground.lifecycle.adopt({ name: 'gateways', stop: () => gateways.close() });
  const engines: Engines = {
    bus,
    gateways,
    ...(opened ? { events: opened.store } : {}),
    ...(stores ? { postgres: stores } : {}),
    ...(jobs && stores ? { jobs: openJobs(jobs, stores.url, ground) } : {}),
    ...(composition.respond ? { outbound: new HttpOutbound(ground.metrics) } : {}),
  };
  return { engines, bus, madeAdminToken };
};

/** Waits for all of them, so that what opened is stopped when another failed. */
const settled = async <T extends readonly unknown[]>(
  opening: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> => {
  const outcomes = await Promise.allSettled(opening);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
  return (await Promise.all(opening)) as { -readonly [K in keyof T]: Awaited<T[K]> }; // all are fulfilled
};

const moduleOf = (
  composition: Composition,
  ground: Ground,
  engines: Engines,
  status: () => readonly SourceStatus[],
): DynamicModule => {
  const imports: (DynamicModule | Type)[] = [EnginesModule.register(ground, engines)];
  if (composition.collect) imports.push(CollectModule.register(collectOptions(composition, composition.collect)));
  if (composition.detect) imports.push(DetectModule.register({}));
  if (composition.respond)
    imports.push(EvaluateModule.register({ allowPrivateAddresses: false }), RespondModule.register({}));
  if (composition.serve)
    imports.push(
      ServeModule.register({
        version: VERSION,
        publicMetrics: composition.serve.METRICS_PUBLIC,
        health: healthChecks(engines, composition.gateways),
        sources: status,
      }),
    );
  return { module: ProcessModule, imports };
};

const collectOptions = (composition: Composition, settings: NonNullable<Composition['collect']>) => ({
  gateways: composition.gateways,
  defaultGateway: 'default',
  fingerprintKey: Buffer.from(
    composition.keys.keep('fingerprint.key', settings.FINGERPRINT_KEY, KEY_BYTES, 'hex').value,
    'hex',
  ),
  host: settings.LISTEN_HOST,
  tcpPort: settings.COLLECT_TCP_PORT,
  httpPort: settings.COLLECT_HTTP_PORT,
  ...(settings.COLLECT_TLS_PORT === undefined ? {} : { tlsPort: settings.COLLECT_TLS_PORT }),
  ...tlsOf(settings),
  limits: {
    entryBytes: settings.COLLECT_MAX_LINE_BYTES,
    connections: settings.COLLECT_MAX_CONNECTIONS,
    idleMs: settings.COLLECT_IDLE_SECONDS * 1000,
  },
});

const tlsOf = (settings: NonNullable<Composition['collect']>) => {
  if (settings.COLLECT_TLS_CERT === undefined || settings.COLLECT_TLS_KEY === undefined) return {};
  const ca = settings.COLLECT_TLS_CLIENT_CA;
  return {
    tls: {
      certificate: pem('COLLECT_TLS_CERT', settings.COLLECT_TLS_CERT),
      key: pem('COLLECT_TLS_KEY', settings.COLLECT_TLS_KEY),
      ...(ca === undefined ? {} : { clientCa: pem('COLLECT_TLS_CLIENT_CA', ca), requireClientCertificate: true }),
    },
  };
};

const pem = (setting: string, file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CallerError(
      `${setting} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      'invalid-configuration',
    );
  }
};

const groupsOf = (composition: Composition): [ConsumerGroup, StrategyOptions][] => [
  ...(composition.detect ? [['analyzer', {}] satisfies [ConsumerGroup, StrategyOptions]] : []),
  ...(composition.respond ? [['responder', {}] satisfies [ConsumerGroup, StrategyOptions]] : []),
  ...(composition.serve ? [['api', { durable: false }] satisfies [ConsumerGroup, StrategyOptions]] : []),
];

const consume = (app: INestApplication, bus: ConsumableBus, composition: Composition, lifecycle: Lifecycle): void => {
  const strategies = groupsOf(composition).map(
    ([group, options]) => new GroupStrategy<Delivery, StrategyOptions>(bus, CONSUMER_GROUPS[group], options),
  );
  for (const strategy of strategies) connectGroup(app, strategy);
  lifecycle.add({
    name: 'bus consumers',
    phase: 'consumers',
    start: async () => {
      await app.startAllMicroservices();
    },
    stop: async () => {
      await Promise.all(strategies.map((strategy) => strategy.close()));
    },
  });
};

const listen = (
  app: NestFastifyApplication,
  settings: NonNullable<Composition['serve']>,
  lifecycle: Lifecycle,
): void => {
  lifecycle.add({
    name: 'api',
    phase: 'listeners',
    start: async () => {
      await app.listen(settings.API_PORT, settings.LISTEN_HOST);
    },
  });
};

const portOf = (url: string): number => Number(new URL(url).port);
