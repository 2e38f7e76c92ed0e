import { endpointOf, type ApiEvent } from '@outrider/domain/traffic/api-event';
import type { DetectorDeps } from '../../engine/detector.ts';
import { isUpstreamAway } from '../../engine/event-facts.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { BucketCounts } from '../../windows/bucket-counts.ts';
import { Evidence } from '../../windows/evidence.ts';
import { bucketOf } from '../../windows/time.ts';
import {
  judgeLatency,
  LATENCY_AMPLIFICATION_VERSION,
  type LatencyVerdict,
  type LatencyView,
} from './latency-amplification.detector.ts';
import type { LatencyAmplificationSettings } from './latency-amplification.settings.ts';
import { SlowTime } from './slow-time.ts';

const WINDOW_BUCKETS = 60;
const MAX_SERVICES = 5_000;
const MAX_ENDPOINTS = 20_000;

interface Service {
  readonly requests: BucketCounts;
  readonly tardy: SlowTime;
}

/** One caller at one service, from its first tardy request on. */
class Part {
  readonly tardy = new SlowTime();
  readonly slow = new SlowTime();
  readonly evidence = new Evidence();
  /** Tardy requests of the last ten minutes, by endpoint of the newest slow one. */
  readonly endpoints = new Map<number, BucketCounts>();
  reportedAt = Number.NEGATIVE_INFINITY;
}

export class LatencyAmplificationWatcher implements Watcher {
  readonly statusClasses = [2, 3, 4, 5] as const;
  readonly #services = new BoundedMap<Service>(MAX_SERVICES);
  /** Tardy requests ever, by EndpointKnowledge.id. */
  readonly #endpoints = new BoundedMap<{ tardy: number }>(MAX_ENDPOINTS);
  readonly #parts: BoundedMap<Part>;

  constructor(private readonly deps: DetectorDeps<LatencyAmplificationSettings>) {
    this.#parts = new BoundedMap(Math.ceil(deps.maxCallers / 10));
  }

  get evicted(): number {
    return this.#parts.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#parts.forgetLanes(lanes);
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const ms = event.latencyUpstreamMs;
    if (ms < 0 || event.serviceId === '') return undefined;
    let service = this.#services.get(event.serviceId);
    if (service === undefined) {
      service = { requests: new BucketCounts(), tardy: new SlowTime() };
      this.#services.set(event.serviceId, service);
    }
    service.requests.add(at);
    if (ms < this.deps.settings.base.tardyMs) return undefined;
    return this.#tardy(event, at, ms, caller, service);
  }

  explain(event: ApiEvent, at: number, caller: Caller): string | undefined {
    const s = this.deps.settings.of(event);
    if (event.latencyUpstreamMs < s.slowMs) return undefined;
    const part = this.#parts.peek(partKey(event, caller));
    if (!part) return undefined;
    const head = bucketOf(at);
    const slow = part.slow.counts.sum(head - WINDOW_BUCKETS + 1, head);
    return `took the upstream ${seconds(event.latencyUpstreamMs / 1000)}; ${slow} such requests of this caller in 10 min, where fewer than ${s.count10m} are let pass (${s.heavyCount10m} when they take ${s.heavySeconds10m} s together)`;
  }

