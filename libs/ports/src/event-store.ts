import type { AnsweredBy, ApiEvent } from '@outrider/domain/traffic/api-event';
import type { Entity, EntityKind } from '@outrider/domain/traffic/entity';

/** A run of events that is stored all or not at all. */
export interface EventBlock {
  /** Rows as `encodeEvent` of contracts/events wrote them, each completed by `completeRow` (bus position and flags). */
  readonly rows: readonly string[];
  /** Names the block by its position on the bus: the same token twice is stored once, aggregates included. */
  readonly token: string;
}

/** One stored event that may still arrive again: enough to recognise it. */
export interface SeenEvent {
  /** `gateway:id`. */
  readonly eventId: string;
  readonly position: number;
}

/**
 * A row's bus position is `partition * BUS_PARTITION_SPAN + offset`: positions of one partition lie this far apart, and stay exact numbers
 * up to partition 8191.
 */
export const BUS_PARTITION_SPAN = 2 ** 40;

export interface TimeRange {
  /** ms since epoch, inclusive. */
  readonly from: number;
  /** ms since epoch, exclusive. */
  readonly to: number;
}

/** A stored event with its place on the bus. */
export interface PlacedEvent {
  readonly event: ApiEvent;
  readonly position: number;
}

/** How far somebody has read. */
export interface RecallAfter {
  /** By partition: newer is what lies on the bus behind this position; of partitions that are not in it, everything. */
  readonly positions: ReadonlyMap<number, number>;
  /** What happened from then on comes in any case: a bus that was made anew counts from the beginning; ms. */
  readonly startedSince: number;
}

/** Requests of one entity in one minute (only minutes with traffic are returned). */
export interface MinuteCount {
  readonly entity: string;
  /** ms since epoch, start of the minute. */
  readonly minute: number;
  readonly requests: number;
  /** 5xx, and 4xx other than 401, 403, 404, 429. */
  readonly serverErrors: number;
  readonly clientErrors: number;
  readonly refused: number;
}

/** What one service answered through one gateway in one minute, over all its callers, without block echo. Only minutes with traffic. */
export interface ServiceMinute {
  readonly tenant: string;
  readonly gateway: string;
  /** The service's id; its name where it has none. Events without either are in no row. */
  readonly service: string;
  readonly serviceName: string;
  /** ms since epoch, start of the minute. */
  readonly minute: number;
  readonly requests: number;
  /** 5xx. */
  readonly serverErrors: number;
  /** 4xx other than 401, 403, 404, 429. */
  readonly clientErrors: number;
}

/** Good answers of the upstream that are alike as far as a path learner can tell. */
export interface LearnableCalls {
  readonly tenant: string;
  readonly gateway: string;
  /** Id; never `''`. */
  readonly service: string;
  readonly serviceName: string;
  readonly host: string;
  readonly method: string;
  /** One of their paths: they differ only in what shapes prove to be values. */
  readonly path: string;
  /** The typed template that they have in common. */
  readonly pathTemplate: string;
  /** A number below 64 that stands for the caller. */
  readonly caller: number;
  readonly count: number;
  /** Event times within one hour, ms. */
  readonly firstAt: number;
  readonly lastAt: number;
}

/** Traffic of one endpoint by typed template over a range; sizes are sums, latencies in ms, -1 where nothing was measured. */
export interface EndpointStatistics {
  readonly method: string;
  /** What the typed template was renamed to. */
  readonly template: string;
  readonly requests: number;
  readonly status2xx: number;
  readonly status3xx: number;
  readonly status4xx: number;
  readonly status5xx: number;
  readonly authenticated: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** Distinct, estimated. */
  readonly callers: number;
  readonly latencyP50Ms: number;
  readonly latencyP95Ms: number;
  readonly latencyP99Ms: number;
}

/** The service's scope: all in one tenant, gateway, service and host. */
export interface EndpointScopeQuery {
  readonly tenant: string;
  readonly gateway: string;
  readonly service: string;
  readonly host: string;
  readonly range: TimeRange;
}

