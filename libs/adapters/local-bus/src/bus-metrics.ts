import { commonBusMetrics } from '@outrider/platform/bus/bus-metrics';
import type { Metrics } from '@outrider/platform/metrics';

/** What every bus counts, and the bytes that only a log on this disk knows. */
export const busMetrics = (metrics: Metrics) => ({
  ...commonBusMetrics(metrics),
  lagBytes: metrics.gauge('outrider_bus_lag_bytes', 'Bytes a group has not committed', ['topic', 'group', 'partition']),
});

export type BusMetrics = ReturnType<typeof busMetrics>;
