import { resolve } from 'node:path';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { CONSUMER_GROUPS, type ConsumerGroup } from '@outrider/contracts/topics/consumer-groups';
import { connectGroup, GroupStrategy } from '@outrider/platform/bus/group-strategy';
import { Lifecycle } from '@outrider/platform/lifecycle';
import { createLogger } from '@outrider/platform/logger';
import { Metrics } from '@outrider/platform/metrics';
import type { ConsumableBus, ConsumeOptions, Delivery } from '@outrider/ports/event-bus';
import type { ComposedProcess, Composition } from './composition.ts';
import type { Ground } from './engines/ground.ts';
import { StartUp } from './engines/start-up.ts';
import { detectionMemory, healthChecks } from './health/health-checks.ts';
import { HealthListener } from './health/health-listener.ts';
import { HealthReport } from './health/health-report.ts';
import { NestLogger } from './nest-logger.ts';
import { openEngines } from './open-engines.ts';
import { loadStages } from './stages.ts';
import { openTracer } from './tracing/open-tracer.ts';

export type { ComposedProcess, Composition } from './composition.ts';

type StrategyOptions = Omit<ConsumeOptions, 'topic' | 'group'>;

/** Opens the engines, makes the stages, and starts everything in order; what had started is stopped when something fails. */
export const compose = async (composition: Composition): Promise<ComposedProcess> => {
  const { LOG_LEVEL, LOG_FORMAT, OUTRIDER_DATA, START_TIMEOUT_SECONDS } = composition.process;
  const pretty = LOG_FORMAT === 'pretty' || (LOG_FORMAT === 'auto' && process.stderr.isTTY);
  const log = createLogger({ name: composition.name, level: LOG_LEVEL, pretty });
  const lifecycle = new Lifecycle(log);
  const metrics = new Metrics({ processMetrics: true });
  const startUp = new StartUp(log, START_TIMEOUT_SECONDS * 1_000);
  const report = new HealthReport(startUp);
  const stop = (): Promise<void> => {
    report.stopping();
    return lifecycle.stop();
  };
  try {
    const health = await listenForHealth(composition, new HealthListener({ report, metrics, log }), lifecycle);
    const tracer = await openTracer(composition.name, composition.process);
    lifecycle.adopt({ name: 'traces', stop: () => tracer.stop() });
    const ground = { dataDir: resolve(OUTRIDER_DATA), log, metrics, lifecycle, tracer, startUp };
    const built = await build(composition, ground, report);
    const addresses = { ...built.addresses, ...(health === undefined ? {} : { health }) };
    log.info({ addresses }, `${composition.name} runs`);
    return { log, addresses, madeAdminToken: built.madeAdminToken, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};

/** First of all, so that a start that waits for its engines is seen to live; last to stop. */
const listenForHealth = async (
  { process: { HEALTH_PORT, LISTEN_HOST } }: Composition,
  listener: HealthListener,
  lifecycle: Lifecycle,
): Promise<number | undefined> => {
  if (HEALTH_PORT === undefined) return undefined;
  const port = await listener.listen(HEALTH_PORT, LISTEN_HOST);
  lifecycle.adopt({ name: 'health listener', stop: () => listener.stop() });
  return port;
};

const build = async (
  composition: Composition,
  ground: Ground,
  report: HealthReport,
): Promise<Pick<ComposedProcess, 'addresses' | 'madeAdminToken'>> => {
  const { lifecycle, log } = ground;
  const { engines, untraced, bus, madeAdminToken } = await openEngines(composition, ground);
  const { gateways, collect, serve, respond } = composition;
  // Who calls Kong looks at it; the others have no business there.
  const looked = respond || serve ? gateways : [];
  const checks = [
    ...healthChecks({ engines: untraced, bus, gateways: looked, needsBus: !serve || collect !== undefined }),
    ...(composition.detect ? [detectionMemory(() => stages.relearning())] : []),
  ];
  const stages = await loadStages(composition, ground, engines, checks);
  const app = await NestFactory.create<NestFastifyApplication>(stages.module, stages.adapter(), {
    logger: new NestLogger(log),
    abortOnError: false,
  });
  stages.made(app);
  // After the engines, before everything that uses them: Nest's own parts go when ours have stopped.
  lifecycle.adopt({ name: 'nest', stop: () => app.close() });
  stages.configure(app);
  consume(app, bus, composition, lifecycle);
  await app.init();
  const { jobs } = engines; // after the stages have said which jobs they handle
  if (jobs) lifecycle.add({ name: 'jobs', phase: 'workers', start: () => jobs.start(), stop: () => jobs.stop() });
  if (serve) listen(app, serve, lifecycle);
  await lifecycle.start();
  report.running(checks);
  return {
    addresses: { ...stages.collecting(), ...(serve ? { api: portOf(await app.getUrl()) } : {}) },
    madeAdminToken,
  };
};

/** A message is handed out until its block is stored, which waits for more: bytes are the bound that counts, not messages. */
const ANALYZER_MESSAGES = 4_000;

const groupsOf = (composition: Composition): [ConsumerGroup, StrategyOptions][] => [
  ...(composition.detect
    ? [['analyzer', { maxInFlight: ANALYZER_MESSAGES }] satisfies [ConsumerGroup, StrategyOptions]]
    : []),
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
