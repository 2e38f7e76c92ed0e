import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { hash32 } from '../../duplicates/hash64.ts';
import { KnownSet } from '../../duplicates/known-set.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { Evidence } from '../../windows/evidence.ts';
import { FailureLog } from '../../windows/failure-log.ts';
import { bucketOf } from '../../windows/time.ts';
import { ENDPOINT_PROBING_VERSION, judgeEndpointProbing } from './endpoint-probing.detector.ts';
import type { EndpointProbingSettings } from './endpoint-probing.settings.ts';

/** Path templates that have worked for somebody; 16 bytes each. */
const MAX_WORKING_PATHS = 500_000;

export class EndpointProbingWatcher implements Watcher {
  readonly #callers: BoundedMap<{ log: FailureLog; evidence: Evidence }>;
  readonly #working = new KnownSet(MAX_WORKING_PATHS);

  constructor(
    private readonly settings: EndpointProbingSettings,
    maxCallers: number,
  ) {
    this.#callers = new BoundedMap(maxCallers);
  }

  get evicted(): number {
    return this.#callers.evicted;
  }

  /** What ever worked for anybody stays known. */
  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#callers.forgetLanes(lanes);
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const { status } = event;
    if (status >= 200 && status < 400) {
      this.#working.add(`${event.tenant}|${event.pathTemplate}`);
      return undefined;
    }
    if (status !== 404 && status !== 403 && status !== 400) return undefined;
    if (this.#working.has(`${event.tenant}|${event.pathTemplate}`)) return undefined;
    const { log, evidence } = this.#callers.getOrMake(caller.key, fresh, caller.lane);
    log.add(at, hash32(event.pathTemplate) || 1);
    evidence.add(event, at);
    if (
      log.failuresWithin(600_000) < this.settings.distinct60s ||
      !log.worthALook ||
      at < log.reportedAt + REPORT_EVERY_MS
    )
      return undefined;
    const head = bucketOf(log.lastAt);
    const verdict = judgeEndpointProbing(
      {
        in60s: log.within(60_000),
        in10m: log.within(600_000),
        requests60s: caller.requests(head - 5, head),
        requests10m: caller.requests(head - 59, head),
      },
      this.settings,
    );
    if (!verdict) return undefined;
    log.reportedAt = at;
    const minutes = verdict.windowMs / 60_000;
    return findingOf({
      event,
      entity: caller.entity,
      type: 'endpoint-probing',
      version: ENDPOINT_PROBING_VERSION,
      severity: verdict.severity,
      confidence: verdict.confidence,
      at,
      from: at - verdict.windowMs,
      observed: { metric: 'distinct refused paths', value: verdict.distinct, unit: `in ${minutes} min` },
      expected: { low: 0, high: verdict.limit, mean: 0, n: 0, p: 1, warmUp: caller.warmUp },
      explanation: `${caller.entity.name} asked for ${verdict.distinct} different paths that do not exist or are forbidden within ${minutes} min (fewer than ${verdict.limit} are let pass); ${verdict.refused} of its ${verdict.requests} requests were refused. This is how an API is searched for weak spots.`,
      evidence,
      only: 'status IN (400, 403, 404)',
    });
  }
}

const fresh = (): { log: FailureLog; evidence: Evidence } => ({ log: new FailureLog(), evidence: new Evidence() });
