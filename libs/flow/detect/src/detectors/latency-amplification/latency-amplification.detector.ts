import type { Severity } from '@outrider/domain/detection/alert';
import type { LatencyAmplificationSettings } from './latency-amplification.settings.ts';

export const LATENCY_AMPLIFICATION_VERSION = '4';

/** One caller at one service over ten minutes. `tardy` is above `tardyMs`, `slow` above `slowMs`. */
export interface LatencyView {
  readonly slow: number;
  readonly slowSeconds: number;
  /** Slow ones of the caller at the service longer ago. */
  readonly slowBefore: number;
  /** The caller's tardy requests, and all its requests to any service. */
  readonly tardy: number;
  readonly requests: number;
  /** Of everybody at the service. */
  readonly serviceTardy: number;
  readonly serviceTardySeconds: number;
  readonly serviceRequests: number;
  /** Since the caller's first slow one of these: requests of others, and how many of them were tardy. */
  readonly othersSince: number;
  readonly othersTardySince: number;
  /** Time from there until now; s. */
  readonly secondsSince: number;
  /** What the endpoint usually brings in ten minutes, how many callers it has, and the caller's busiest hour; undefined of addresses. */
  readonly endpointPer10m: number;
  readonly endpointCallers: number;
  readonly busiestHour: number | undefined;
  /** The endpoint hands out large answers by its name: it may take its time. */
  readonly exports: boolean;
  /** The endpoint's past: requests, and how many were tardy, the caller's own of late left out. */
  readonly endpointRequests: number;
  readonly endpointTardy: number;
}

export interface LatencyVerdict {
  readonly timeShare: number;
  readonly severity: Severity;
  readonly confidence: number;
}

/**
 * Flags a caller whose requests are slow where those of everybody else are not. False positives: a customer with far more data than the
 * others, an upstream that is unwell for one customer only.
 */
export const judgeLatency = (view: LatencyView, s: LatencyAmplificationSettings): LatencyVerdict | undefined => {
  const enough = view.slow >= s.count10m && view.slowSeconds >= s.seconds10m;
  // who never was slow before, and now for so long at a time
  const heavy =
    view.slow >= s.heavyCount10m && view.slowSeconds >= s.heavySeconds10m && view.slowBefore < view.slow / 4;
  if (!enough && !heavy) return undefined;
  if (!isFastOtherwise(view, s)) return undefined;
  // Requests of the caller to other services are taken off as well: others are rather under- than overestimated.
  const others = view.serviceRequests - view.requests;
  const othersFareWell =
    others >= s.minOthers
      ? view.serviceTardy - view.tardy <= s.maxOthersTardy * others
      : isQuietlyWell(view, s) || isUnheardOf(view, s);
  if (!othersFareWell) return undefined;
  const timeShare = view.slowSeconds / Math.max(view.slowSeconds, view.serviceTardySeconds);
  if (timeShare < s.minTimeShare) return undefined;
  const blatant = view.slow >= 5 * s.count10m || view.slowSeconds >= 10 * s.seconds10m;
  return { timeShare, severity: blatant ? 'high' : 'medium', confidence: Math.min(0.85, 0.55 + 0.25 * timeShare) };
};

/** Hardly anybody else is there: those few must have come since it began, and none of them may have waited. */
const isQuietlyWell = (view: LatencyView, s: LatencyAmplificationSettings): boolean =>
  view.slow >= s.count10m && view.othersSince >= s.minQuietOthers && view.othersTardySince === 0;

/**
 * A single request of another is little to compare with, but the endpoint served several callers fast for long, and this one asks more of it in ten minutes than
 * it ever asked in an hour of anything: what the upstream suffers from is this. With nobody else there it must send on without waiting for answers: a job whose
 * upstream is slow for once waits.
 */
const isUnheardOf = (view: LatencyView, s: LatencyAmplificationSettings): boolean =>
  view.slow >= s.unheardCount10m &&
  (view.othersSince >= 1 || view.slowSeconds >= s.minParallel * view.secondsSince) &&
  view.othersTardySince === 0 &&
  view.busiestHour !== undefined &&
  view.slow > view.busiestHour &&
  view.slow >= s.overEndpoint * view.endpointPer10m &&
  view.endpointCallers >= s.minEndpointCallers &&
  view.endpointRequests >= s.minEndpointRequests &&
  view.endpointTardy <= 0.01 * view.endpointRequests;

/** The endpoint is known to be fast; of one that is hardly used it takes far more, and none that was not. */
const isFastOtherwise = (view: LatencyView, s: LatencyAmplificationSettings): boolean =>
  view.endpointRequests >= s.minEndpointRequests
    ? view.endpointTardy <= s.maxUsualTardy * view.endpointRequests
    : view.endpointRequests >= s.minRareRequests &&
      view.endpointTardy === 0 &&
      view.slowSeconds >= (view.exports ? 2 : 1) * s.rareSeconds10m;
