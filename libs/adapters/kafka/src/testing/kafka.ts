import type { Topic } from '@outrider/contracts/topics/topic-catalogue';
import { createLogger } from '@outrider/platform/logger';
import { Metrics } from '@outrider/platform/metrics';
import { systemClock } from '@outrider/ports/clock';
import { KafkaBus, type KafkaBusDeps } from '../kafka-bus.ts';
import type { KafkaBusSettings } from '../settings.ts';

export const aTopic = (name: string, partitions = 1): Topic => ({ name, key: 'any', retentionHours: 24, partitions });

export const kafkaDeps = (level: 'silent' | 'info' | 'debug' = 'silent'): KafkaBusDeps => ({
  log: createLogger({ level, name: 'spec', pretty: false }),
  metrics: new Metrics(),
  clock: systemClock,
});

let prefixes = 0;
/** Before the topics and groups of one test: one broker serves all. */
export const aPrefix = (): string => `t${process.pid}-${Date.now().toString(36)}-${(prefixes += 1)}.`;

/** Settings with short times, for a broker on this machine. */
export const quick = (broker: string, topicPrefix: string): KafkaBusSettings => ({
  brokers: [broker],
  topicPrefix,
  commitIntervalMs: 10,
  lagIntervalMs: 100,
  fetchWaitMs: 50,
  sessionTimeoutMs: 6_000,
  heartbeatMs: 500,
  rebalanceTimeoutMs: 6_000,
  requestTimeoutMs: 5_000,
  publishTimeoutMs: 10_000,
});

export const aKafkaBus = async (settings: KafkaBusSettings, deps = kafkaDeps()): Promise<KafkaBus> => {
  const bus = new KafkaBus(settings, deps);
  await bus.start();
  return bus;
};

/** What a metric says, summed over its series; 0 when there is none. */
export const metricOf = async (metrics: Metrics, name: string): Promise<number> =>
  (await metrics.text())
    .split('\n')
    .filter((line) => line.startsWith(name) && /^[\w]+(\{[^}]*\})? /.test(line))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
