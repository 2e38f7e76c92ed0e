import type { Severity } from '@outrider/domain/detection/alert';
import { HOUR_MS, MINUTE_MS } from '../../windows/time.ts';
import type { SilentSourceSettings } from './silent-source.settings.ts';

export const SILENT_SOURCE_VERSION = '1';

export interface SourceView {
  readonly kind: 'gateway' | 'service';
  readonly silenceMs: number;
  readonly longestGapMs: number;
  readonly lifeMs: number;
  /** Requests that these hours of the day usually bring in such a time. */
  readonly expected: number;
  readonly callers: number;
  /** Nothing else was heard meanwhile either. */
  readonly everything: boolean;
}

export interface SourceVerdict {
  readonly expected: number;
  readonly severity: Severity;
  readonly confidence: number;
}

/** Flags a source that always spoke and does no more. False positives: a gateway that is taken away, maintenance. */
export const judgeSource = (view: SourceView, s: SilentSourceSettings): SourceVerdict | undefined => {
  const gateway = view.kind === 'gateway';
  const least = (gateway ? s.minGatewaySilenceMinutes : s.minServiceSilenceMinutes) * MINUTE_MS;
  if (view.silenceMs < least || view.silenceMs < s.overGap * view.longestGapMs) return undefined;
  if (view.lifeMs < (gateway ? s.minGatewayHours : s.minServiceHours) * HOUR_MS) return undefined;
  if (!gateway && view.callers < s.minServiceCallers) return undefined;
  if (view.everything && view.silenceMs > s.maxGapShare * view.lifeMs) return undefined;
  const expected = s.caution * view.expected;
  if (expected < s.minExpected) return undefined;
  return {
    expected,
    severity: gateway ? 'medium' : 'low',
    confidence: Math.min(0.85, 0.6 + 0.04 * Math.log2(expected / s.minExpected)),
  };
};
