import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { DetectorDeps } from '../../engine/detector.ts';
import { isOtherClientError, isServerError, isUpstreamAway, windowTime } from '../../engine/event-facts.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Forgotten } from '../../engine/forgotten.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import type { Evidence } from '../../windows/evidence.ts';
import { BUCKET_MS, bucketOf, WINDOW_BUCKETS, WINDOW_MS } from '../../windows/time.ts';
import { describeErrors } from './describe-errors.ts';
import { ERROR_SPIKE_VERSION, judgeErrorSpike, type ErrorVerdict, type ErrorView } from './error-spike.detector.ts';
import type { LoginPaths } from '../brute-force/login-paths.ts';
import type { ErrorSpikeSettings } from './error-spike.settings.ts';
import { CallerErrors, type ServiceHealth } from './service-health.ts';
import { ServiceHealths, serviceKeyOf } from './service-healths.ts';
import {
  ERROR_NAMES,
  ERROR_QUERIES,
  isShared,
  outageFinding,
  standsOut,
  type CallersView,
  type ErrorKind,
  type ServiceView,
} from './service-outage.ts';

/** Neighbours are looked at since the errors began, and over these last buckets: an outage may have begun later, or be over. */
const NEIGHBOUR_SPANS = [6, 12, 18, 30] as const;

type Deps = Pick<
  DetectorDeps<ErrorSpikeSettings>,
  'settings' | 'maxCallers' | 'reportsServices' | 'blame' | 'teaching'
>;

/** Keeps errors by caller and service. Findings are on callers; on services only where one process sees all their callers. */
export class ErrorSpikeWatcher implements Watcher {
  readonly #callers: BoundedMap<CallerErrors>;
  readonly #services: ServiceHealths;

  /** Errors at logins are another detector's. */
  constructor(
    private readonly deps: Deps,
    private readonly logins: Pick<LoginPaths, 'matches'>,
  ) {
    // What the service counted stays with it.
    this.#callers = new BoundedMap(deps.maxCallers, ({ service, caller }) => service.callers.delete(caller));
    this.#services = new ServiceHealths(deps.teaching);
  }

  get evicted(): number {
    return this.#callers.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#callers.forgetLanes(lanes, (errors) => errors.service.forget(errors));
  }

  forget({ callers }: Forgotten): void {
    this.#callers.forgetParts(callers, (errors) => errors.service.forget(errors));
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    if (event.serviceId === '' && event.serviceName === '') return undefined;
    const service = this.#services.of(event);
    service.requests.add(at);
    const kept = this.#kept(service, caller);
    const kind = kindOf(event);
    if (kind === undefined || (kind === 'client' && this.logins.matches(event))) {
      kept?.note(at);
      return undefined;
    }
    const errors = kept ?? this.#begin(service, event, at, caller);
    errors.note(at);
    errors.errors[kind].add(at);
    errors.evidence.add(event, at);
    service.errors[kind].add(at);
    service.fail(caller.key, at);
    const settings = this.deps.settings.of(event);
    return (
      this.#judge(event, at, caller, errors, kind, settings) ??
      (this.deps.reportsServices && settings.reportHealth ? this.#outage(event, at, errors, kind, settings) : undefined)
    );
  }

  /** One that fails is a witness like any other caller; one that does not may ask less of the service than callers do. */
  checked(event: ApiEvent): void {
    if (!isServerError(event.status) || (event.serviceId === '' && event.serviceName === '')) return;
    const service = this.#services.of(event);
    const at = windowTime(event);
    service.requests.add(at);
    service.errors.server.add(at);
  }

  /** What is kept of the caller; not if people said something else about it since. */
  #kept(service: ServiceHealth, caller: Caller): CallerErrors | undefined {
    const kept = service.callers.get(caller.key);
    if (kept === undefined || kept.said === this.deps.teaching.ofCaller(caller.key)) return kept;
    service.forget(kept);
    return undefined;
  }