/** What the path and the query of good answers of an endpoint looked like; either of query and data classes may be empty. */
export interface QueryShape {
  readonly method: string;
  readonly pathTemplate: string;
  /** One of the paths. */
  readonly path: string;
  /** `name=class:length&…`, of one of the queries: those that differ in lengths, plain numbers and UUIDs alone are one form. */
  readonly query: string;
  /** Personal or secret data that path and query held: `path:email`, `query:card`. */
  readonly dataClasses: readonly string[];
  readonly count: number;
}

export interface EventQuery {
  readonly tenant: string;
  readonly range: TimeRange;
  readonly gateway?: string;
  readonly entity?: Pick<Entity, 'kind' | 'id'>;
  readonly method?: string;
  readonly pathPrefix?: string;
  readonly statusFrom?: number;
  readonly statusTo?: number;
  readonly answeredBy?: AnsweredBy;
  readonly eventIds?: readonly string[];
  readonly service?: string;
  readonly route?: string;
  /** Events of the consumer that Kong knows under this custom id; exact. */
  readonly consumerCustomId?: string;
  readonly limit: number;
  readonly order: 'newest' | 'oldest';
  /** The last event of the page before, as `cursor` of the page gave it. */
  readonly after?: { readonly startedAt: number; readonly id: string };
}

export interface EntitySummary {
  readonly entity: Entity;
  readonly requests: number;
  readonly errors: number;
  readonly refused: number;
  readonly responseBytes: number;
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
}

export interface DeadLetter {
  readonly tenant: string;
  readonly gateway: string;
  /** 32 hex digits, from the content: the same line twice is one dead letter. */
  readonly id: string;
  readonly receivedAt: number;
  /** Fixed slug, e.g. `not-json`, `too-long`, `no-time`. */
  readonly reason: string;
  /** What was wrong, without any value from the line. */
  readonly detail: string;
  /** Redacted, at most 2 KiB. */
  readonly excerpt: string;
  readonly bytes: number;
  readonly transport: string;
}

export interface SourceHealth {
  readonly gateway: string;
  readonly lastEventAt: number;
  readonly lastReceivedAt: number;
  readonly events5m: number;
}

/** An expression over the columns of a stored event (contracts/events), its values as placeholders `{name: Type}`; never text from outside. */
export interface RowCondition {
  readonly sql: string;
  readonly params: Readonly<Record<string, string | number | readonly string[] | readonly number[]>>;
}

export interface ReplayFilter {
  readonly tenant?: string;
  readonly range: TimeRange;
  readonly where?: RowCondition;
  readonly crowd?: Crowd;
}

/**
 * Leaves out events that are far from any crowd: `atLeast` events of the filter within `spanMs` of event time that are alike in `by`.
 * All events of crowds come, and a few around them. `by`: expressions as in `RowCondition`.
 */
export interface Crowd {
  readonly by: readonly string[];
  readonly atLeast: number;
  readonly spanMs: number;
}

/**
 * Events, their aggregates and dead letters (ClickHouse). Every query is bound to one tenant and a time range.
 * Writes are idempotent by token. Rejects with TransientError when the store is away or overloaded.
 */
