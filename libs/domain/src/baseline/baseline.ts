import * as z from 'zod';
import { WarmUp } from '../detection/alert.ts';

/** Of whom: an entity, or what one caller does at one endpoint. */
export const BaselineKind = z.enum([
  'consumer',
  'credential',
  'ip',
  'endpoint',
  'route',
  'service',
  'gateway',
  'caller-endpoint',
]);
export type BaselineKind = z.infer<typeof BaselineKind>;

/** Of what: requests; share of answers that are errors (5xx, 4xx but 401, 403, 404, 429); bytes sent; endpoints called; mean latency, ms. */
export const BaselineMetric = z.enum(['requests', 'errors', 'response-bytes', 'endpoints', 'latency']);
export type BaselineMetric = z.infer<typeof BaselineMetric>;

/** Windows that are compared: of requests also five minutes, of everything an hour. */
export const BaselineStep = z.enum(['5m', '1h']);
export type BaselineStep = z.infer<typeof BaselineStep>;

export const STEP_MS: Readonly<Record<BaselineStep, number>> = { '5m': 300_000, '1h': 3_600_000 };
/** How far back a baseline looks: two weeks of five minutes, four of hours. */
export const LOOK_BACK_MS: Readonly<Record<BaselineStep, number>> = { '5m': 14 * 86_400_000, '1h': 28 * 86_400_000 };

/** How values spread: counts (negative binomial, empty windows count as 0), ratios (Wilson), sizes (log-normal, windows with traffic only). */
export type Spread = 'count' | 'ratio' | 'size';
export const spreadOf = (metric: BaselineMetric): Spread => {
  switch (metric) {
    case 'requests':
    case 'endpoints':
      return 'count';
    case 'errors':
      return 'ratio';
    case 'response-bytes':
    case 'latency':
      return 'size';
  }
};

/** Probability that an ordinary value lies above the band (and, of counts and sizes, below it). */
export const CHART_P = 1e-3;
export const ALERT_P = 1e-6;

const DAY_MS = 86_400_000;

/** See the catalogue, section 0: a week always has a weekend in it. */
export const warmUpOf = (lifeMs: number, requests: number): WarmUp => {
  if (lifeMs < DAY_MS || requests < 500) return 'learning';
  if (lifeMs < 7 * DAY_MS) return 'provisional';
  return lifeMs < 14 * DAY_MS ? 'mature' : 'seasonal';
};

/** Time that teaches nothing, ms: an alert was open, somebody excluded it. Both ends belong to it. */
export interface ExcludedTime {
  readonly from: number;
  readonly to: number;
}
