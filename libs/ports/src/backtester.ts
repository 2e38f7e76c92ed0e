import type { Backtest, BacktestRequest } from '@outrider/domain/detection/backtest';

/**
 * Tries changes on stored history. One runs at a time, a few wait; results are kept in memory, the last hundred of them, and are gone with the
 * process. `start` throws CallerError when the change cannot be tried (and says why) or too many wait.
 */
export abstract class Backtester {
  abstract start(tenant: string, request: BacktestRequest, by: string): Promise<Backtest>;
  abstract find(tenant: string, id: string): Backtest | undefined;
  /** Newest first. */
  abstract list(tenant: string): readonly Backtest[];
}
