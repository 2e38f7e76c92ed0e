import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { DetectorDeps } from '../../engine/detector.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Forgotten } from '../../engine/forgotten.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { BucketCounts } from '../../windows/bucket-counts.ts';
import { Evidence } from '../../windows/evidence.ts';
import { bucketOf, DAY_MS, MINUTE_MS } from '../../windows/time.ts';
import { judgeClock, judgeCounters, LOG_LOSS_VERSION, type CounterView, type Verdict } from './log-loss.detector.ts';
import type { LogLossSettings } from './log-loss.settings.ts';
import { GatewayCounters, RateCounters } from './rate-counters.ts';

const MAX_GATEWAYS = 1_000;
const WINDOW_BUCKETS = 60;

/** A gateway from its first line of the future on. */
class Clock {
  readonly lines = new BucketCounts();
  readonly ahead = new BucketCounts();
  readonly evidence = new Evidence();
  mostMs = 0;
  reportedAt = Number.NEGATIVE_INFINITY;
}

/** An ordinary line costs a subtraction; one that tells a rate limit, a look-up of its caller. */
export class LogLossWatcher implements Watcher {
  readonly #clocks = new BoundedMap<Clock>(MAX_GATEWAYS);
  readonly #gateways = new BoundedMap<GatewayCounters>(MAX_GATEWAYS);
  readonly #counters: RateCounters;

  constructor(private readonly deps: DetectorDeps<LogLossSettings>) {
    this.#counters = new RateCounters(Math.max(100, Math.floor(deps.maxCallers / 2)));
  }

  get evicted(): number {
    return this.#clocks.evicted + this.#gateways.evicted + this.#counters.evicted;
  }

  /** Gateways are everybody's. */
  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#counters.forgetLanes(lanes);
  }

  forget(gone: Forgotten): void {
    this.#gateways.forgetKeys(gone.gateways);
    this.#counters.forget(gone);
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    return this.#ahead(event, at, caller) ?? (event.rateLimit > 0 ? this.#counted(event, caller) : undefined);
  }

  explain(event: ApiEvent, _at: number, _caller: Caller): string | undefined {
    const view = event.rateLimit > 0 ? this.#gateways.peek(keyOf(event))?.view() : undefined;
    if (view === undefined) return undefined;
    return `Rate limits of gateway ${event.gateway} counted ${view.missing + view.logged} requests in the last 30 to 60 min, ${view.logged} were logged; before, ${view.missingBefore + view.loggedBefore} and ${view.loggedBefore}.`;
  }

  #counted(event: ApiEvent, caller: Caller): Draft | undefined {
    if (event.rateRemaining < 0 || event.status === 429) return undefined;
    const settled = this.#counters.add(event, `${event.gateway}|${caller.key}`, caller.lane);
    if (settled === undefined) return undefined;
    const gateway = this.#gateways.getOrMake(keyOf(event), () => new GatewayCounters());
    const { at, missing, logged } = settled;
    gateway.add(at, caller.key, missing, logged);
    if (missing === 0) return undefined;
    gateway.evidence.add(event, at);
    if (at < gateway.reportedAt + REPORT_EVERY_MS) return undefined;
    const view = gateway.view();
    const verdict = judgeCounters(view, this.deps.settings.of(event));
    if (!verdict) return undefined;
    gateway.told(at);
    return counterFinding(event, at, gateway, view, verdict, caller);
  }

  #ahead(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const aheadMs = event.receivedAt > 0 ? event.startedAt - event.receivedAt : 0;
    // By days it is no clock: lines that were made up or moved in time.
    const isAhead = aheadMs < DAY_MS && aheadMs > MINUTE_MS * this.deps.settings.base.maxAheadMinutes;
    if (!isAhead && this.#clocks.size === 0) return undefined;
    const key = keyOf(event);
    const clock = isAhead ? this.#clocks.getOrMake(key, () => new Clock()) : this.#clocks.get(key);
    if (!clock) return undefined;
    clock.lines.add(at);
    if (!isAhead) return undefined;
    clock.ahead.add(at);
    clock.evidence.add(event, at);
    clock.mostMs = Math.max(clock.mostMs, aheadMs);
    if (at < clock.reportedAt + REPORT_EVERY_MS) return undefined;
    const head = bucketOf(at);
    const from = head - WINDOW_BUCKETS + 1;
    const view = { ahead: clock.ahead.sum(from, head), lines: clock.lines.sum(from, head) };
    const settings = this.deps.settings.of(event);
    const verdict = judgeClock(view, settings);
    if (!verdict) return undefined;
    clock.reportedAt = at;
    return findingOf({
      event,
      entity: { kind: 'gateway', id: event.gateway, name: event.gateway },
      type: 'log-loss',
      version: LOG_LOSS_VERSION,
      severity: verdict.severity,
      confidence: verdict.confidence,
      at,
      from: at - WINDOW_BUCKETS * 10_000,
      observed: { metric: 'lines from the future', value: view.ahead, unit: 'in 10 min' },
      expected: { low: 0, high: settings.count10m - 1, mean: 0, n: view.lines, p: 1, warmUp: caller.warmUp },
      explanation: `${view.ahead} of ${view.lines} lines of gateway ${event.gateway} within 10 min are of requests that began up to ${Math.round(clock.mostMs / MINUTE_MS)} min after the line was received. Its clock is wrong, or the lines were not written by Kong; what order they tell cannot be relied on.`,
      evidence: clock.evidence,
    });
  }
}

const keyOf = (event: ApiEvent): string => `${event.tenant}|${event.gateway}`;

const counterFinding = (
  event: ApiEvent,
  at: number,
  gateway: GatewayCounters,
  view: CounterView,
  verdict: Verdict,
  caller: Caller,
): Draft => {
  const all = view.missing + view.logged;
  const share = ((100 * view.missing) / all).toFixed(view.missing * 10 < all ? 1 : 0);
  return findingOf({
    event,
    entity: { kind: 'gateway', id: event.gateway, name: event.gateway },
    type: 'log-loss',
    version: LOG_LOSS_VERSION,
    severity: verdict.severity,
    confidence: verdict.confidence,
    at,
    from: gateway.since,
    observed: { metric: 'requests counted and not logged', value: view.missing, unit: `of ${all} in 30 to 60 min` },
    expected: { low: 0, high: 0, mean: view.missingBefore / (view.missingBefore + view.loggedBefore), n: view.loggedBefore, p: 1, warmUp: caller.warmUp }, // prettier-ignore
    explanation: `Rate limits of gateway ${event.gateway} counted ${all} requests of ${view.callers} callers and more within 30 to 60 min, and ${view.missing} of them (${share} %) were never logged; of ${view.missingBefore + view.loggedBefore} before, ${view.missingBefore} were not. What the lost lines tell is seen by nobody.`,
    evidence: gateway.evidence,
    only: 'rate_limit > 0',
  });
};
