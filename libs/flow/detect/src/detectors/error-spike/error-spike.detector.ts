import type { Severity } from '@outrider/domain/detection/alert';
import { wilsonInterval } from '@outrider/domain/baseline/wilson';
import type { ErrorSpikeSettings } from './error-spike.settings.ts';

export const ERROR_SPIKE_VERSION = '2';

/** One class of errors of one caller at one service in five minutes, and what its neighbours saw meanwhile. */
export interface ErrorView {
  readonly kind: 'server' | 'client';
  readonly errors: number;
  readonly requests: number;
  /** Before the window. */
  readonly pastErrors: number;
  readonly pastRequests: number;
  readonly learning: boolean;
  /** It has a credential. */
  readonly authenticated: boolean;
  /** The service's other callers, over several spans; the first is since the errors began. */
  readonly others: readonly { readonly errors: number; readonly requests: number }[];
}

export interface ErrorVerdict {
  readonly about: 'caller' | 'service';
  readonly ratio: number;
  readonly lowerBound: number;
  readonly limit: number;
  readonly severity: Severity;
  readonly confidence: number;
}

/**
 * Flags a caller whose share of errors rose far above its own; when the service's other callers fail too, it is the service's health.
 * False positives: a deployment that only one caller uses (low severity), validation errors of a new integration (`learningErrorShare`).
 */
export const judgeErrorSpike = (view: ErrorView, s: ErrorSpikeSettings): ErrorVerdict | undefined => {
  if (view.requests < s.plainRequests) return undefined;
  const lowerBound = wilsonInterval(view.errors, view.requests, s.z).low;
  if (view.requests < s.minRequests && !isPlain(view, lowerBound, s)) return undefined;
  const limit = errorLimit(view, s);
  if (lowerBound <= limit) return undefined;
  const ratio = view.errors / view.requests;
  // a customer's client of which nothing works is broken: who tries something out with a key has some of it accepted
  if (view.kind === 'client' && view.authenticated && ratio >= s.brokenShare) return undefined;
  // what others got before its errors began says nothing about since
  const alone = (view.others[0]?.requests ?? 0) === 0;
  if (alone && view.kind === 'server' && view.requests < s.aloneRequests) return undefined;
  if (isServiceUnwell(view, s)) return { about: 'service', ratio, lowerBound, limit, severity: 'low', confidence: 0.5 };
  return {
    about: 'caller',
    ratio,
    lowerBound,
    limit,
    severity: view.kind === 'server' && lowerBound >= 0.4 ? 'medium' : 'low',
    confidence: Math.min(view.learning ? 0.65 : 0.78, 0.5 + 0.3 * lowerBound),
  };
};

/** So many server errors where the others get none, that the rest of the requests need not be waited for. */
const isPlain = (view: ErrorView, lowerBound: number, s: ErrorSpikeSettings): boolean => {
  const [since] = view.others;
  return (
    view.kind === 'server' &&
    lowerBound >= s.plainErrorShare &&
    since !== undefined &&
    since.requests >= s.plainOthersRequests &&
    since.errors === 0
  );
};

/** Share of errors that is let pass. */
export const errorLimit = (view: ErrorView, s: ErrorSpikeSettings): number => {
  const past = view.pastRequests >= s.minRequests ? view.pastErrors / view.pastRequests : 0;
  const absolute = view.learning
    ? s.learningErrorShare
    : view.kind === 'server'
      ? s.minErrorShare
      : s.minClientErrorShare;
  return Math.max(absolute, s.baselineRatio * past);
};

/** Others fail as well, in one of the spans. */
export const isServiceUnwell = (view: ErrorView, s: ErrorSpikeSettings): boolean =>
  view.others.some(
    ({ errors, requests }) => requests >= s.healthOthersRequests && errors >= s.healthOthersShare * requests,
  );
