import type { Finding, Severity, WarmUp } from '@outrider/domain/detection/alert';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { findingOf } from '../../engine/finding-draft.ts';
import { wilsonInterval } from '@outrider/domain/baseline/wilson';
import type { Evidence } from '../../windows/evidence.ts';
import { ERROR_SPIKE_VERSION } from './error-spike.detector.ts';
import type { ErrorSpikeSettings } from './error-spike.settings.ts';

export type ErrorKind = 'server' | 'client';
export const ERROR_NAMES = { server: 'server errors', client: 'client errors' } as const;
export const ERROR_QUERIES = {
  server: 'status >= 500',
  client: 'status BETWEEN 400 AND 499 AND status NOT IN (401, 403, 404, 429)',
} as const;

/** One class of errors of one service over a span of minutes. */
export interface ServiceView {
  readonly kind: ErrorKind;
  readonly errors: number;
  readonly requests: number;
  /** Before the last five minutes. */
  readonly pastErrors: number;
  readonly pastRequests: number;
}

/** How the errors are spread over the service's callers; a sample is enough. */
export interface CallersView {
  readonly failing: number;
  /** Without the caller that failed most. */
  readonly rest: { readonly errors: number; readonly requests: number };
}

export interface ServiceVerdict {
  readonly ratio: number;
  readonly limit: number;
  readonly severity: Severity;
  readonly confidence: number;
}

/** Whether a service's errors are far above what it is used to: cheap, and true as well when one caller alone makes them. */
export const standsOut = (view: ServiceView, s: ErrorSpikeSettings): ServiceVerdict | undefined => {
  if (view.requests < s.minRequests) return undefined;
  const known = view.pastRequests >= s.minRequests;
  const limit = Math.max(
    known ? s.healthOthersShare : Math.max(s.healthOthersShare, s.learningErrorShare),
    known ? (s.baselineRatio * view.pastErrors) / view.pastRequests : 0,
  );
  if (wilsonInterval(view.errors, view.requests, s.z).low <= limit) return undefined;
  return { ratio: view.errors / view.requests, limit, severity: 'info', confidence: 0.5 };
};

/** Many callers fail, and they would without the worst of them: the service is unwell. */
export const isShared = ({ failing, rest }: CallersView, s: ErrorSpikeSettings): boolean =>
  failing >= s.healthCallers &&
  rest.requests >= s.healthOthersRequests &&
  rest.errors >= s.healthOthersShare * rest.requests;

/** `event` is one of the errors, `at` and `from` the end and the beginning of the span; ms. */
export const outageFinding = (parts: {
  readonly event: ApiEvent;
  readonly at: number;
  readonly from: number;
  readonly view: ServiceView;
  readonly callers: CallersView;
  readonly verdict: ServiceVerdict;
  readonly evidence: Evidence;
}): Finding => {
  const { event, view, callers, verdict } = parts;
  const id = event.serviceId || event.serviceName;
  const name = event.serviceName || id;
  const learning: WarmUp = view.pastRequests > 0 ? 'provisional' : 'learning';
  return findingOf({
    event,
    entity: { kind: 'service', id, name },
    type: 'error-spike',
    version: ERROR_SPIKE_VERSION,
    severity: verdict.severity,
    confidence: verdict.confidence,
    at: parts.at,
    from: parts.from,
    observed: {
      metric: `${view.kind} error ratio`,
      value: Math.round(verdict.ratio * 1000) / 1000,
      unit: `of requests in ${Math.max(1, Math.round((parts.at - parts.from) / 60_000))} min`,
    },
    expected: {
      low: 0,
      high: verdict.limit,
      mean: view.pastRequests > 0 ? view.pastErrors / view.pastRequests : 0,
      n: view.pastRequests,
      p: 1,
      warmUp: learning,
    },
    explanation: `${Math.round(verdict.ratio * 100)} % of ${view.requests} requests to ${name} end in ${ERROR_NAMES[view.kind]}, and at least ${callers.failing} of its callers get them at the same time: the service is unwell; no caller is to blame. Look at its upstream and at what was deployed last.`,
    evidence: parts.evidence,
    only: ERROR_QUERIES[view.kind],
  });
};
