import { join } from 'node:path';
import type { KafkaLine } from './kafka/lock-file.ts';
import { MissingEngineError } from './machine/missing-engine.error.ts';
import { SERVICE_NAMES, type Service, type ServiceName, type ServiceOptions } from './service.ts';
import { startClickHouseHttp } from './start-clickhouse-http.ts';
import { startKafka, type KafkaService } from './start-kafka.ts';
import { startPostgres, type PostgresService } from './start-postgres.ts';
import { startRedis } from './start-redis.ts';

export interface ServicesOptions {
  /** All of them by default. */
  readonly only?: readonly ServiceName[];
  /** Each keeps its data in a folder of its own below, which stays; without it temporary folders that `stop` removes. */
  readonly dir?: string;
  readonly kafka?: KafkaLine;
  /** An engine that this machine can't have is an error; on by default. Otherwise it is named in `missing`. */
  readonly demand?: boolean;
  readonly log?: (line: string) => void;
}

export interface MissingService {
  readonly name: ServiceName;
  readonly why: string;
}

/** Those that were asked for and can be had. */
export interface Services {
  readonly kafka?: KafkaService;
  readonly redis?: Service;
  readonly postgres?: PostgresService;
  readonly clickhouseHttp?: Service;
  readonly all: readonly Service[];
  readonly missing: readonly MissingService[];
  /** BUS_URL, REDIS_URL, DATABASE_URL, CLICKHOUSE_URL of those that run. */
  readonly environment: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** Starts several engines at once. When one fails to start, those that did are stopped. */
export const startServices = async (options: ServicesOptions = {}): Promise<Services> => {
  const names = SERVICE_NAMES.filter((name) => options.only?.includes(name) ?? true);
  const started: { -readonly [K in keyof Started]: Started[K] } = {};
  const results = await Promise.allSettled(names.map((name) => startOne(name, started, options)));
  const all = Object.values(started);
  const stop = async (): Promise<void> => {
    const ends = await Promise.allSettled(all.map((service) => service.stop()));
    throwFirst(ends.filter((end) => end.status === 'rejected').map((end) => end.reason));
  };
  const missing: MissingService[] = [];
  const failures: unknown[] = [];
  for (const [index, result] of results.entries()) {
    const name = names[index];
    if (result.status === 'fulfilled' || name === undefined) continue;
    if (result.reason instanceof MissingEngineError && options.demand === false)
      missing.push({ name, why: result.reason.message });
    else failures.push(result.reason);
  }
  if (failures.length > 0) await stop().finally(() => throwFirst(failures));
  const environment = Object.assign({}, ...all.map((service) => service.environment)) as Record<string, string>;
  return { ...started, all, missing, environment, stop };
};

interface Started {
  readonly kafka?: KafkaService;
  readonly redis?: Service;
  readonly postgres?: PostgresService;
  readonly clickhouseHttp?: Service;
}

const startOne = async (
  name: ServiceName,
  started: { -readonly [K in keyof Started]: Started[K] },
  { dir, log, kafka }: ServicesOptions,
): Promise<void> => {
  const common: ServiceOptions = { ...(dir === undefined ? {} : { dir: join(dir, name) }), ...(log ? { log } : {}) };
  switch (name) {
    case 'kafka':
      started.kafka = await startKafka({ ...common, ...(kafka ? { version: kafka } : {}) });
      return;
    case 'redis':
      started.redis = await startRedis(common);
      return;
    case 'postgres':
      started.postgres = await startPostgres(common);
      return;
    case 'clickhouse-http':
      started.clickhouseHttp = await startClickHouseHttp(common);
      return;
    default:
      name satisfies never;
  }
};

const throwFirst = (errors: readonly unknown[]): void => {
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1)
    throw new AggregateError(
      errors,
      errors.map((error) => (error instanceof Error ? error.message : String(error))).join('\n'),
    );
};
