import type { Severity } from '@outrider/domain/detection/alert';
import type { KnownBadSourceSettings } from './known-bad-source.settings.ts';

export const KNOWN_BAD_SOURCE_VERSION = '1';

export interface BadSourceView {
  /** Within an hour. */
  readonly sensitive: number;
  readonly others: number;
  readonly tor: boolean;
}

export interface BadSourceVerdict {
  readonly requests: number;
  readonly limit: number;
  readonly severity: Severity;
  readonly confidence: number;
}

/** Flags a known bad address at a log-in or at administration. False positives: people who keep their privacy (Tor on public pages is silent). */
export const judgeBadSource = (view: BadSourceView, s: KnownBadSourceSettings): BadSourceVerdict | undefined => {
  if (view.sensitive >= s.sensitiveRequests)
    return {
      requests: view.sensitive,
      limit: s.sensitiveRequests,
      severity: view.sensitive >= 3 * s.sensitiveRequests ? 'high' : 'medium',
      confidence: view.sensitive >= 3 * s.sensitiveRequests ? 0.85 : 0.75,
    };
  if (view.tor || view.others < s.otherRequests) return undefined;
  return { requests: view.others, limit: s.otherRequests, severity: 'low', confidence: 0.6 };
};
