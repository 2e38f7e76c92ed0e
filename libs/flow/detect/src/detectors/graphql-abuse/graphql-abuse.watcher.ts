import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { hash32 } from '../../duplicates/hash64.ts';
import type { DetectorDeps } from '../../engine/detector.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { CallerProfile } from '../../knowledge/caller-profile.ts';
import { TermList } from '../../knowledge/term-list.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { Evidence } from '../../windows/evidence.ts';
import { FailureLog } from '../../windows/failure-log.ts';
import { DAY_MS } from '../../windows/time.ts';
import { asksForSchema, GRAPHQL_ABUSE_VERSION, isGraphql, kindOfQuery } from './graphql-abuse.detector.ts';
import { BodySizes } from './bulky-bodies.ts';
import type { GraphqlAbuseSettings } from './graphql-abuse.settings.ts';

const MAX_ENDPOINTS = 2_000;
const MAX_CALLERS = 16;
const WINDOW_MS = 600_000;

interface Asker {
  readonly log: FailureLog;
  readonly evidence: Evidence;
  huge: number;
  bytes: number;
  readonly bulky: FailureLog;
  largest: number;
  /** Queries for the schema by name, and those of them that were answered. */
  readonly schemas: FailureLog;
  read: number;
}

const fresh = (): Asker => ({
  log: new FailureLog(),
  evidence: new Evidence(),
  huge: 0,
  bytes: 0,
  bulky: new FailureLog(),
  largest: 0,
  schemas: new FailureLog(),
  read: 0,
});

export class GraphqlAbuseWatcher implements Watcher {
  readonly statusClasses = [2, 4, 5] as const;
  readonly #askers: BoundedMap<Asker>;
  /** Callers that ask so, by endpoint. */
  readonly #usual = new BoundedMap<Set<number>>(MAX_ENDPOINTS);

  /** Callers that ask for the schema by name, by endpoint. */
  readonly #readers = new BoundedMap<TermList>(MAX_ENDPOINTS);
  readonly #bodies = new BoundedMap<BodySizes>(MAX_ENDPOINTS);

  constructor(private readonly deps: DetectorDeps<GraphqlAbuseSettings>) {
    this.#askers = new BoundedMap(Math.max(100, Math.floor(deps.maxCallers / 10)));
  }

  get evicted(): number {
    return this.#askers.evicted + this.#usual.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#askers.forgetLanes(lanes);
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    // wherever GraphQL is served
    if (event.query.includes('query=schema:') && asksForSchema(event.query)) return this.#schema(event, at, caller);
    if (event.method === 'POST' && isGraphql(event.pathTemplate)) return this.#posted(event, at, caller);
    if (event.query === '') return undefined;
    if (event.status < 200 || (event.status >= 400 && event.status < 500) || !isGraphql(event.pathTemplate)) return undefined; // prettier-ignore
    const settings = this.deps.settings.of(event);
    const kind = kindOfQuery(event.query, event.responseBytes, settings);
    if (kind === undefined) return undefined;
    const usual = this.#usual.getOrMake(placeOf(event), () => new Set());
    if (usual.size < MAX_CALLERS) usual.add(hash32(caller.key));
    const asker = this.#askers.getOrMake(caller.key, fresh, caller.lane);
    if (at - asker.log.lastAt > WINDOW_MS) {
      asker.huge = 0;
      asker.bytes = 0;
    }
    asker.log.add(at, hash32(event.query) || 1);
    asker.evidence.add(event, at);
    if (kind === 'huge') asker.huge++;
    asker.bytes += Math.max(0, event.responseBytes);
    if (usual.size > settings.usualCallers || at < asker.log.reportedAt + REPORT_EVERY_MS) return undefined;
    const requests = asker.log.failuresWithin(WINDOW_MS);
    if (requests < settings.requests10m) return undefined;
    asker.log.reportedAt = at;
    return finding(event, at, caller, asker, requests, settings);
  }