export abstract class EventStore {
  abstract insertEvents(block: EventBlock): Promise<void>;
  abstract insertDeadLetters(letters: readonly DeadLetter[], token: string): Promise<void>;
  /**
   * Ids and positions stored since `since` (by time of receipt), newest first, at most `limit`: fills the duplicate filter at start.
   * `partitions`: only events that came by these partitions of the bus (none = nothing); absent = all.
   */
  abstract seenSince(since: number, limit: number, partitions?: readonly number[]): AsyncIterable<readonly SeenEvent[]>;
  /**
   * All events of the range but block echo, ordered by event time, in chunks: feeds `analyze` and backtests. `tenant` absent = all.
   */
  abstract replay(
    query: ReplayFilter & {
      chunk: number;
      /** n: the events of about every n-th caller, always the same ones. */
      oneCallerIn?: number;
    },
  ): AsyncIterable<readonly ApiEvent[]>;
  /** How many events `replay` would give. */
  abstract replayCount(query: ReplayFilter): Promise<number>;
  /**
   * Event time (never later than the time of receipt) of the newest event that was received since `since`, by partition: how far each of
   * `partitions` had come. Partitions without any are absent.
   */
  abstract newestByPartition(since: number, partitions: readonly number[]): Promise<ReadonlyMap<number, number>>;
  /**
   * What came by `partitions` with an event time in the range, without block echo, in chunks and in order of receipt: rebuilds
   * the short windows of partitions that were taken over. The order is the collectors' clocks', so that what came late is late again.
   * About `most` events, those that were received last; never fewer where there are more. `after`: only what is new since
   * then, and what was late.
   */
  abstract recall(query: {
    partitions: readonly number[];
    range: TimeRange;
    chunk: number;
    most: number;
    after?: RecallAfter;
  }): AsyncIterable<readonly PlacedEvent[]>;
  /** Per-minute counts of many entities of one kind, for baselines. */
  abstract minuteCounts(query: {
    tenant: string;
    kind: EntityKind;
    entities: readonly string[];
    range: TimeRange;
  }): Promise<readonly MinuteCount[]>;
  /**
   * Requests and errors of every service of every tenant, minute by minute, newest minute first: for the process itself, on a tick.
   * At most six hours at once (CallerError) and 100,000 rows: beyond them the oldest minutes are left out.
   */
  abstract serviceMinutes(range: TimeRange): Promise<readonly ServiceMinute[]>;
  /**
   * Answers of 200-399 by upstreams behind a known service, of all tenants, grouped, the biggest groups first, in chunks: for the process
   * itself, on a tick. `by`: the range is of times of receipt, or of event times. At most `limit` groups.
   */
  abstract learnableCalls(query: {
    readonly range: TimeRange;
    readonly by: 'received' | 'started';
    readonly limit: number;
    readonly chunk: number;
  }): AsyncIterable<readonly LearnableCalls[]>;
  /** Adds what was received in the range to the statistics of endpoints; the same range twice counts once, so ranges must not overlap. */
  abstract rollUpEndpoints(range: TimeRange): Promise<void>;
  /** Typed templates (method and template) with traffic in the range, whole days, the busiest first. */
  abstract typedTemplates(
    query: EndpointScopeQuery & { readonly limit: number },
  ): Promise<readonly { readonly method: string; readonly pathTemplate: string }[]>;
  /** Statistics of a scope by endpoint, whole days; `renamed`: typed template → template that it is counted under. */
  abstract endpointStatistics(
    query: EndpointScopeQuery & { readonly renamed: ReadonlyMap<string, string>; readonly limit: number },
  ): Promise<readonly EndpointStatistics[]>;
  /** Forms of queries, and data classes, of good answers received in the range, the most frequent first. */
  abstract queryShapes(query: EndpointScopeQuery & { readonly limit: number }): Promise<readonly QueryShape[]>;
  abstract search(query: EventQuery): Promise<readonly ApiEvent[]>;
  abstract entities(query: {
    tenant: string;
    kind: EntityKind;
    range: TimeRange;
    nameContains?: string;
    limit: number;
    offset: number;
  }): Promise<readonly EntitySummary[]>;
  abstract entity(query: {
    tenant: string;
    kind: EntityKind;
    id: string;
    range: TimeRange;
  }): Promise<EntitySummary | undefined>;
  abstract deadLetters(query: {
    tenant: string;
    range: TimeRange;
    reason?: string;
    limit: number;
    after?: { readonly receivedAt: number; readonly id: string };
  }): Promise<readonly DeadLetter[]>;
  abstract deadLetterCounts(query: {
    tenant: string;
    range: TimeRange;
  }): Promise<readonly { reason: string; count: number }[]>;
  abstract sources(query: { tenant: string; now: number }): Promise<readonly SourceHealth[]>;
  abstract ping(): Promise<void>;
}
