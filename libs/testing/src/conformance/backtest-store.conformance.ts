import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { Backtest } from '@outrider/domain/detection/backtest';
import { KEEP_BACKTESTS_MS, MAX_KEPT_BACKTESTS, type BacktestStore } from '@outrider/ports/backtest-store';

/** What each implementation of BacktestStore must do. `now`: the clock that it goes by, ms. */
export const backtestStoreConformance = (name: string, make: () => BacktestStore, now: () => number): void => {
  describe(`${name} as BacktestStore`, () => {
    const none = { before: 0, after: 0, gainedCount: 0, lostCount: 0, gained: [], lost: [] };
    const result = { events: 7, run: 7, oneCallerIn: 1, seconds: 0.1, alerts: none, blocks: none, consumersHit: 0, consumersFreed: 0, notes: ['few'] }; // prettier-ignore
    const aBacktest = (overrides: Partial<Backtest> = {}): Backtest => ({
      id: randomUUID(),
      state: 'waiting',
      change: { kind: 'rule', rule: 'id: x' },
      from: 1,
      to: 2,
      startedAt: now(),
      startedBy: 'eve',
      progress: 0,
      error: null,
      result: null,
      ...overrides,
    });
    const fresh = () => ({ store: make(), tenant: `t-${randomUUID()}` });

    test('gives back what was saved last, to its own tenant alone; lists leave results out', async () => {
      const { store, tenant } = fresh();
      const first = aBacktest();
      await store.save(tenant, first);
      const done = { ...first, state: 'done' as const, progress: 1, result };
      await store.save(tenant, done);
      const found = await store.find(tenant, first.id);
      expect([found?.backtest, typeof found?.savedAt]).toEqual([done, 'number']);
      expect((await store.list(tenant)).map(({ backtest }) => backtest)).toEqual([{ ...done, result: null }]);
      expect([await store.find('other', first.id), await store.list('other')]).toEqual([undefined, []]);
      expect(await store.find(tenant, 'no-uuid')).toBeUndefined();
    });

    test('takes no backtest over from another tenant', async () => {
      const { store, tenant } = fresh();
      const ours = aBacktest();
      await store.save(tenant, ours);
      await store.save(`${tenant}-other`, { ...ours, startedBy: 'mallory' });
      expect((await store.find(tenant, ours.id))?.backtest.startedBy).toBe('eve');
      expect(await store.list(`${tenant}-other`)).toEqual([]);
    });

    test('keeps the newest of a tenant, and none for ever', async () => {
      const { store, tenant } = fresh();
      const old = aBacktest({ startedAt: now() - KEEP_BACKTESTS_MS - 1 });
      const saved = Array.from({ length: MAX_KEPT_BACKTESTS + 2 }, (_, i) =>
        aBacktest({ startedAt: now() - 1_000 + i }),
      );
      const other = aBacktest();
      await store.save(`${tenant}-other`, other);
      for (const one of [old, ...saved]) await store.save(tenant, one);
      const ids = (await store.list(tenant)).map(({ backtest }) => backtest.id);
      expect(ids).toEqual(saved.slice(2).reverse().map(({ id }) => id)); // prettier-ignore
      expect(await store.find(`${tenant}-other`, other.id)).toBeDefined();
    });
  });
};
