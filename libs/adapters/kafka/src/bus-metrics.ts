import { commonBusMetrics } from '@outrider/platform/bus/bus-metrics';
import type { Metrics } from '@outrider/platform/metrics';

/** What every bus counts, and what only Kafka has. */
export const busMetrics = (metrics: Metrics) => ({
  ...commonBusMetrics(metrics),
  assignments: metrics.counter('outrider_bus_rebalances_total', 'Assignments of partitions to this process', [
    'topic',
    'group',
  ]),
  ownedPartitions: metrics.gauge('outrider_bus_owned_partitions', 'Partitions that this process consumes', [
    'topic',
    'group',
  ]),
  consumerRestarts: metrics.counter(
    'outrider_bus_consumer_restarts_total',
    'Consumers that broke off and were started again',
    ['topic', 'group', 'reason'],
  ),
  producerRestarts: metrics.counter(
    'outrider_bus_producer_restarts_total',
    'Producers that were replaced after a failure',
    ['reason'],
  ),
});

export type BusMetrics = ReturnType<typeof busMetrics>;
