import type { Metrics } from '@outrider/platform/metrics';

/** Everything that collect counts; labels are gateway ids, transports and fixed reasons. */
export const collectMetrics = (metrics: Metrics) => ({
  entries: metrics.counter('outrider_collect_entries_total', 'Log entries read', ['gateway', 'transport']),
  bytes: metrics.counter('outrider_collect_bytes_total', 'Bytes of log entries received', ['gateway', 'transport']),
  refused: metrics.counter('outrider_collect_refused_total', 'Log entries that could not be read, by reason', [
    'gateway',
    'reason',
  ]),
  connectionsRefused: metrics.counter(
    'outrider_collect_connections_refused_total',
    'Connections turned away, by reason',
    ['transport', 'reason'],
  ),
  connections: metrics.gauge('outrider_collect_connections', 'Open connections', ['gateway', 'transport']),
  requests: metrics.counter('outrider_collect_http_requests_total', 'Requests to the HTTP listener, by status', [
    'status',
  ]),
  published: metrics.counter('outrider_collect_published_total', 'Events made durable on the bus'),
  publishRetries: metrics.counter(
    'outrider_collect_publish_retries_total',
    'Publish attempts that failed and are repeated',
    ['topic'],
  ),
  lost: metrics.counter('outrider_collect_lost_total', 'Accepted events that could not be published, by reason', [
    'reason',
  ]),
  publishLag: metrics.histogram(
    'outrider_collect_publish_lag_seconds',
    'From the first event of a batch until it is durable',
  ),
  deadLettersShed: metrics.counter(
    'outrider_collect_dead_letters_shed_total',
    'Dead letters counted but not kept, by reason',
    ['reason'],
  ),
  paused: metrics.counter('outrider_collect_pauses_total', 'Times that inputs were paused because the bus was behind'),
});

export type CollectMetrics = ReturnType<typeof collectMetrics>;
