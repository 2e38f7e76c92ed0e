import { Backtest } from '@outrider/domain/detection/backtest';
import {
  BacktestStore,
  KEEP_BACKTESTS_MS,
  MAX_KEPT_BACKTESTS,
  type StoredBacktest,
} from '@outrider/ports/backtest-store';
import type { Database } from '../database.ts';
import { Prisma } from '../generated/client.ts';
import { storableJson, toMs, toTime } from '../storable.ts';
import { isUuid } from './postgres-alert-store.ts';

/** Backtests as rows: all but the result as JSON, and the result beside it, which lists do not read. */
export class PostgresBacktestStore extends BacktestStore {
  constructor(private readonly database: Database) {
    super();
  }

  async save(tenant: string, { result, ...rest }: Backtest): Promise<void> {
    const { id, startedAt } = rest;
    const now = this.database.clock.now();
    const columns = {
      savedAt: toTime(now),
      body: storableJson(rest),
      result: result === null ? Prisma.DbNull : storableJson(result),
    };
    await this.database.transaction(async (tx) => {
      const { count } = await tx.backtest.updateMany({ where: { id, tenant }, data: columns });
      if (count > 0) return;
      const made = { id, tenant, startedAt: toTime(startedAt), ...columns };
      await tx.backtest.createMany({ data: [made], skipDuplicates: true });
      const order = [{ startedAt: 'desc' as const }, { id: 'desc' as const }];
      const kept = await tx.backtest.findMany({
        where: { tenant, startedAt: { gte: toTime(now - KEEP_BACKTESTS_MS) } },
        orderBy: order,
        take: MAX_KEPT_BACKTESTS,
        select: { id: true },
      });
      await tx.backtest.deleteMany({ where: { tenant, id: { notIn: kept.map((row) => row.id) } } });
    });
  }

  async find(tenant: string, id: string): Promise<StoredBacktest | undefined> {
    if (!isUuid(id)) return undefined;
    const row = await this.database.read((client) => client.backtest.findFirst({ where: { id, tenant } }));
    return row ? toStored(row.body, row.result, row.savedAt) : undefined;
  }

  async list(tenant: string): Promise<readonly StoredBacktest[]> {
    const rows = await this.database.read((client) =>
      client.backtest.findMany({
        where: { tenant },
        orderBy: [{ startedAt: 'desc' }, { id: 'desc' }],
        take: MAX_KEPT_BACKTESTS,
        select: { body: true, savedAt: true },
      }),
    );
    return rows.map(({ body, savedAt }) => toStored(body, null, savedAt));
  }
}

const toStored = (body: unknown, result: unknown, savedAt: Date): StoredBacktest => ({
  backtest: Backtest.parse({ ...(typeof body === 'object' ? body : {}), result }),
  savedAt: toMs(savedAt),
});
