import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { EntityKind } from '@outrider/domain/traffic/entity';
import { TransientError } from '@outrider/platform/errors';
import {
  EventStore,
  type DeadLetter,
  type EndpointStatistics,
  type EntitySummary,
  type EventBlock,
  type EventQuery,
  type LearnableCalls,
  type MinuteCount,
  type PlacedEvent,
  type QueryShape,
  type SeenEvent,
  type ServiceMinute,
  type SourceHealth,
  type TimeRange,
  type ReplayFilter,
} from '@outrider/ports/event-store';
import { storeError } from './clickhouse-errors.ts';
import { migrate } from './migrate.ts';
import { Definer } from './schema/definer.ts';
import { syncStatement } from './schema/render.ts';
import { EVENTS } from './tables/events.sql.ts';
import type { ClickHouse } from './open-clickhouse.ts';
import { QueryRunner } from './query-runner.ts';
import { within } from './server/bounded.ts';
import { applyRetention, DEFAULT_RETENTION, type Retention } from './retention.ts';
import { AggregateTables } from './tables/aggregates.table.ts';
import { CallerTermsTable } from './tables/caller-terms.table.ts';
import { DeadLettersTable, type DeadLetterQuery } from './tables/dead-letters.table.ts';
import { EndpointTables } from './tables/endpoints.table.ts';
import { EventsTable } from './tables/events.table.ts';

/** How far back a silent gateway is still listed; ms. */
const SOURCE_LOOKBACK_MS = 30 * 86_400_000;
/** Clocks of gateways may be ahead of ours by this much; ms. */
const SOURCE_AHEAD_MS = 3_600_000;
const FIVE_MINUTES_MS = 300_000;
const PING_MS = 5_000;

const VIEWS_OF_THE_PRODUCT = [
  'entity_hour_mv_v1',
  'endpoint_minute_mv_v1',
  'endpoint_hour_mv_v1',
  'caller_endpoint_hour_mv_v1',
  'caller_origins_mv_v1',
];

/** Events, aggregates and dead letters in ClickHouse, embedded or on a server. Call `prepare` once before anything else. */
export class ClickHouseEventStore extends EventStore {
  readonly #definer: Definer;
  readonly #events: EventsTable;
  readonly #aggregates: AggregateTables;
  readonly #deadLetters: DeadLettersTable;
  readonly #endpoints: EndpointTables;
  readonly #terms: CallerTermsTable;

  constructor(
    private readonly clickhouse: ClickHouse,
    private readonly retention: Retention = DEFAULT_RETENTION,
  ) {
    super();
    this.#definer = new Definer(clickhouse);
    const runner = new QueryRunner(clickhouse);
    this.#events = new EventsTable(runner);
    this.#aggregates = new AggregateTables(runner);
    this.#deadLetters = new DeadLettersTable(runner);
    this.#endpoints = new EndpointTables(runner);
    this.#terms = new CallerTermsTable(runner);
  }

  /** Schema and retention as this version and these settings want them. */
  async prepare(): Promise<void> {
    await migrate(this.clickhouse);
    await applyRetention(this.clickhouse, this.retention);
  }

  /**
   * Of a store that lives for one run over log files: `prepare`, without the views that only the running product reads. They are half of what
   * an insert costs; `minuteCounts` is there.
   */
  async prepareForRun(): Promise<void> {
    await migrate(this.clickhouse);
    for (const view of VIEWS_OF_THE_PRODUCT) await this.#definer.run(`DROP VIEW IF EXISTS ${view}`, 'run.views');
  }

  insertEvents(block: EventBlock): Promise<void> {
    return this.#events.insert(block);
  }

  insertDeadLetters(letters: readonly DeadLetter[], token: string): Promise<void> {
    return this.#deadLetters.insert(letters, token);
  }

  seenSince(since: number, limit: number, partitions?: readonly number[]): AsyncIterable<readonly SeenEvent[]> {
    return this.#caughtUp(() => this.#events.seenSince(since, limit, partitions));
  }

  /** Block echo is left out: what is replayed feeds detectors. */
  replay(query: Parameters<EventStore['replay']>[0]): AsyncIterable<readonly ApiEvent[]> {
    return this.#caughtUp(() => this.#events.replay(query));
  }

  async replayCount(filter: ReplayFilter): Promise<number> {
    await this.#catchUp();
    return this.#events.replayCount(filter);
  }

