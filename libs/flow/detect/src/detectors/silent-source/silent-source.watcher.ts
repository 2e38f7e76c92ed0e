import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { DetectorDeps } from '../../engine/detector.ts';
import { findingOf, type Draft } from '../../engine/finding-draft.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../windows/time.ts';
import { judgeSource, SILENT_SOURCE_VERSION, type SourceVerdict, type SourceView } from './silent-source.detector.ts';
import type { SilentSourceSettings } from './silent-source.settings.ts';
import { Source } from './source.ts';

const MAX_SOURCES = 5_000;
const EVERY_MS = 60_000;
/** A pause shorter than this is never worth a look; ms. */
const SHORT_MS = 60_000;
/** Requests, and time for them, after which the traffic is back; ms. */
const RETURNED = 20;
const RETURN_MS = 600_000;

/**
 * A source that is silent while others speak is told by the tick; when everything was silent, by the first event after it, or by the
 * clock of a live process.
 */
export class SilentSourceWatcher implements Watcher {
  readonly #gateways = new BoundedMap<Source>(MAX_SOURCES);
  readonly #services = new BoundedMap<Source>(MAX_SOURCES);
  readonly #list = new Set<Source>();
  #nextLook = Number.NEGATIVE_INFINITY;
  #heardAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly deps: DetectorDeps<SilentSourceSettings>) {}

  get evicted(): number {
    return this.#gateways.evicted + this.#services.evicted;
  }

  /** Sources are everybody's. */
  forgetLanes(): void {}

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const before = this.#heardAt;
    if (at > before) this.#heardAt = at;
    const gateway = this.#source('gateway', this.#gateways, `${event.tenant}|${event.gateway}`, event, at);
    gateway.heard(event, at, caller.key);
    if (gateway.gapMs > SHORT_MS) {
      gateway.deadMs += gateway.gapMs;
      const from = at - gateway.gapMs;
      if (gateway.pending) gateway.settle(0, gateway.pending.to - gateway.pending.from);
      gateway.pending = { from, to: at, everything: before <= from, requests: 0 };
    } else gateway.settle(0);
    const told = gateway.pending === undefined ? undefined : this.#afterGap(gateway, gateway.pending, at);
    if (event.serviceId !== '') {
      const service = this.#source('service', this.#services, `${event.tenant}|${event.serviceId}`, event, at);
      service.heard(event, at, caller.key);
      // While all of its gateway was silent, a service was no longer silent than that.
      service.settle(gateway.deadMs - service.deadMs);
      service.deadMs = gateway.deadMs;
    }
    return told;
  }

  tick(now: number): readonly Draft[] {
    if (now < this.#nextLook) return [];
    this.#nextLook = now + EVERY_MS;
    const drafts: Draft[] = [];
    for (const source of this.#list) {
      const silenceMs = now - source.lastAt;
      if (silenceMs < SHORT_MS) continue;
      if (silenceMs > 30 * DAY_MS) {
        this.#list.delete(source);
        continue;
      }
      if (source.toldAt >= source.lastAt) continue;
      const deadMs = source.kind === 'gateway' ? 0 : this.#deadSince(source, now);
      const draft = this.#judge(source, source.lastAt + deadMs, now, now - this.#heardAt > SHORT_MS);
      if (draft) drafts.push(draft);
    }
    return drafts;
  }

  /** Told after some requests more: a few stray lines after the end of a file are no return of the traffic. */
  #afterGap(gateway: Source, gap: NonNullable<Source['pending']>, at: number): Draft | undefined {
    gap.requests++;
    if (gap.requests < RETURNED && at - gap.to < RETURN_MS) return undefined;
    gateway.pending = undefined;
    const draft =
      gap.requests < RETURNED || gateway.toldAt >= gap.from
        ? undefined
        : this.#judge(gateway, gap.from, gap.to, gap.everything);
    gateway.settle(0, gap.to - gap.from);
    return draft;
  }

  #judge(source: Source, from: number, to: number, everything: boolean): Draft | undefined {
    const view: SourceView = {
      kind: source.kind,
      silenceMs: to - from,
      longestGapMs: source.longestGapMs,
      lifeMs: from - source.firstAt,
      expected: source.expected(from, Math.min(to, from + DAY_MS)),
      callers: source.callers.size,
      everything,
    };
    const verdict = judgeSource(view, this.deps.settings.of(source.event));
    if (!verdict) return undefined;
    source.toldAt = to;
    return finding(source, from, to, view, verdict);
  }

  /** Time since the service was last heard in which its gateway was silent as well. */
  #deadSince(service: Source, now: number): number {
    const gateway = this.#gateways.peek(`${service.event.tenant}|${service.event.gateway}`);
    if (!gateway) return now - service.lastAt;
    const silentNow = now - gateway.lastAt;
    return gateway.deadMs - service.deadMs + (silentNow > SHORT_MS ? silentNow : 0);
  }

  #source(kind: Source['kind'], map: BoundedMap<Source>, key: string, event: ApiEvent, at: number): Source {
    const known = map.get(key);
    if (known) return known;
    const made = new Source(kind, event, at);
    map.set(key, made);
    if (this.#list.size >= 2 * MAX_SOURCES) this.#list.clear();
    this.#list.add(made);
    return made;
  }
}

const finding = (source: Source, from: number, to: number, view: SourceView, verdict: SourceVerdict): Draft => {
  const { event, kind } = source;
  const entity =
    kind === 'gateway'
      ? { kind, id: event.gateway, name: event.gateway }
      : { kind, id: event.serviceId, name: event.serviceName || event.serviceId };
  const minutes = Math.round(view.silenceMs / MINUTE_MS);
  const rest = view.everything
    ? 'Nothing else was heard either: the way that the logs take may be cut'
    : kind === 'gateway'
      ? 'Other gateways went on: this one is down, or its logs do not arrive'
      : 'Its gateway went on: the service is away, or its logs are kept back';
  return findingOf({
    event,
    entity,
    type: 'silent-source',
    version: SILENT_SOURCE_VERSION,
    severity: verdict.severity,
    confidence: verdict.confidence,
    at: to,
    from,
    observed: { metric: 'silence', value: minutes, unit: 'min' },
    expected: {
      low: 1,
      high: Math.round(view.longestGapMs / MINUTE_MS),
      mean: Math.round(verdict.expected),
      n: Math.floor(view.lifeMs / HOUR_MS),
      p: Math.exp(-Math.min(690, verdict.expected)),
      warmUp: view.lifeMs < DAY_MS ? 'learning' : view.lifeMs < 7 * DAY_MS ? 'provisional' : 'mature',
    },
    explanation: `No request of ${kind} ${entity.name} was logged for ${minutes} min, where at least ${Math.round(verdict.expected)} were to be expected and the longest pause so far was ${Math.round(view.longestGapMs / 1000)} s. ${rest}. What happens meanwhile is seen by nobody.`,
    evidence: undefined,
  });
};
