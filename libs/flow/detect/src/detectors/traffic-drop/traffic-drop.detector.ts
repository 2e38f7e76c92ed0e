import type { Severity } from '@outrider/domain/detection/alert';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../windows/time.ts';
import type { TrafficDropSettings } from './traffic-drop.settings.ts';

export const TRAFFIC_DROP_VERSION = '4';

/** One caller that is silent. Times leave out when its gateway was silent as well; ms. */
export interface SilenceView {
  readonly silenceMs: number;
  readonly longestGapMs: number;
  readonly lifeMs: number;
  /** Requests that its hours would have brought meanwhile. */
  readonly expected: number;
  /** Expected as well by the last hours alone; the less of the two counts. */
  readonly expectedLately: number;
  /** The quietest of its last whole hours as a part of their mean: a program at its clock has nearly 1. */
  readonly even: number;
  /** Mean requests an hour of the last day. */
  readonly perHour: number;
}

export interface SilenceVerdict {
  readonly expected: number;
  readonly severity: Severity;
  readonly confidence: number;
}

/**
 * Flags a caller that always called and calls no more. False positives: a customer that leaves or rebuilds, a holiday of machines
 * (`maxTogether`).
 */
export const judgeSilence = (view: SilenceView, s: TrafficDropSettings): SilenceVerdict | undefined => {
  if (view.silenceMs < s.overGap * view.longestGapMs || view.lifeMs < leastDays(view, s) * DAY_MS) return undefined;
  const usual = Math.min(view.expected, view.expectedLately);
  const limit = limitOf(view, s);
  const isMissed = view.silenceMs >= leastSilenceMs(view, s) && usual >= limit;
  // sooner where more is missing
  const isMissedSoon =
    isBrisk(view, s) && view.silenceMs >= s.minBriskSilenceMinutes * MINUTE_MS && usual >= s.minExpected;
  if (!isMissed && !isMissedSoon) return undefined;
  return { expected: usual, severity: 'low', confidence: Math.min(0.75, 0.5 + 0.05 * Math.log2(usual / limit + 1)) };
};

/**
 * Requests that must be missing. Of a caller that pauses for hours, or whose hours differ, many; where each hour is like the other the longest
 * pause of all these days says nearly all, and a few will do.
 */
export const limitOf = (view: Evenness, s: TrafficDropSettings): number => {
  if (isMachine(view, s)) return s.minMachineExpected;
  return view.longestGapMs < HOUR_MS && view.even >= s.evenShare ? s.minEvenExpected : s.minExpected;
};

/** Silence from which it is missed. */
export const leastSilenceMs = (view: Evenness, s: TrafficDropSettings): number =>
  MINUTE_MS * (isMachine(view, s) ? s.minMachineSilenceMinutes : s.minSilenceMinutes);

/** Days that it must be known. */
export const leastDays = (view: Evenness, s: TrafficDropSettings): number => {
  if (isMachine(view, s)) return s.minMachineDays;
  if (view.longestGapMs >= HOUR_MS) return s.minDays;
  return view.even >= s.evenShare ? s.minEvenDays : s.minSteadyDays;
};

type Evenness = Pick<SilenceView, 'longestGapMs' | 'even' | 'perHour'>;

/** It calls every few seconds, each hour like the other, and never paused for a minute: a sensor, not people. */
export const isMachine = ({ longestGapMs, even, perHour }: Evenness, s: TrafficDropSettings): boolean =>
  perHour >= s.machinePerHour &&
  even >= s.machineEven &&
  longestGapMs <= Math.max(s.machineGapSeconds * 1000, (s.machineOverPause * HOUR_MS) / perHour);

/** Many machines behind one name, or one that calls by chance. */
export const isBrisk = ({ longestGapMs, even }: Evenness, s: TrafficDropSettings): boolean =>
  even >= s.briskEven && longestGapMs <= s.briskGapMinutes * MINUTE_MS;