  async newestByPartition(since: number, partitions: readonly number[]): Promise<ReadonlyMap<number, number>> {
    await this.#catchUp();
    return this.#events.newestByPartition(since, partitions);
  }

  recall(query: Parameters<EventStore['recall']>[0]): AsyncIterable<readonly PlacedEvent[]> {
    return this.#caughtUp(() => this.#events.recall(query));
  }

  minuteCounts(query: {
    tenant: string;
    kind: EntityKind;
    entities: readonly string[];
    range: TimeRange;
  }): Promise<readonly MinuteCount[]> {
    return this.#aggregates.minuteCounts(query.kind, query);
  }

  serviceMinutes(range: TimeRange): Promise<readonly ServiceMinute[]> {
    return this.#aggregates.serviceMinutes(range);
  }

  learnableCalls(query: Parameters<EventStore['learnableCalls']>[0]): AsyncIterable<readonly LearnableCalls[]> {
    return this.#endpoints.learnableCalls(query);
  }

  async rollUpEndpoints(range: TimeRange): Promise<void> {
    await this.#endpoints.rollUp(range);
    await this.#terms.rollUpUse(range);
  }

  typedTemplates(query: Parameters<EventStore['typedTemplates']>[0]): ReturnType<EventStore['typedTemplates']> {
    return this.#endpoints.typedTemplates(query);
  }

  endpointStatistics(query: Parameters<EventStore['endpointStatistics']>[0]): Promise<readonly EndpointStatistics[]> {
    return this.#endpoints.statistics(query);
  }

  queryShapes(query: Parameters<EventStore['queryShapes']>[0]): Promise<readonly QueryShape[]> {
    return this.#endpoints.queryShapes(query);
  }

  search(query: EventQuery): Promise<readonly ApiEvent[]> {
    return this.#events.search(query);
  }

  entities(query: {
    tenant: string;
    kind: EntityKind;
    range: TimeRange;
    nameContains?: string;
    limit: number;
    offset: number;
  }): Promise<readonly EntitySummary[]> {
    return this.#aggregates.summaries(query.kind, query);
  }

  async entity(query: {
    tenant: string;
    kind: EntityKind;
    id: string;
    range: TimeRange;
  }): Promise<EntitySummary | undefined> {
    return (await this.#aggregates.summaries(query.kind, { ...query, limit: 1, offset: 0 }))[0];
  }

  deadLetters(query: DeadLetterQuery): Promise<readonly DeadLetter[]> {
    return this.#deadLetters.list(query);
  }

  deadLetterCounts(query: { tenant: string; range: TimeRange }): Promise<readonly { reason: string; count: number }[]> {
    return this.#deadLetters.counts(query.tenant, query.range);
  }

  async sources(query: { tenant: string; now: number }): Promise<readonly SourceHealth[]> {
    const { tenant, now } = query;
    const [gateways, received] = await Promise.all([
      this.#aggregates.gatewaysLastSeen(tenant, { from: now - SOURCE_LOOKBACK_MS, to: now + SOURCE_AHEAD_MS }),
      this.#events.receivedCounts(tenant, now - FIVE_MINUTES_MS, now),
    ]);
    return gateways.map((gateway) => ({ ...gateway, events5m: received.get(gateway.gateway) ?? 0 }));
  }

  async ping(): Promise<void> {
    const ping = (signal?: AbortSignal) =>
      this.clickhouse.client.ping({ select: true, ...(signal ? { abort_signal: signal } : {}) });
    const answer = this.clickhouse.remote ? await within(PING_MS, 'ping', ping) : await ping();
    if (!answer.success)
      throw new TransientError('the event store does not answer', 'store-away', { cause: answer.error });
  }

  /** Whoever takes a partition over must find what was acknowledged to the one before, on whichever replica it reads. */
  async #catchUp(): Promise<void> {
    if (this.clickhouse.cluster === undefined) return;
    try {
      await this.#definer.run(syncStatement(this.clickhouse, EVENTS), 'events.catch_up');
    } catch (error) {
      throw storeError(error, 'write', 'events.catch_up');
    }
  }

  async *#caughtUp<T>(read: () => AsyncIterable<T>): AsyncGenerator<T> {
    await this.#catchUp();
    yield* read();
  }
}
