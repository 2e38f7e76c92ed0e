import type { Severity } from '@outrider/domain/detection/alert';
import type { LogLossSettings } from './log-loss.settings.ts';

export const LOG_LOSS_VERSION = '1';

/** Lines of one gateway in ten minutes. */
export interface ClockView {
  readonly ahead: number;
  readonly lines: number;
}

/** Flags a gateway whose lines come from the future. False positives: a host without time synchronisation, which is worth knowing. */
export const judgeClock = (
  view: ClockView,
  s: LogLossSettings,
): { readonly severity: Severity; readonly confidence: number } | undefined =>
  view.ahead < s.count10m || view.ahead < s.minShare * view.lines
    ? undefined
    : { severity: 'low', confidence: Math.min(0.8, 0.5 + (0.3 * view.ahead) / view.lines) };