  #schema(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const settings = this.deps.settings.of(event);
    const readers = this.#readers.getOrMake(placeOf(event), () => new TermList(MAX_CALLERS));
    const term = CallerProfile.term(caller.key);
    readers.add(term, at);
    const asker = this.#askers.getOrMake(caller.key, fresh, caller.lane);
    if (at - asker.schemas.lastAt > WINDOW_MS) asker.read = 0;
    asker.schemas.add(at, hash32(event.id) || 1);
    if (event.status < 300) asker.read++;
    asker.evidence.add(event, at);
    // what several do, or one has done for days, is how this endpoint is built against
    if (readers.size > settings.usualCallers || at - (readers.firstAt(term) ?? at) > DAY_MS) return undefined;
    const requests = asker.schemas.failuresWithin(WINDOW_MS);
    if (asker.read < settings.schemaRequests && requests < settings.requests10m) return undefined;
    if (at < asker.schemas.reportedAt + REPORT_EVERY_MS) return undefined;
    asker.schemas.reportedAt = at;
    return schemaFinding(event, at, caller, asker, requests, settings);
  }

  #posted(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    if (event.status >= 400 && event.status < 500) return undefined;
    // files come with multipart bodies
    if (event.requestContentType.startsWith('multipart/')) return undefined;
    const { requestBytes } = event;
    const settings = this.deps.settings.of(event);
    const sizes = this.#bodies.getOrMake(
      `${event.tenant}|${event.serviceId}|${event.pathTemplate}`,
      () => new BodySizes(),
    );
    const limit = requestBytes < settings.bulkyBytes ? Number.POSITIVE_INFINITY : sizes.limit(settings);
    if (requestBytes < limit || !sizes.isNews(caller.key, at, settings.usualCallers)) {
      sizes.add(requestBytes);
      return undefined;
    }
    const asker = this.#askers.getOrMake(caller.key, fresh, caller.lane);
    if (at - asker.bulky.lastAt > WINDOW_MS) asker.largest = 0;
    asker.bulky.add(at, hash32(event.id) || 1);
    asker.largest = Math.max(asker.largest, requestBytes);
    asker.evidence.add(event, at);
    const requests = asker.bulky.failuresWithin(WINDOW_MS);
    if (requests < settings.requests10m || at < asker.bulky.reportedAt + REPORT_EVERY_MS) return undefined;
    asker.bulky.reportedAt = at;
    return bulkyFinding(event, at, caller, asker, requests, limit);
  }

  explain(event: ApiEvent, _at: number, caller: Caller): string | undefined {
    if (asksForSchema(event.query)) return 'A query that asks for the schema by name.';
    if (event.query === '' || !isGraphql(event.pathTemplate)) return undefined;
    const settings = this.deps.settings.of(event);
    const kind = kindOfQuery(event.query, event.responseBytes, settings);
    if (kind === undefined) return undefined;
    const n = this.#askers.peek(caller.key)?.log.failuresWithin(WINDOW_MS) ?? 0;
    return `A GraphQL query by GET that ${kind === 'huge' ? 'is huge' : 'may read the schema'}; ${n} of them within 10 min (limit ${settings.requests10m}).`;
  }
}

const placeOf = (event: ApiEvent): string => `${event.tenant}|${event.serviceId}|${event.pathTemplate}`;

const schemaFinding = (
  event: ApiEvent,
  at: number,
  caller: Caller,
  asker: Asker,
  requests: number,
  settings: GraphqlAbuseSettings,
): Draft =>
  findingOf({
    event,
    entity: caller.entity,
    type: 'graphql-abuse',
    version: GRAPHQL_ABUSE_VERSION,
    severity: requests >= 5 * settings.requests10m ? 'medium' : 'low',
    confidence: 0.75,
    at,
    from: at - WINDOW_MS,
    observed: { metric: 'GraphQL queries for the schema', value: requests, unit: 'in 10 min' },
    expected: { low: 0, high: 0, mean: 0, n: 0, p: 1, warmUp: caller.warmUp },
    explanation: `${caller.entity.name} asked ${event.pathTemplate} for its schema (__schema, __type) ${requests === 1 ? 'once' : `${requests} times within 10 min`}; ${requests === 1 ? (asker.read > 0 ? 'it was answered' : 'it was refused') : `${asker.read} of them were answered`}. This is how all that an API can do is read out before it is abused: switch introspection off where it is not needed. Limited view: only queries by GET are logged.`,
    evidence: asker.evidence,
    only: "query LIKE '%query=schema:%'",
  });

const finding = (
  event: ApiEvent,
  at: number,
  caller: Caller,
  asker: Asker,
  requests: number,
  settings: GraphqlAbuseSettings,
): Draft =>
  findingOf({
    event,
    entity: caller.entity,
    type: 'graphql-abuse',
    version: GRAPHQL_ABUSE_VERSION,
    severity: requests >= 5 * settings.requests10m || asker.huge >= settings.requests10m ? 'medium' : 'low',
    confidence: 0.7,
    at,
    from: at - WINDOW_MS,
    observed: { metric: 'GraphQL queries that ask for a lot', value: requests, unit: 'in 10 min' },
    expected: { low: 0, high: settings.requests10m, mean: 0, n: 0, p: 1, warmUp: caller.warmUp },
    explanation: `${caller.entity.name} sent ${requests} GraphQL queries of its own by GET to ${event.pathTemplate} within 10 min (from ${settings.requests10m} on it is told): ${asker.huge} of ${settings.hugeQueryChars} characters or more, ${Math.round(asker.bytes / 1000)} kB answered in all. This is how a schema is read out or a server kept busy. Limited view: bodies are not logged.`,
    evidence: asker.evidence,
    only: "query LIKE '%query=%'",
  });

const bulkyFinding = (
  event: ApiEvent,
  at: number,
  caller: Caller,
  asker: Asker,
  requests: number,
  limit: number,
): Draft =>
  findingOf({
    event,
    entity: caller.entity,
    type: 'graphql-abuse',
    version: GRAPHQL_ABUSE_VERSION,
    severity: 'medium',
    confidence: 0.75,
    at,
    from: at - WINDOW_MS,
    observed: { metric: 'GraphQL bodies out of proportion', value: requests, unit: 'in 10 min' },
    expected: { low: 0, high: 0, mean: 0, n: 0, p: 1, warmUp: caller.warmUp },
    explanation: `${caller.entity.name} sent ${requests} bodies of up to ${Math.round(asker.largest / 1000)} kB to ${event.pathTemplate} within 10 min, where up to ${Math.round(limit / 1000)} kB are in proportion to what all others send. This is how many operations are put into one request: batches and aliases that guess passwords or keep a server busy. Limited view: bodies are not logged.`,
    evidence: asker.evidence,
    only: `request_bytes >= ${Math.floor(limit)}`,
  });
