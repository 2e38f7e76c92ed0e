import { clickHouseFacts, kafkaFacts, postgresFacts } from '@outrider/wiring/engines/engine-facts';
import { examineRedis } from '@outrider/wiring/engines/redis';
import { hostOf } from '@outrider/wiring/engines/start-up';
import { busAddress } from '@outrider/wiring/settings/bus-address';
import type { StartConfig } from '../config.ts';
import { fail, ok, warn, type Symptom } from './examination.ts';

/** Fewer connections than this are soon used up: each process takes up to 12, and more for jobs. */
const FEW_CONNECTIONS = 60;

/** The engines that are not embedded: whether they answer, and whether they are set up so that nothing gets lost. */
export const examineEngines = async (config: StartConfig): Promise<Symptom[]> => {
  const found = await Promise.all([kafka(config), clickHouse(config), postgres(config), redis(config)]);
  return found.flat();
};

const kafka = async (config: StartConfig): Promise<Symptom[]> => {
  const address = busAddress(config.BUS_URL);
  if (address.kind !== 'kafka') return [];
  return answering('Kafka', 'BUS_URL', address.brokers.join(', '), async () => {
    const { brokers, events } = await kafkaFacts(address.brokers, config);
    const answers = ok(`Kafka answers: ${brokers} ${brokers === 1 ? 'broker' : 'brokers'}`);
    if (!events) return [answers, ok('the topic of events is not there yet: the first start makes it')];
    const shared = ok(`the topic of events has ${events.partitions} partitions: so many analyzers can share it`);
    if (events.replication > 1) return [answers, shared, ok(`${events.replication} copies of each event are kept`)];
    return [
      answers,
      shared,
      warn('Kafka keeps one copy of each event: a broker’s disk that is lost takes what was not stored yet', REPLICATE),
    ];
  });
};

const REPLICATE = 'with three brokers, set KAFKA_REPLICATION=3 before the first start (or reassign the partitions)';

const clickHouse = async (config: StartConfig): Promise<Symptom[]> => {
  const { CLICKHOUSE_URL: url } = config;
  if (url === undefined) return [];
  return answering('ClickHouse', 'CLICKHOUSE_URL', hostOf(url), async () => [
    ok(`ClickHouse ${await clickHouseFacts(config)} answers`),
  ]);
};

const postgres = async ({ DATABASE_URL: url }: StartConfig): Promise<Symptom[]> => {
  if (url === undefined) return [];
  return answering('PostgreSQL', 'DATABASE_URL', hostOf(url), async () => {
    const { version, maxConnections } = await postgresFacts(url);
    const answers = ok(`PostgreSQL ${version} answers`);
    if (maxConnections >= FEW_CONNECTIONS) return [answers];
    return [
      answers,
      warn(`it allows ${maxConnections} connections`, 'each process takes up to 20: raise max_connections'),
    ];
  });
};

const redis = async ({ REDIS_URL: url }: StartConfig): Promise<Symptom[]> => {
  if (url === undefined) return [];
  return answering('Redis', 'REDIS_URL', hostOf(url), async () => {
    const { version = '', maxmemoryPolicy, appendOnly } = await examineRedis(url);
    const symptoms = [ok(`Redis ${version} answers`)];
    if (maxmemoryPolicy !== undefined && maxmemoryPolicy !== 'noeviction')
      symptoms.push(
        fail(
          `Redis may throw jobs away: its maxmemory-policy is ${maxmemoryPolicy}`,
          'set maxmemory-policy noeviction',
        ),
      );
    if (appendOnly === false)
      symptoms.push(
        warn(
          'Redis keeps no append-only file: jobs of the last minutes are made again from PostgreSQL after a crash, later',
          'set appendonly yes',
        ),
      );
    return symptoms;
  });
};

const answering = async (
  name: string,
  setting: string,
  at: string,
  examine: () => Promise<Symptom[]>,
): Promise<Symptom[]> => {
  try {
    return await examine();
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error);
    return [fail(`${name} at ${at} cannot be used: ${why}`, `check ${setting}, and that it can be reached from here`)];
  }
};
