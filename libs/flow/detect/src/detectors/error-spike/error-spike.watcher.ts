import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { isOtherClientError, isServerError, isUpstreamAway } from '../../engine/event-facts.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { BucketCounts } from '../../windows/bucket-counts.ts';
import { Evidence } from '../../windows/evidence.ts';
import { BUCKET_MS, bucketOf, WINDOW_BUCKETS, WINDOW_MS } from '../../windows/time.ts';
import { ERROR_SPIKE_VERSION, judgeErrorSpike, type ErrorVerdict, type ErrorView } from './error-spike.detector.ts';
import type { ErrorSpikeSettings } from './error-spike.settings.ts';
import { ServiceHealth } from './service-health.ts';

const MAX_SERVICES = 10_000;
/** Neighbours are looked at since the errors began, and over these last buckets: an outage may have begun later, or be over. */
const NEIGHBOUR_SPANS = [6, 12, 18, 30] as const;

/** One caller at one service, from its first error on. */
class CallerErrors {
  readonly requests = new BucketCounts();
  readonly errors = { server: new BucketCounts(), client: new BucketCounts() };
  readonly evidence = new Evidence();
  reportedAt = Number.NEGATIVE_INFINITY;
  lastBucket = Number.NEGATIVE_INFINITY;
}

export class ErrorSpikeWatcher implements Watcher {
  readonly #callers: BoundedMap<CallerErrors>;
  readonly #services = new BoundedMap<ServiceHealth>(MAX_SERVICES);

  /** `elsewhere` tells errors that another detector is about: failed logins. */
  constructor(
    private readonly settings: ErrorSpikeSettings,
    maxCallers: number,
    private readonly elsewhere: (event: ApiEvent) => boolean,
  ) {
    this.#callers = new BoundedMap(maxCallers);
  }

  get evicted(): number {
    return this.#callers.evicted;
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    if (event.serviceId === '' && event.serviceName === '') return undefined;
    const serviceKey = `${event.tenant}|${event.serviceId || event.serviceName}`;
    const service = this.#services.getOrMake(serviceKey, () => new ServiceHealth());
    service.requests.add(at);
    const key = `${caller.key}|${serviceKey}`;
    const kind = kindOf(event);
    if (kind === undefined || (kind === 'client' && this.elsewhere(event))) {
      const errors = this.#callers.peek(key);
      if (errors) note(errors, at);
      return undefined;
    }
    const errors = this.#callers.getOrMake(key, () => new CallerErrors());
    note(errors, at);
    errors.errors[kind].add(at);
    errors.evidence.add(event, at);
    service.errors[kind].add(at);
    service.fail(caller.key, at);
    return this.#judge(event, at, caller, errors, service, kind);
  }

  #judge(
    event: ApiEvent,
    at: number,
    caller: Caller,
    errors: CallerErrors,
    service: ServiceHealth,
    kind: 'server' | 'client',
  ): Draft | undefined {
    if (at < errors.reportedAt + REPORT_EVERY_MS) return undefined;
    const head = errors.lastBucket;
    const from = head - WINDOW_BUCKETS + 1;
    const requests = errors.requests.sum(from, head);
    if (requests < this.settings.minRequests) return undefined;
    const own = errors.errors[kind];
    const onset = own.firstFrom(from) ?? from;
    const view: ErrorView = {
      kind,
      errors: own.sum(from, head),
      requests,
      pastErrors: own.before(from),
      pastRequests: errors.requests.before(from),
      learning: caller.warmUp === 'learning',
      others: [onset, ...NEIGHBOUR_SPANS.map((span) => head - span + 1)].map((since) => ({
        errors: service.errors[kind].sum(since, head) - own.sum(since, head),
        requests: service.requests.sum(since, head) - errors.requests.sum(since, head),
      })),
    };
    const verdict = judgeErrorSpike(view, this.settings);
    if (!verdict) return undefined;
    // With nobody to compare with, an upstream that is away is its own fault.
    if (verdict.about === 'caller' && isUpstreamAway(event)) return undefined;
    if (verdict.about === 'service') return this.#health(event, at, caller, service, errors, view, verdict);
    errors.reportedAt = at;
    return findingOf({
      ...common(event, at, caller, view, verdict, errors.evidence),
      entity: caller.entity,
      explanation: `${percent(verdict.ratio)} of ${view.requests} requests of ${caller.entity.name} to ${serviceName(event)} within 5 min ended in ${names[kind]} (at least ${percent(verdict.lowerBound)} for certain; up to ${percent(verdict.limit)} is let pass), while the other callers of the service got ${view.others[0]?.errors ?? 0} in ${view.others[0]?.requests ?? 0} requests.`,
    });
  }

  #health(
    event: ApiEvent,
    at: number,
    caller: Caller,
    service: ServiceHealth,
    errors: CallerErrors,
    view: ErrorView,
    verdict: ErrorVerdict,
  ): Draft | undefined {
    const failing = service.failingCallers(bucketOf(at));
    if (
      !this.settings.reportHealth ||
      failing < this.settings.healthCallers ||
      at < service.reportedAt + REPORT_EVERY_MS
    )
      return undefined;
    service.reportedAt = at;
    const id = event.serviceId || event.serviceName;
    return findingOf({
      ...common(event, at, caller, view, verdict, errors.evidence),
      entity: { kind: 'service', id, name: event.serviceName || id },
      explanation: `${failing} callers of ${serviceName(event)} get ${names[view.kind]} at the same time: the service is unwell; no caller is to blame.`,
    });
  }
}

const kindOf = (event: ApiEvent): 'server' | 'client' | undefined =>
  isServerError(event.status) ? 'server' : isOtherClientError(event.status) ? 'client' : undefined;

const note = (errors: CallerErrors, at: number): void => {
  errors.requests.add(at);
  errors.lastBucket = Math.max(errors.lastBucket, bucketOf(at));
};

const names = { server: 'server errors', client: 'client errors' } as const;
const serviceName = (event: ApiEvent): string => event.serviceName || event.serviceId;
const percent = (ratio: number): string => `${Math.round(ratio * 100)} %`;

const common = (
  event: ApiEvent,
  at: number,
  caller: Caller,
  view: ErrorView,
  verdict: ErrorVerdict,
  evidence: Evidence,
) => ({
  event,
  type: 'error-spike' as const,
  version: ERROR_SPIKE_VERSION,
  severity: verdict.severity,
  confidence: verdict.confidence,
  at,
  from: Math.max(at - WINDOW_MS, (bucketOf(at) - WINDOW_BUCKETS + 1) * BUCKET_MS),
  observed: {
    metric: `${view.kind} error ratio`,
    value: Math.round(verdict.ratio * 1000) / 1000,
    unit: 'of requests in 5 min',
  },
  expected: {
    low: 0,
    high: verdict.limit,
    mean: view.pastRequests > 0 ? view.pastErrors / view.pastRequests : 0,
    n: view.pastRequests,
    p: 1,
    warmUp: caller.warmUp,
  },
  evidence,
  only: view.kind === 'server' ? 'status >= 500' : 'status BETWEEN 400 AND 499 AND status NOT IN (401, 403, 404, 429)',
});