  #tardy(event: ApiEvent, at: number, ms: number, caller: Caller, service: Service): Draft | undefined {
    service.tardy.add(at, ms);
    if (isUpstreamAway(event)) return undefined;
    const part = this.#parts.getOrMake(partKey(event, caller), () => new Part(), caller.lane);
    part.tardy.add(at, ms);
    const id = caller.endpoint?.id ?? 0;
    const known = this.#endpoints.getOrMake(String(id), () => ({ tardy: 0 }));
    known.tardy++;
    ownAt(part, id).add(at);
    const s = this.deps.settings.of(event);
    if (ms < s.slowMs) return undefined;
    part.slow.add(at, ms);
    part.evidence.add(event, at);
    if (at < part.reportedAt + REPORT_EVERY_MS) return undefined;
    const view = this.#view(at, caller, service, part, id, known.tardy);
    const verdict = view && judgeLatency(view, s);
    if (!verdict) return undefined;
    part.reportedAt = at;
    return finding(event, at, caller, view, verdict, part, s);
  }

  #view(
    at: number,
    caller: Caller,
    service: Service,
    part: Part,
    id: number,
    tardyEver: number,
  ): LatencyView | undefined {
    const head = bucketOf(at);
    const from = head - WINDOW_BUCKETS + 1;
    const slow = part.slow.counts.sum(from, head);
    const { count10m, heavyCount10m } = this.deps.settings.base;
    if (slow < Math.min(count10m / 2, heavyCount10m)) return undefined;
    const own = ownAt(part, id);
    const since = part.slow.counts.firstFrom(from) ?? from;
    return {
      slow,
      slowSeconds: part.slow.seconds(from, head),
      slowBefore: part.slow.counts.before(from),
      tardy: part.tardy.counts.sum(from, head),
      requests: caller.requests(from, head),
      serviceTardy: service.tardy.counts.sum(from, head),
      serviceTardySeconds: service.tardy.seconds(from, head),
      serviceRequests: service.requests.sum(from, head),
      // requests of the caller to other services are taken off as well
      othersSince: service.requests.sum(since, head) - caller.requests(since, head),
      othersTardySince: service.tardy.counts.sum(since, head) - part.tardy.counts.sum(since, head),
      secondsSince: (head - since + 1) * 10,
      endpointPer10m: per10m(caller, at, own.sum(from, head)),
      endpointCallers: callersOf(caller),
      busiestHour: caller.profile?.busiestHour,
      exports: caller.traits.export,
      endpointRequests: (caller.endpoint?.requests ?? 0) - own.sum(from, head),
      endpointTardy: tardyEver - own.sum(from, head),
    };
  }
}

const MAX_OWN_ENDPOINTS = 8;

const ownAt = (part: Part, id: number): BucketCounts => {
  const known = part.endpoints.get(id);
  if (known) return known;
  if (part.endpoints.size >= MAX_OWN_ENDPOINTS) {
    const oldest = part.endpoints.keys().next();
    if (!oldest.done) part.endpoints.delete(oldest.value);
  }
  const made = new BucketCounts();
  part.endpoints.set(id, made);
  return made;
};

/** So many good answers without credentials stand for one caller that has some: how many people they went to is not kept. */
const ANONYMOUS_PER_CALLER = 25;
const callersOf = ({ endpoint }: Caller): number =>
  endpoint === undefined ? 0 : endpoint.callers.size + Math.floor(endpoint.anonymous / ANONYMOUS_PER_CALLER);

/** Without these, which are what it is held against. */
const per10m = ({ endpoint }: Caller, at: number, without: number): number =>
  endpoint === undefined ? 0 : (endpoint.requests - without) / Math.max(1, (at - endpoint.firstAt) / 600_000);

const othersSay = ({ othersSince, othersTardySince }: LatencyView): string =>
  othersSince > 0
    ? `of ${othersSince} requests of others meanwhile ${othersTardySince} took more than a second.`
    : 'nobody else was seen there meanwhile, and it did not wait for its answers.';

const partKey = (event: ApiEvent, caller: Caller): string => `${caller.key}|${event.serviceId}`;
const seconds = (n: number): string => `${Math.round(n * 10) / 10} s`;
const percent = (share: number): string => `${Math.round(share * 100)} %`;

const finding = (
  event: ApiEvent,
  at: number,
  caller: Caller,
  view: LatencyView,
  verdict: LatencyVerdict,
  part: Part,
  s: LatencyAmplificationSettings,
): Draft =>
  findingOf({
    event,
    entity: caller.entity,
    type: 'latency-amplification',
    version: LATENCY_AMPLIFICATION_VERSION,
    severity: verdict.severity,
    confidence: verdict.confidence,
    at,
    from: at - 600_000,
    observed: { metric: 'upstream time of slow requests', value: Math.round(view.slowSeconds), unit: 's in 10 min' },
    expected: { low: 0, high: s.seconds10m, mean: 0, n: view.endpointRequests, p: 1, warmUp: caller.warmUp },
    explanation: `${view.slow} requests of ${caller.entity.name} kept ${event.serviceName || event.serviceId} busy for ${seconds(view.slowSeconds)} within 10 min, ${percent(verdict.timeShare)} of all its tardy time, mostly by ${endpointOf(event)}, where ${view.endpointTardy} of ${view.endpointRequests} earlier requests took more than ${seconds(s.tardyMs / 1000)}; ${othersSay(view)} Requests that cost the caller nothing and the upstream seconds wear a service down: see what makes them slow, and limit the caller there.`,
    evidence: part.evidence,
    only: `latency_upstream_ms >= ${s.slowMs}`,
  });
