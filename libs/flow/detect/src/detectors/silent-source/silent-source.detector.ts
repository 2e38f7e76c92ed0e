import type { Severity } from '@outrider/domain/detection/alert';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../windows/time.ts';
import type { Hole } from './holes.ts';
import type { SilentSourceSettings } from './silent-source.settings.ts';

export const SILENT_SOURCE_VERSION = '3';

/** Until it is known for so long, what is usual at an hour is a guess: the longest pause decides as well; ms. */
const SETTLES_MS = 2 * DAY_MS;
/** And the evidence must be so many times as strong. */
const UNSETTLED = 1.5;

export interface SourceView {
  readonly kind: 'gateway' | 'service';
  readonly silenceMs: number;
  /** Longest time without any request before it. */
  readonly longestGapMs: number;
  readonly lifeMs: number;
  /** Evidence (natural logarithm) that this is a silence, and the strongest that there was before. */
  readonly score: number;
  readonly maxScore: number;
  /** Requests that came nevertheless, and that such a time usually brings; those of one caller in a row count once. */
  readonly heard: number;
  readonly expected: number;
  readonly callers: number;
  /** Nothing else was heard meanwhile either. */
  readonly everything: boolean;
}

export interface SourceVerdict {
  readonly severity: Severity;
  readonly confidence: number;
}

/** Flags a source that always spoke and does no more. False positives: a gateway that is taken away, the first of a row of maintenance windows. */
export const judgeSource = (view: SourceView, s: SilentSourceSettings): SourceVerdict | undefined => {
  const gateway = view.kind === 'gateway';
  const least = (gateway ? s.minGatewaySilenceMinutes : s.minServiceSilenceMinutes) * MINUTE_MS;
  const settled = view.lifeMs >= SETTLES_MS;
  if (view.silenceMs < least || view.score < (settled ? s.minScore : UNSETTLED * s.minScore)) return undefined;
  if (view.score < s.overScore * view.maxScore) return undefined;
  if (view.lifeMs < (gateway ? s.minGatewayHours : s.minServiceHours) * HOUR_MS) return undefined;
  if (!settled && view.silenceMs < s.overGap * view.longestGapMs) return undefined;
  if (!gateway && view.callers < s.minServiceCallers) return undefined;
  if (view.heard > s.maxStrayShare * view.expected) return undefined;
  // a single client that breaks off is no silence of a gateway, but its own
  if (view.heard > 0 && view.callers < s.minStrayCallers) return undefined;
  if (view.everything && view.silenceMs > s.maxGapShare * view.lifeMs) return undefined;
  return {
    severity: gateway ? 'medium' : 'low',
    confidence: Math.min(0.85, 0.6 + 0.04 * Math.log2(view.score / s.minScore)),
  };
};

/**
 * Flags seconds without a single line of a stream that never paused and goes on as before. False positives: a gateway that is restarted; two
 * files with a gap between them (`maxHoleSeconds`).
 */
export const judgeHole = (hole: Hole, s: SilentSourceSettings): SourceVerdict | undefined => {
  const ms = hole.to - hole.from;
  if (ms < s.minHoleSeconds * 1000 || ms > s.maxHoleSeconds * 1000) return undefined;
  if (ms < s.overHoleGap * hole.longestGapMs) return undefined;
  return { severity: 'low', confidence: 0.6 };
};
