import type { Severity } from '@outrider/domain/detection/alert';
import type { LogLossSettings } from './log-loss.settings.ts';

export const LOG_LOSS_VERSION = '2';

export interface Verdict {
  readonly severity: Severity;
  readonly confidence: number;
}

/** Lines of one gateway in ten minutes. */
export interface ClockView {
  readonly ahead: number;
  readonly lines: number;
}

/** Flags a gateway whose lines come from the future. False positives: a host without time synchronisation, which is worth knowing. */
export const judgeClock = (view: ClockView, s: LogLossSettings): Verdict | undefined =>
  view.ahead < s.count10m || view.ahead < s.minShare * view.lines
    ? undefined
    : { severity: 'low', confidence: Math.min(0.8, 0.5 + (0.3 * view.ahead) / view.lines) };

/** Lines of a file that lie ahead of their neighbours, by how much, and how orderly the rest of the lines among them is. */
export interface OrderView {
  readonly ahead: number;
  readonly lines: number;
  readonly skewMs: number;
  readonly spreadMs: number;
  /** Time that passed meanwhile, by the other lines; ms. */
  readonly durationMs: number;
  /** Times that the other lines went back. */
  readonly backsteps: number;
}

/** Part of the requests that may always have been missing. */
const MOST_USUAL = 0.01;
const STEADY_MS = 10_000;
/** Of the time that passed: what was held back goes by faster than time does. */
const STEADY_SHARE = 0.05;

/** The same among the lines of a file. False positives: none known; files that were sorted otherwise or put together are no clock's. */
export const judgeOrder = (view: OrderView, s: LogLossSettings): Verdict | undefined => {
  if (view.ahead < s.count10m || view.ahead > 0.6 * view.lines) return undefined;
  if (view.spreadMs > Math.max(STEADY_MS, STEADY_SHARE * view.durationMs)) return undefined;
  return view.backsteps > Math.max(2, 0.05 * view.ahead) ? undefined : { severity: 'low', confidence: 0.75 };
};

/** Requests of rate-limited callers of one gateway: what the counters say, and what was logged. */
export interface CounterView {
  /** In the last half to whole hour. */
  readonly missing: number;
  readonly logged: number;
  /** Callers of whom some are missing. */
  readonly callers: number;
  /** Before that. */
  readonly missingBefore: number;
  readonly loggedBefore: number;
}

/**
 * Flags a gateway that answers more requests than it logs, where it used to log them all. False positives: a rate limit that others begin to share (a
 * second node with a common store, another consumer), or a log plugin that is taken off some routes.
 */
export const judgeCounters = (view: CounterView, s: LogLossSettings): Verdict | undefined => {
  if (view.missing < s.missing || view.callers < s.missingCallers) return undefined;
  const share = view.missing / (view.missing + view.logged);
  if (share < s.missingShare || view.loggedBefore < s.countedBefore) return undefined;
  // What is always missing is not logged on purpose, or counted elsewhere.
  const usual = view.missingBefore / (view.missingBefore + view.loggedBefore);
  if (usual > Math.min(MOST_USUAL, share / 4)) return undefined;
  return { severity: share >= 0.2 ? 'medium' : 'low', confidence: Math.min(0.85, 0.6 + share) };
};