  #begin(service: ServiceHealth, event: ApiEvent, at: number, caller: Caller): CallerErrors {
    const bucket = bucketOf(at);
    const before = caller.requests(bucket, bucket) - 1;
    const made = new CallerErrors(caller.key, service, this.deps.teaching.ofCaller(caller.key), bucket, before);
    service.callers.set(caller.key, made);
    this.#callers.set(`${caller.key}|${serviceKeyOf(event)}`, made, caller.lane);
    return made;
  }

  /** Of an error: how many there were of its kind. */
  explain(event: ApiEvent, _at: number, caller: Caller): string | undefined {
    const kind = kindOf(event);
    if (kind === undefined || (kind === 'client' && this.logins.matches(event))) return undefined;
    const errors = this.#services.of(event).callers.get(caller.key);
    if (!errors) return undefined;
    const view = viewOf(errors, kind, caller);
    const settings = this.deps.settings.of(event);
    return describeErrors(caller.entity.name, serviceName(event), view, settings, isUpstreamAway(event));
  }

  #judge(
    event: ApiEvent,
    at: number,
    caller: Caller,
    errors: CallerErrors,
    kind: ErrorKind,
    settings: ErrorSpikeSettings,
  ): Draft | undefined {
    if (at < errors.reportedAt + REPORT_EVERY_MS) return undefined;
    const head = errors.lastBucket;
    const from = head - WINDOW_BUCKETS + 1;
    if (errors.requests.sum(from, head) < Math.min(settings.plainRequests, settings.minRequests)) return undefined;
    const view = viewOf(errors, kind, caller);
    const verdict = judgeErrorSpike(view, settings);
    // The service is unwell, or, with nobody to compare with, an upstream is away: not the caller's doing.
    if (verdict?.about !== 'caller' || isUpstreamAway(event)) return undefined;
    errors.reportedAt = at;
    const finding = callerFinding(event, at, caller, view, verdict, errors.evidence);
    const of = event.serviceId || event.serviceName;
    const onset = (errors.errors[kind].firstFrom(from) ?? from) * BUCKET_MS;
    this.deps.blame(finding, { caller: caller.key, service: of, kind, onset, settings });
    return finding;
  }

  #outage(
    event: ApiEvent,
    at: number,
    errors: CallerErrors,
    kind: ErrorKind,
    settings: ErrorSpikeSettings,
  ): Draft | undefined {
    const { service } = errors;
    if (at < service.reportedAt + REPORT_EVERY_MS) return undefined;
    const head = bucketOf(at);
    const windowFrom = head - WINDOW_BUCKETS + 1;
    for (const span of NEIGHBOUR_SPANS) {
      const from = head - span + 1;
      const view: ServiceView = {
        kind,
        errors: service.errors[kind].sum(from, head),
        requests: service.requests.sum(from, head),
        pastErrors: service.errors[kind].before(windowFrom),
        pastRequests: service.requests.before(windowFrom),
      };
      const verdict = standsOut(view, settings);
      if (!verdict) continue;
      const callers = callersOf(service, view, from, head);
      if (!isShared(callers, settings)) return undefined;
      service.reportedAt = at;
      return outageFinding({ event, at, from: from * BUCKET_MS, view, callers, verdict, evidence: errors.evidence });
    }
    return undefined;
  }
}

const callersOf = (service: ServiceHealth, view: ServiceView, from: number, head: number): CallersView => {
  const failing = service.failingCallers(head);
  let worst = { errors: 0, requests: 0 };
  for (const caller of failing) {
    const own = service.callers.get(caller);
    const errors = own?.errors[view.kind].sum(from, head) ?? 0;
    if (own && errors > worst.errors) worst = { errors, requests: own.requests.sum(from, head) };
  }
  return {
    failing: failing.length,
    rest: { errors: view.errors - worst.errors, requests: view.requests - worst.requests },
  };
};

/** Of the five minutes that end with the caller's newest request. */
const viewOf = (errors: CallerErrors, kind: ErrorKind, { warmUp, profile }: Caller): ErrorView => {
  const head = errors.lastBucket;
  const from = head - WINDOW_BUCKETS + 1;
  const own = errors.errors[kind];
  const onset = own.firstFrom(from) ?? from;
  return {
    kind,
    errors: own.sum(from, head),
    requests: errors.requests.sum(from, head),
    pastErrors: own.before(from),
    pastRequests: errors.requests.before(from),
    learning: warmUp === 'learning',
    authenticated: profile !== undefined,
    others: [onset, ...NEIGHBOUR_SPANS.map((span) => head - span + 1)].map((since) => errors.others(kind, since, head)),
  };
};

/** Which class of errors the answer is of, if any. */
export const kindOf = (event: ApiEvent): ErrorKind | undefined =>
  isServerError(event.status) ? 'server' : isOtherClientError(event.status) ? 'client' : undefined;

const serviceName = (event: ApiEvent): string => event.serviceName || event.serviceId;
const percent = (ratio: number): string => `${Math.round(ratio * 100)} %`;

const callerFinding = (
  event: ApiEvent,
  at: number,
  caller: Caller,
  view: ErrorView,
  verdict: ErrorVerdict,
  evidence: Evidence,
): Draft =>
  findingOf({
    event,
    entity: caller.entity,
    type: 'error-spike',
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
    explanation: `${percent(verdict.ratio)} of ${view.requests} requests of ${caller.entity.name} to ${serviceName(event)} within 5 min ended in ${ERROR_NAMES[view.kind]} (at least ${percent(verdict.lowerBound)} for certain; up to ${percent(verdict.limit)} is let pass), while the other callers of the service got ${view.others[0]?.errors ?? 0} in ${view.others[0]?.requests ?? 0} requests. Its requests break the service, or are broken themselves: look at what it sends.`,
    evidence,
    only: ERROR_QUERIES[view.kind],
  });
