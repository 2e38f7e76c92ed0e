import type { Backtest } from '@outrider/domain/detection/backtest';

/** Of each tenant, the newest. */
export const MAX_KEPT_BACKTESTS = 100;
export const KEEP_BACKTESTS_MS = 30 * 86_400_000;

export interface StoredBacktest {
  readonly backtest: Backtest;
  /** When its process saved it last; wall clock, ms. */
  readonly savedAt: number;
}

/**
 * Backtests and what they found (PostgreSQL), so that any process of the API can tell of them. One process writes one. A new one makes room:
 * beyond `MAX_KEPT_BACKTESTS` of its tenant the oldest go, and all that are older than `KEEP_BACKTESTS_MS`.
 */
export abstract class BacktestStore {
  /** Written over what is stored of it. */
  abstract save(tenant: string, backtest: Backtest): Promise<void>;
  abstract find(tenant: string, id: string): Promise<StoredBacktest | undefined>;
  /** Newest first, without their results. */
  abstract list(tenant: string): Promise<readonly StoredBacktest[]>;
}
