import type { Metrics } from '../metrics.ts';

/** What every bus counts, under the same names, so that a dashboard does not ask which bus it is. */
export const commonBusMetrics = (metrics: Metrics) => ({
  published: metrics.counter('outrider_bus_published_total', 'Messages that became durable', ['topic']),
  publishedBytes: metrics.counter('outrider_bus_published_bytes_total', 'Bytes that became durable', ['topic']),
  rejected: metrics.counter('outrider_bus_rejected_total', 'Publishes refused', ['topic', 'reason']),
  writeSeconds: metrics.histogram('outrider_bus_write_seconds', 'One write with its sync', ['topic']),
  delivered: metrics.counter('outrider_bus_delivered_total', 'Messages whose handlers finished', ['topic', 'group']),
  redelivered: metrics.counter('outrider_bus_redelivered_total', 'Deliveries repeated after a passing failure', [
    'topic',
    'group',
  ]),
  deadLetters: metrics.counter('outrider_bus_dead_letters_total', 'Messages given up', ['topic', 'group']),
  lost: metrics.counter('outrider_bus_lost_total', 'Offsets passed over: corrupt or already deleted', [
    'topic',
    'group',
  ]),
  lagMessages: metrics.gauge('outrider_bus_lag_messages', 'Messages a group has not committed', [
    'topic',
    'group',
    'partition',
  ]),
  lagSeconds: metrics.gauge('outrider_bus_lag_seconds', 'Age of the oldest uncommitted message', [
    'topic',
    'group',
    'partition',
  ]),
  pressure: metrics.gauge('outrider_bus_pressure', '0 idle … 1 full', ['topic']),
});
