import type { LearnedBaseline } from '@outrider/domain/baseline/learned-baseline';
import {
  BaselineStore,
  type BaselineQuery,
  type CallerTerm,
  type LastUse,
  type ObservedPoint,
  type PeerGroup,
} from '@outrider/ports/baseline-store';
import type { ClickHouse } from './open-clickhouse.ts';
import { QueryRunner } from './query-runner.ts';
import { BaselineTables } from './tables/baselines.table.ts';
import { CallerTermsTable } from './tables/caller-terms.table.ts';

/** Baselines and terms out of the aggregates that the event store keeps; the schema is that store's (`prepare`). */
export class ClickHouseBaselineStore extends BaselineStore {
  readonly #baselines: BaselineTables;
  readonly #terms: CallerTermsTable;

  constructor(clickhouse: ClickHouse) {
    super();
    const runner = new QueryRunner(clickhouse);
    this.#baselines = new BaselineTables(runner);
    this.#terms = new CallerTermsTable(runner);
  }

  baselines(query: BaselineQuery): Promise<readonly LearnedBaseline[]> {
    return this.#baselines.baselines(query);
  }

  observed(query: Parameters<BaselineStore['observed']>[0]): Promise<readonly ObservedPoint[]> {
    return this.#baselines.observed(query);
  }

  peersOf(query: Parameters<BaselineStore['peersOf']>[0]): Promise<PeerGroup> {
    return this.#terms.peersOf(query);
  }

  terms(query: Parameters<BaselineStore['terms']>[0]): AsyncIterable<readonly CallerTerm[]> {
    return this.#terms.terms(query);
  }

  lastUsed(query: Parameters<BaselineStore['lastUsed']>[0]): Promise<readonly LastUse[]> {
    return this.#terms.lastUsed(query);
  }

  endpointUse(query: Parameters<BaselineStore['endpointUse']>[0]): ReturnType<BaselineStore['endpointUse']> {
    return this.#terms.endpointUse(query);
  }
}
