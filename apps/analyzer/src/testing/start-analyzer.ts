import 'reflect-metadata';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { CONSUMER_GROUPS } from '@outrider/contracts/topics/consumer-groups';
import { CHANGES_TOPIC, DEAD_LETTERS_TOPIC, EVENTS_TOPIC } from '@outrider/contracts/topics/topic-catalogue';
import { DetectModule } from '@outrider/detect/detect.module';
import { LocalBus } from '@outrider/local-bus/local-bus';
import { connectGroup, GroupStrategy } from '@outrider/platform/bus/group-strategy';
import { Lifecycle } from '@outrider/platform/lifecycle';
import { createLogger } from '@outrider/platform/logger';
import { Metrics } from '@outrider/platform/metrics';
import type { BaselineStore } from '@outrider/ports/baseline-store';
import { systemClock } from '@outrider/ports/clock';
import type { EventStore } from '@outrider/ports/event-store';
import { openPostgres, type Postgres } from '@outrider/postgres/open-postgres';
import { EnginesModule } from '@outrider/wiring/engines.module';

@Module({})
class AnalyzerModule {}

export interface Analyzer {
  readonly bus: LocalBus;
  readonly stores: Postgres;
  readonly metrics: Metrics;
  /** Messages that the analyzer has not committed, of both of its topics. */
  behind(): number;
  stop(): Promise<void>;
}

/** The bus as the processes open it: what is published before the analyzer first ran is kept for it. */
export const openSpecBus = async (dir: string, metrics = new Metrics()): Promise<LocalBus> => {
  const log = createLogger({ name: 'spec', level: 'silent', pretty: false });
  const topics = {
    [EVENTS_TOPIC.name]: { groups: ['analyzer'] },
    [DEAD_LETTERS_TOPIC.name]: { groups: ['analyzer'] },
    [CHANGES_TOPIC.name]: { groups: ['responder'] },
  };
  const settings = { dir: join(dir, 'bus'), commitIntervalMs: 5, fsync: 'interval', topics } as const;
  const bus = new LocalBus(settings, { log, metrics, clock: systemClock });
  await bus.start();
  return bus;
};

/** The detect stage in a Nest application on real engines, with blocks so small that many are stored. For specs. */
export const startAnalyzer = async (options: {
  readonly dir: string;
  readonly postgresUrl: string;
  readonly events: EventStore;
  readonly baselines: BaselineStore;
}): Promise<Analyzer> => {
  const log = createLogger({ name: 'spec', level: 'silent', pretty: false });
  const metrics = new Metrics();
  const lifecycle = new Lifecycle(log);
  const bus = await openSpecBus(options.dir, metrics);
  const stores = openPostgres({ url: options.postgresUrl, max: 4, sealingKeys: [Buffer.alloc(32, 7)] });
  const engines = {
    bus,
    events: options.events,
    baselines: options.baselines,
    postgres: { stores, url: options.postgresUrl },
  };
  const imports = [
    EnginesModule.register({ dataDir: options.dir, log, metrics, lifecycle }, engines),
    DetectModule.register({ maxBlockAgeMs: 2, maxBlockRows: 20, tickMs: 50, blocksRefreshMs: 100 }),
  ];
  const app = await NestFactory.create({ module: AnalyzerModule, imports }, new FastifyAdapter(), { logger: false });
  const strategy = new GroupStrategy(bus, CONSUMER_GROUPS.analyzer, { maxInFlight: 8 });
  connectGroup(app, strategy);
  await app.init();
  lifecycle.add({
    name: 'bus consumers',
    phase: 'consumers',
    start: async () => void (await app.startAllMicroservices()),
    stop: () => strategy.close(),
  });
  await lifecycle.start();
  return {
    bus,
    stores,
    metrics,
    behind: () =>
      bus
        .lag()
        .filter(({ group }) => group === 'analyzer')
        .reduce((sum, { messages }) => sum + messages, 0),
    stop: async () => {
      await lifecycle.stop();
      await app.close();
      await bus.stop();
      await stores.close();
    },
  };
};
