import type { Backtest, BacktestRequest } from '@outrider/domain/detection/backtest';
import { Backtester } from '@outrider/ports/backtester';

/** Keeps what it was asked; nothing ever runs. */
export class FakeBacktester extends Backtester {
  readonly requests: (BacktestRequest & { readonly tenant: string; readonly by: string })[] = [];
  readonly #entries: { readonly tenant: string; readonly backtest: Backtest }[] = [];

  async start(tenant: string, request: BacktestRequest, by: string): Promise<Backtest> {
    this.requests.push({ ...request, tenant, by });
    const { change, range } = request;
    const n = String(this.requests.length).padStart(12, '0');
    const state = {
      state: 'waiting',
      startedAt: range.to,
      startedBy: by,
      progress: 0,
      error: null,
      result: null,
    } as const;
    const backtest = { id: `00000000-0000-4000-8000-${n}`, change, ...range, ...state };
    this.#entries.unshift({ tenant, backtest });
    return backtest;
  }

  async find(tenant: string, id: string): Promise<Backtest | undefined> {
    return this.#of(tenant).find((one) => one.id === id);
  }

  async list(tenant: string): Promise<readonly Omit<Backtest, 'result'>[]> {
    return this.#of(tenant).map(({ result: _result, ...summary }) => summary);
  }

  #of(tenant: string): readonly Backtest[] {
    return this.#entries.filter((one) => one.tenant === tenant).map(({ backtest }) => backtest);
  }
}
