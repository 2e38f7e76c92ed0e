import type { Severity } from '@outrider/domain/detection/alert';
import type { FailureCounts } from '../../windows/failure-log.ts';
import type { EndpointProbingSettings } from './endpoint-probing.settings.ts';

export const ENDPOINT_PROBING_VERSION = '2';

export interface ProbingView {
  /** Refusals of paths that never worked; marks are path templates. */
  readonly in60s: FailureCounts;
  readonly in10m: FailureCounts;
  /** Of these only `distinct` and `remembered` say anything; absent: no slow scan is looked for. */
  readonly in1h?: FailureCounts;
  readonly in24h?: FailureCounts;
  readonly requests60s: number;
  readonly requests10m: number;
  /** Paths of word lists, whatever their answer, and the kinds of them. */
  readonly wordList10m: number;
  readonly wordList24h: number;
  readonly wordListKinds: number;
  /** Telling names of word lists among the refused paths, within ten minutes; 0 where their kinds tell nothing. */
  readonly refusedWords10m: number;
  /** Different parents of the refused paths. */
  readonly parents: number;
  /** Refused paths answered 401, as a part of all. */
  readonly unauthenticatedShare: number;
  readonly crawler: boolean;
  /** A package manager, by what it calls itself. */
  readonly packages: boolean;
}

export interface ProbingVerdict {
  readonly rule: 'distinct' | 'word-list' | 'refused-words';
  readonly windowMs: number;
  readonly distinct: number;
  readonly limit: number;
  readonly refused: number;
  readonly requests: number;
  readonly severity: Severity;
  readonly confidence: number;
}

const MINUTE_MS = 60_000;

/**
 * Flags a caller that asks for many different paths which do not exist or are forbidden; or for several kinds of names from word lists, even
 * where the site answers everything with 200. The same dead link many times is one path.
 * False positives: an application with many dead links behind one address (`minErrorShare`, `minDistinctShare`), a crawler.
 */
export const judgeEndpointProbing = (view: ProbingView, s: EndpointProbingSettings): ProbingVerdict | undefined =>
  judgeWindow(view, view.in60s, view.requests60s, MINUTE_MS, s.distinct60s, s) ??
  judgeWindow(view, view.in10m, view.requests10m, 10 * MINUTE_MS, s.distinct10m, s) ??
  judgeWordList(view, s) ??
  judgeRefusedWords(view, s) ??
  judgeSlow(view, view.in1h, 60 * MINUTE_MS, s.distinct1h, s) ??
  judgeSlow(view, view.in24h, 1440 * MINUTE_MS, s.distinct24h, s);

const factorOf = (view: ProbingView, s: EndpointProbingSettings): number =>
  (view.unauthenticatedShare > 0.5 ? s.unauthenticatedFactor : 1) *
  (view.wordListKinds >= s.wordListKinds ? 1 : view.crawler ? s.crawlerFactor : view.packages ? s.packagesFactor : 1);

const judgeWindow = (
  view: ProbingView,
  counts: FailureCounts,
  requests: number,
  windowMs: number,
  usualLimit: number,
  s: EndpointProbingSettings,
): ProbingVerdict | undefined => {
  const limit = usualLimit * factorOf(view, s);
  if (counts.distinct < limit || counts.distinct < s.minDistinctShare * counts.remembered) return undefined;
  const share = counts.failures / Math.max(1, requests, counts.failures);
  const blatant = counts.distinct >= limit * s.blatantFactor;
  if (share < (blatant ? s.blatantErrorShare : s.minErrorShare)) return undefined;
  return {
    rule: 'distinct',
    windowMs,
    distinct: counts.distinct,
    limit,
    refused: counts.failures,
    requests: Math.max(requests, counts.failures),
    severity: blatant ? 'high' : 'medium',
    confidence: Math.min(0.97, 0.82 + 0.05 * Math.log2(counts.distinct / limit)),
  };
};

const judgeWordList = (view: ProbingView, s: EndpointProbingSettings): ProbingVerdict | undefined => {
  if (view.wordListKinds < s.wordListKinds) return undefined;
  const fast = view.wordList10m >= s.wordListPaths10m;
  if (!fast && view.wordList24h < s.wordListPaths24h) return undefined;
  const distinct = fast ? view.wordList10m : view.wordList24h;
  const limit = fast ? s.wordListPaths10m : s.wordListPaths24h;
  return {
    rule: 'word-list',
    windowMs: (fast ? 10 : 1440) * MINUTE_MS,
    distinct,
    limit,
    refused: view.in10m.failures,
    requests: Math.max(view.requests10m, view.in10m.failures),
    severity: distinct >= limit * s.blatantFactor ? 'high' : 'medium',
    confidence: Math.min(0.97, 0.86 + 0.03 * Math.log2(distinct / limit)),
  };
};

/** Short lists: what is asked for leaves no doubt, so that half as many paths are enough. */
const judgeRefusedWords = (view: ProbingView, s: EndpointProbingSettings): ProbingVerdict | undefined => {
  const { failures, distinct } = view.in10m;
  const limit = s.refusedWordPaths10m * factorOf(view, s);
  if (distinct < limit || view.refusedWords10m < Math.max(s.refusedWords10m, distinct / 2)) return undefined;
  const requests = Math.max(1, view.requests10m, failures);
  if (failures / requests < s.minErrorShare) return undefined;
  return {
    rule: 'refused-words',
    windowMs: 10 * MINUTE_MS,
    distinct,
    limit,
    refused: failures,
    requests,
    severity: 'medium',
    confidence: 0.85,
  };
};

/** Requests are not counted over so long: what the paths look like stands for the refused share. */
const judgeSlow = (
  view: ProbingView,
  counts: FailureCounts | undefined,
  windowMs: number,
  usualLimit: number,
  s: EndpointProbingSettings,
): ProbingVerdict | undefined => {
  const limit = usualLimit * factorOf(view, s);
  if (counts === undefined || counts.distinct < limit || counts.distinct < s.minDistinctShare * counts.remembered)
    return undefined;
  if (view.parents < s.minParents && view.wordListKinds < 2) return undefined;
  const share = view.in10m.failures / Math.max(1, view.requests10m, view.in10m.failures);
  if (share < (view.wordListKinds >= 2 ? s.blatantErrorShare : s.minErrorShare)) return undefined;
  return {
    rule: 'distinct',
    windowMs,
    distinct: counts.distinct,
    limit,
    refused: counts.remembered,
    requests: Math.max(counts.remembered, Math.round(counts.remembered / share)),
    severity: 'medium',
    confidence: Math.min(0.95, 0.8 + 0.05 * Math.log2(counts.distinct / limit)),
  };
};
