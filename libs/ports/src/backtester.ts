import type { Backtest, BacktestRequest } from '@outrider/domain/detection/backtest';

/**
 * Tries changes on stored history. One runs at a time in a process, a few wait; any process tells of all of them, from the store.
 * `start` throws CallerError when the change cannot be tried (and says why) or too many wait.
 */
export abstract class Backtester {
  abstract start(tenant: string, request: BacktestRequest, by: string): Promise<Backtest>;
  abstract find(tenant: string, id: string): Promise<Backtest | undefined>;
  /** Newest first, without results. */
  abstract list(tenant: string): Promise<readonly Omit<Backtest, 'result'>[]>;
}
