import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { DetectorDeps } from '../../engine/detector.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { BucketCounts } from '../../windows/bucket-counts.ts';
import { Evidence } from '../../windows/evidence.ts';
import { bucketOf, DAY_MS, MINUTE_MS } from '../../windows/time.ts';
import { judgeClock, LOG_LOSS_VERSION } from './log-loss.detector.ts';
import type { LogLossSettings } from './log-loss.settings.ts';

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

/** An ordinary line costs a subtraction. */
export class LogLossWatcher implements Watcher {
  readonly #clocks = new BoundedMap<Clock>(MAX_GATEWAYS);

  constructor(private readonly deps: DetectorDeps<LogLossSettings>) {}

  get evicted(): number {
    return this.#clocks.evicted;
  }

  /** Gateways are everybody's. */
  forgetLanes(): void {}

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const aheadMs = event.receivedAt > 0 ? event.startedAt - event.receivedAt : 0;
    // By days it is no clock: lines that were made up or moved in time.
    const isAhead = aheadMs < DAY_MS && aheadMs > MINUTE_MS * this.deps.settings.base.maxAheadMinutes;
    if (!isAhead && this.#clocks.size === 0) return undefined;
    const key = `${event.tenant}|${event.gateway}`;
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
