import type { Severity } from '@outrider/domain/detection/alert';
import type { FailureCounts } from '../../windows/failure-log.ts';
import type { EndpointProbingSettings } from './endpoint-probing.settings.ts';

export const ENDPOINT_PROBING_VERSION = '1';

export interface ProbingView {
  /** Refusals of paths that never worked; marks are path templates. */
  readonly in60s: FailureCounts;
  readonly in10m: FailureCounts;
  readonly requests60s: number;
  readonly requests10m: number;
}

export interface ProbingVerdict {
  readonly windowMs: number;
  readonly distinct: number;
  readonly limit: number;
  readonly refused: number;
  readonly requests: number;
  readonly severity: Severity;
  readonly confidence: number;
}

/**
 * Flags a caller that asks for many different paths which do not exist or are forbidden. The same dead link many times is one path.
 * False positives: an application with many dead links behind one address (`minErrorShare`, `minDistinctShare`), a crawler.
 */
export const judgeEndpointProbing = (view: ProbingView, s: EndpointProbingSettings): ProbingVerdict | undefined =>
  judgeWindow(view.in60s, view.requests60s, 60_000, s.distinct60s, s) ??
  judgeWindow(view.in10m, view.requests10m, 600_000, s.distinct10m, s);

const judgeWindow = (
  counts: FailureCounts,
  requests: number,
  windowMs: number,
  limit: number,
  s: EndpointProbingSettings,
): ProbingVerdict | undefined => {
  if (counts.distinct < limit || counts.distinct < s.minDistinctShare * counts.remembered) return undefined;
  const share = counts.failures / Math.max(1, requests, counts.failures);
  const blatant = counts.distinct >= limit * s.blatantFactor;
  if (share < (blatant ? s.blatantErrorShare : s.minErrorShare)) return undefined;
  return {
    windowMs,
    distinct: counts.distinct,
    limit,
    refused: counts.failures,
    requests: Math.max(requests, counts.failures),
    severity: blatant ? 'high' : 'medium',
    confidence: Math.min(0.97, 0.82 + 0.05 * Math.log2(counts.distinct / limit)),
  };
};
