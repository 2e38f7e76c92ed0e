import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { endpointOf } from '@outrider/domain/traffic/api-event';
import type { DetectorDeps } from '../../engine/detector.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { Evidence } from '../../windows/evidence.ts';
import {
  isUpload,
  judgePayload,
  OVERSIZED_PAYLOAD_VERSION,
  payloadLimit,
  type PayloadView,
} from './oversized-payload.detector.ts';
import type { OversizedPayloadSettings } from './oversized-payload.settings.ts';
import { SizeHistogram, SMALL_BYTES } from './size-histogram.ts';

const MAX_ENDPOINTS = 20_000;
const MAX_SERVICES = 5_000;
const MAX_SIZES = 64;
const WINDOW_MS = 600_000;

/** One caller's large requests to one endpoint. */
interface Burst {
  readonly sizes: { readonly at: number; readonly bytes: number }[];
  readonly evidence: Evidence;
  reportedAt: number;
}

interface Writes {
  count: number;
  readonly sizes: SizeHistogram;
}

/** Only requests with bodies cost anything, and only those of 64 KiB and more are kept. */
export class OversizedPayloadWatcher implements Watcher {
  readonly #endpoints = new BoundedMap<SizeHistogram>(MAX_ENDPOINTS);
  readonly #services = new BoundedMap<Writes>(MAX_SERVICES);
  readonly #bursts: BoundedMap<Burst>;

  constructor(private readonly deps: DetectorDeps<OversizedPayloadSettings>) {
    this.#bursts = new BoundedMap(Math.ceil(deps.maxCallers / 10));
  }

  get evicted(): number {
    return this.#bursts.evicted + this.#endpoints.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#bursts.forgetLanes(lanes);
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const { method, requestBytes } = event;
    if (requestBytes < SMALL_BYTES && (method === 'GET' || method === 'HEAD')) return undefined;
    const service = this.#services.getOrMake(`${event.tenant}|${event.serviceId}`, () => ({
      count: 0,
      sizes: new SizeHistogram(),
    }));
    service.count++;
    if (requestBytes < SMALL_BYTES) return undefined;
    return this.#large(event, at, caller, service);
  }

  explain(event: ApiEvent, at: number, caller: Caller): string | undefined {
    if (event.requestBytes < SMALL_BYTES) return undefined;
    const limit = payloadLimit(this.#view(event, at, caller, []), this.deps.settings.of(event));
    if (!Number.isFinite(limit))
      return `a request of ${inMiB(event.requestBytes)}; what is usual here is not known yet`;
    return `a request of ${inMiB(event.requestBytes)}, where up to ${inMiB(limit)} is let pass`;
  }

  #large(event: ApiEvent, at: number, caller: Caller, service: Writes): Draft | undefined {
    const endpoint = this.#endpoints.getOrMake(keyOf(event), () => new SizeHistogram());
    const burst = this.#bursts.getOrMake(`${caller.key}|${keyOf(event)}`, fresh, caller.lane);
    while (burst.sizes.length >= MAX_SIZES || (burst.sizes[0]?.at ?? at) < at - WINDOW_MS) burst.sizes.shift();
    burst.sizes.push({ at, bytes: event.requestBytes });
    burst.evidence.add(event, at);
    const sizes = burst.sizes.map(({ bytes }) => bytes);
    const settings = this.deps.settings.of(event);
    const view = this.#view(event, at, caller, sizes);
    const due = sizes.length >= settings.count10m && at >= burst.reportedAt + REPORT_EVERY_MS;
    const verdict = due ? judgePayload(view, settings) : undefined;
    endpoint.add(event.requestBytes, at, caller.key);
    service.sizes.add(event.requestBytes, at, caller.key);
    if (!verdict) return undefined;
    burst.reportedAt = at;
    return findingOf({
      event,
      entity: caller.entity,
      type: 'oversized-payload',
      version: OVERSIZED_PAYLOAD_VERSION,
      severity: verdict.severity,
      confidence: verdict.confidence,
      at,
      from: burst.sizes[0]?.at ?? at,
      observed: { metric: 'oversized requests', value: verdict.count, unit: 'in 10 min' },
      expected: { low: 0, high: settings.count10m - 1, mean: 0, n: view.requests, p: 1, warmUp: caller.warmUp },
      explanation: `${caller.entity.name} sent ${verdict.count} requests of up to ${inMiB(verdict.largest)} to ${endpointOf(event)} within 10 min, where 99.9 % of ${view.requests} requests to this ${view.known} had less than ${inMiB(view.usualBytes)} (up to ${inMiB(verdict.limitBytes)} is let pass). Bodies of this size tie up memory and parsers behind the gateway: set a limit of the request size on that route.`,
      evidence: burst.evidence,
      only: `request_bytes > ${Math.floor(verdict.limitBytes)}`,
    });
  }

  #view(event: ApiEvent, at: number, caller: Caller, sizes: readonly number[]): PayloadView {
    const s = this.deps.settings.of(event);
    const sizesHere = this.#endpoints.peek(keyOf(event));
    // What the caller itself sends here of late says nothing about what is usual.
    const seen = (caller.endpoint?.requests ?? 0) - (sizesHere?.own(at, caller.key) ?? 0);
    if (seen >= s.minEndpointRequests) {
      const usualBytes = sizesHere?.usual(seen, at, caller.key) ?? SMALL_BYTES;
      return { known: 'endpoint', requests: seen, usualBytes, sizes };
    }
    const service = this.#services.peek(`${event.tenant}|${event.serviceId}`);
    // Where nobody knows the endpoint, a place for files is given the benefit of the doubt.
    const own = service?.sizes.own(at, caller.key) ?? 0;
    const files = isUpload(event.pathTemplate, event.requestContentType);
    if (!service || service.count - own < s.minServiceWrites || files) {
      if (files || seen < s.fewRequests) return { known: 'nothing', requests: seen, usualBytes: SMALL_BYTES, sizes };
      const usual = sizesHere?.usual(seen, at, caller.key) ?? SMALL_BYTES;
      return { known: 'endpoint', requests: seen, usualBytes: Math.max(usual, s.hugeBytes / s.overUsual), sizes };
    }
    return {
      known: 'service',
      requests: service.count,
      usualBytes: service.sizes.usual(service.count, at, caller.key),
      sizes,
    };
  }
}

const keyOf = (event: ApiEvent): string => `${event.tenant}|${event.serviceId}|${event.method} ${event.pathTemplate}`;
const fresh = (): Burst => ({ sizes: [], evidence: new Evidence(), reportedAt: Number.NEGATIVE_INFINITY });
const inMiB = (bytes: number): string => {
  const mib = bytes / 1_048_576;
  return mib >= 10 ? `${Math.round(mib)} MiB` : `${Math.round(mib * 100) / 100} MiB`;
};
