import type { BaselineKind, BaselineMetric, BaselineStep, ExcludedTime } from '@outrider/domain/baseline/baseline';
import type { LearnedBaseline } from '@outrider/domain/baseline/learned-baseline';
import type { TimeRange } from './event-store.ts';

/** `caller-endpoint`: `<kind>:<caller id> <endpoint id>`, e.g. `consumer:6b…1 0f…e GET /orders/{id}` (see domain/baseline/caller-endpoint). */
export type CallerKind = 'consumer' | 'credential' | 'ip';

export interface CallerId {
  readonly kind: CallerKind;
  readonly id: string;
}

/** What must not teach, by entity id. */
export interface Untaught {
  /** Time that is left out. */
  readonly excluded?: ReadonlyMap<string, readonly ExcludedTime[]>;
  /** Only what came from then on counts; ms. */
  readonly since?: ReadonlyMap<string, number>;
}

export interface BaselineQuery extends Untaught {
  readonly tenant: string;
  readonly kind: BaselineKind;
  /** At most 1,000. */
  readonly ids: readonly string[];
  readonly metric: BaselineMetric;
  /** `5m` is for requests alone (CallerError). */
  readonly step: BaselineStep;
  /** Whole windows before this moment teach, as far back as LOOK_BACK_MS of the step; ms. */
  readonly at: number;
}

export interface ObservedPoint {
  /** Start of the window, ms. */
  readonly at: number;
  readonly value: number;
  /** Requests behind a ratio or a mean; otherwise the requests of the window. */
  readonly requests: number;
}

export const TERM_KINDS = ['endpoint', 'prefix', 'country', 'asn', 'agent', 'credential', 'tag', 'hour'] as const;
/**
 * endpoint: its entity id; prefix: `192.0.2.0/24`, `2001:db8:1::/48` (not of callers that are addresses); agent: the user agent until its
 * first `/` or blank; credential and tag: of consumers; hour: of the week, `0` (Monday, 00:00 UTC) to `167`.
 */
export type TermKind = (typeof TERM_KINDS)[number];

/** What a caller was seen with. Refusals of our own blocks are not in it. */
export interface CallerTerm {
  readonly caller: CallerId;
  readonly kind: TermKind;
  readonly term: string;
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
  readonly requests: number;
  /** Answered 2xx. `hour`: likewise. */
  readonly successes: number;
  /** Days (UTC) on which it was seen. */
  readonly days: number;
}

export interface LastUse {
  readonly caller: CallerId;
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
  readonly requests: number;
  readonly days: number;
  /** Start of the latest stretch of activity, without a gap of a day; and the gap before it, 0: none. ms. */
  readonly activeSince: number;
  readonly gapMs: number;
  /** Gaps of 20 days or more before that gap. */
  readonly pauses: number;
  /** Before the latest stretch. */
  readonly requestsBefore: number;
  readonly daysBefore: number;
}

/** How an endpoint is used. */
export interface EndpointUse {
  /** Its entity id. */
  readonly endpoint: string;
  readonly serviceId: string;
  readonly routeId: string;
  readonly requests: number;
  /** Answered 2xx, and how many of these to a consumer. */
  readonly successes: number;
  readonly authenticated: number;
  /** Consumers that called it, to 2 %. */
  readonly consumers: number;
}

export interface Peer {
  readonly id: string;
  /** 0 … 1: share of common tags, or cosine of the shares of requests by endpoint. */
  readonly similarity: number;
}

/** Who is alike, and by what: `tags` (the same set), `endpoints` (what they call), `none`. The group's name tells groups apart. */
export interface PeerGroup {
  readonly by: 'tags' | 'endpoints' | 'none';
  readonly name: string;
  /** Most alike first; the caller itself is not among them. */
  readonly peers: readonly Peer[];
}

/**
 * What is usual (ClickHouse): computed there from aggregates, nothing is kept in memory. Every query is bound to one tenant and a time
 * range. Block echo never counts. CallerError: bad arguments; TransientError: the store is away or overloaded.
 */
export abstract class BaselineStore {
  /** One for each id, in their order; of who was never seen, a baseline with n = 0 that is learning. */
  abstract baselines(query: BaselineQuery): Promise<readonly LearnedBaseline[]>;
  /** What was observed, window by window (of counts with 0 where nothing was, within the range), oldest first; at most 10,000 windows. */
  abstract observed(query: {
    readonly tenant: string;
    readonly kind: BaselineKind;
    readonly id: string;
    readonly metric: BaselineMetric;
    readonly step: BaselineStep;
    readonly range: TimeRange;
  }): Promise<readonly ObservedPoint[]>;
  /** Who is like this consumer, by what was seen since then; at most `limit` (200). */
  abstract peersOf(query: {
    readonly tenant: string;
    readonly caller: CallerId;
    readonly since: number;
    readonly limit: number;
  }): Promise<PeerGroup>;
  /**
   * Terms of at most 1,000 callers that were seen since then (a month at a time: what was seen earlier in its month is in it), in chunks.
   * `kinds` absent: all.
   */
  abstract terms(query: {
    readonly tenant: string;
    readonly callers: readonly CallerId[];
    readonly since: number;
    readonly kinds?: readonly TermKind[];
  }): AsyncIterable<readonly CallerTerm[]>;
  /** When each of at most 1,000 entities was last used; those without are absent. */
  abstract lastUsed(query: {
    readonly tenant: string;
    readonly callers: readonly CallerId[];
    readonly since: number;
  }): Promise<readonly LastUse[]>;
  /** By route and endpoint, most successes first, at most 100,000; and how many consumers called anything. */
  abstract endpointUse(query: {
    readonly tenant: string;
    readonly range: TimeRange;
    readonly limit: number;
  }): Promise<{ readonly endpoints: readonly EndpointUse[]; readonly consumers: number }>;
}
