import type { Backtest } from '@outrider/domain/detection/backtest';
import {
  BacktestStore,
  KEEP_BACKTESTS_MS,
  MAX_KEPT_BACKTESTS,
  type StoredBacktest,
} from '@outrider/ports/backtest-store';

interface Row extends StoredBacktest {
  readonly tenant: string;
}

/** BacktestStore in memory, for unit tests; holds to the same conformance suite as the real one. */
export class FakeBacktestStore extends BacktestStore {
  readonly #rows = new Map<string, Row>();

  constructor(private readonly now: () => number) {
    super();
  }

  async save(tenant: string, backtest: Backtest): Promise<void> {
    const own = this.#rows.get(backtest.id);
    if (own && own.tenant !== tenant) return;
    this.#rows.set(backtest.id, { tenant, backtest, savedAt: this.now() });
    for (const [at, { backtest: one }] of this.#of(tenant).entries())
      if (at >= MAX_KEPT_BACKTESTS || one.startedAt < this.now() - KEEP_BACKTESTS_MS) this.#rows.delete(one.id);
  }

  async find(tenant: string, id: string): Promise<StoredBacktest | undefined> {
    const row = this.#rows.get(id);
    return row?.tenant === tenant ? row : undefined;
  }

  async list(tenant: string): Promise<readonly StoredBacktest[]> {
    return this.#of(tenant).map(({ backtest, savedAt }) => ({ backtest: { ...backtest, result: null }, savedAt }));
  }

  #of(tenant: string): Row[] {
    return [...this.#rows.values()]
      .filter((row) => row.tenant === tenant)
      .sort(({ backtest: a }, { backtest: b }) => b.startedAt - a.startedAt || (a.id < b.id ? 1 : -1));
  }
}
