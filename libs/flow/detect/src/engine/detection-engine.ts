import type { AlertType, Finding, WarmUp } from '@outrider/domain/detection/alert';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { callerOf, type Entity } from '@outrider/domain/traffic/entity';
import type { BaselineSource } from '../baseline/baseline-source.ts';
import { BruteForceWatcher } from '../detectors/brute-force/brute-force.watcher.ts';
import { EndpointProbingWatcher } from '../detectors/endpoint-probing/endpoint-probing.watcher.ts';
import { ErrorSpikeWatcher } from '../detectors/error-spike/error-spike.watcher.ts';
import type { Blame } from '../detectors/error-spike/shared-blame.ts';
import { RequestSpikeWatcher } from '../detectors/request-spike/request-spike.watcher.ts';
import type { DetectSettings } from '../settings.ts';
import { BoundedMap } from '../windows/bounded-map.ts';
import { BucketCounts } from '../windows/bucket-counts.ts';
import { CallerSlab } from '../windows/caller-slab.ts';
import { bucketOf, DAY_MS, BUCKET_MS, WINDOW_BUCKETS } from '../windows/time.ts';
import { callerKeyOf, groupNameOf } from './caller-key.ts';
import { Exclusions, isServerError, windowTime, type Exclusion } from './event-facts.ts';
import { PeerGroups } from './peer-groups.ts';
import type { Caller, Watcher } from './watcher.ts';

/** Time that other findings explain a caller's traffic for; ms. */
const EXPLAINS_FOR_MS = 600_000;
const MAX_EXPLAINED = 50_000;

export interface EngineCounts {
  observed: number;
  late: number;
  excluded: Record<Exclusion, number>;
}

export interface EngineOptions {
  /** Default true: findings on services come from the events. False where a process sees only a part of them. */
  readonly reportsServices?: boolean;
}

/**
 * All detectors over one stream of events. Driven by event time alone: the same events in the same order give the same findings,
 * however they are cut into batches. Calls must not overlap; `EventIngest` sees to that.
 */
export class DetectionEngine {
  readonly counts: EngineCounts = { observed: 0, late: 0, excluded: { preflight: 0, 'health-check': 0 } };
  readonly #slab: CallerSlab;
  readonly #peers = new PeerGroups();
  readonly #exclusions: Exclusions;
  readonly #watchers: readonly { readonly type: AlertType; readonly watcher: Watcher }[];
  readonly #errors: ErrorSpikeWatcher;
  readonly #spikes: RequestSpikeWatcher | undefined;
  readonly #current: CurrentCaller;
  /** Newest event time by lane: lanes are read at their own pace. */
  readonly #newest = new Map<number, number>();
  /** Callers with a guessing or probing finding → event time until which it explains refused requests. */
  readonly #explained = new BoundedMap<{ until: number }>(MAX_EXPLAINED);
  readonly #refused: BoundedMap<BucketCounts>;
  readonly #serverErrors: BoundedMap<BucketCounts>;
  #watermark = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly settings: DetectSettings,
    baselines: BaselineSource,
    options: EngineOptions = {},
  ) {
    this.#slab = new CallerSlab(settings.maxCallers, (slot) => this.#forget(slot));
    this.#exclusions = new Exclusions(settings);
    this.#current = new CurrentCaller(this.#slab);
    this.#refused = new BoundedMap(settings.maxFailingCallers);
    this.#serverErrors = new BoundedMap(settings.maxFailingCallers);
    const bruteForce = new BruteForceWatcher(settings.bruteForce, settings.maxFailingCallers);
    this.#errors = new ErrorSpikeWatcher(settings.errorSpike, settings.maxFailingCallers, {
      elsewhere: (event) => bruteForce.isLogin(event),
      reportsServices: options.reportsServices ?? true,
    });
    this.#watchers = [
      { type: 'brute-force' as const, watcher: bruteForce, enabled: settings.bruteForce.enabled },
      {
        type: 'endpoint-probing' as const,
        watcher: new EndpointProbingWatcher(settings.endpointProbing, settings.maxFailingCallers),
        enabled: settings.endpointProbing.enabled,
      },
      {
        type: 'error-spike' as const,
        watcher: this.#errors,
        enabled: settings.errorSpike.enabled,
      },
    ].filter(({ enabled }) => enabled);
    if (settings.requestSpike.enabled)
      this.#spikes = new RequestSpikeWatcher(
        settings.requestSpike,
        this.#slab,
        this.#peers,
        baselines,
        this,
        settings.maxBaselines,
      );
  }

  get callers(): number {
    return this.#slab.size;
  }

  /** What bounds made the engine forget, by what it held. */
  get evicted(): Readonly<Record<string, number>> {
    return {
      callers: this.#slab.evicted,
      baselines: this.#spikes?.evicted ?? 0,
      failures: this.#watchers.reduce((sum, { watcher }) => sum + watcher.evicted, 0),
    };
  }

  /** Newest event time seen; -Infinity before the first event. */
  get watermark(): number {
    return this.#watermark;
  }

  /** A finding that blames a caller for what others may have as well, and what it rests on. */
  blameOf(finding: Finding): Blame | undefined {
    return this.#errors.blameOf(finding);
  }

  /** Newest event time of a lane; -Infinity before its first event. */
  newestOf(lane: number): number {
    return this.#newest.get(lane) ?? Number.NEGATIVE_INFINITY;
  }

  /**
   * Forgets all callers of these lanes: somebody else watches them now. What holds for everybody stays: credentials and paths that ever
   * worked.
   */
  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#slab.forgetLanes(lanes);
    for (const { watcher } of this.#watchers) watcher.forgetLanes(lanes);
    this.#spikes?.forgetLanes(lanes);
    for (const map of [this.#explained, this.#refused, this.#serverErrors]) map.forgetLanes(lanes);
    for (const lane of lanes) this.#newest.delete(lane);
  }

  /** Findings of one event (of lane `lane`: events of one caller share a lane). Mostly none, at once. */
  async observe(event: ApiEvent, lane: number, findings: Finding[]): Promise<void> {
    const due = this.observeNow(event, lane, findings);
    if (due !== undefined) await this.settle(due, event, findings);
  }

  /** The synchronous part of `observe`; what it returns must be given to `settle` before the next event. */
  observeNow(event: ApiEvent, lane: number, findings: Finding[]): number | undefined {
    const excluded = this.#exclusions.of(event);
    if (excluded !== undefined) {
      this.counts.excluded[excluded]++;
      return undefined;
    }
    const at = windowTime(event);
    if (!this.#admit(at, lane)) return undefined;
    this.counts.observed++;
    const key = callerKeyOf(event);
    const bucket = bucketOf(at);
    const slot = this.#count(event, key, bucket, lane);
    if (isProbeAnswer(event.status)) this.#refused.getOrMake(key, () => new BucketCounts(), lane).add(at);
    if (isServerError(event.status)) this.#serverErrors.getOrMake(key, () => new BucketCounts(), lane).add(at);
    const caller = this.#current.of(event, key, slot, at, lane);
    for (const { type, watcher } of this.#watchers) {
      const draft = watcher.observe(event, at, caller);
      if (!draft) continue;
      findings.push(draft);
      if (type !== 'error-spike') this.#explain(key, at, lane);
    }
    return this.#spikes?.isDue(slot, key, event, at) ? slot : undefined;
  }

  async settle(slot: number, event: ApiEvent, findings: Finding[]): Promise<void> {
    const draft = await this.#spikes?.look(slot, callerKeyOf(event), event, windowTime(event));
    if (draft) findings.push(draft);
  }

  /** For the spike rule: refused requests of a caller that is known to guess or probe, as a share of its window. */
  explainedShare(key: string, bucket: number, windowSum: number): number {
    const explained = this.#explained.peek(key);
    if (!explained || explained.until < bucket * BUCKET_MS || windowSum === 0) return 0;
    return (this.#refused.peek(key)?.sum(bucket - WINDOW_BUCKETS + 1, bucket) ?? 0) / windowSum;
  }

  serverErrorShare(slot: number, bucket: number, windowSum: number): number {
    const errors = this.#serverErrors.peek(this.#slab.keyOf(slot));
    return errors && windowSum > 0 ? errors.sum(bucket - WINDOW_BUCKETS + 1, bucket) / windowSum : 0;
  }

  #admit(at: number, lane: number): boolean {
    const newest = this.#newest.get(lane) ?? Number.NEGATIVE_INFINITY;
    if (at > newest) this.#newest.set(lane, at);
    else if (at < newest - this.settings.maxLateMs) {
      this.counts.late++;
      return false;
    }
    if (at > this.#watermark) this.#watermark = at;
    return true;
  }

  #count(event: ApiEvent, key: string, bucket: number, lane: number): number {
    const slab = this.#slab;
    const known = slab.find(key);
    if (known !== undefined) {
      const head = slab.head[known] ?? 0;
      if (bucket > head) {
        this.#updateBusiest(known, head);
        this.#spikes?.beforeAdvance(known, key, head, bucket);
      }
    }
    const slot = slab.touch(key, bucket, known === undefined ? this.#peers.idOf(groupNameOf(event)) : 0, lane);
    slab.count(slot, bucket);
    return slot;
  }

  #updateBusiest(slot: number, head: number): void {
    const slab = this.#slab;
    const sum = slab.windowSum[slot] ?? 0;
    const busiest = slab.busiest[slot] ?? 0;
    if (sum <= busiest || slab.isAttack(slot, head)) return;
    this.#peers.move(slab.group[slot] ?? 0, busiest, sum);
    slab.busiest[slot] = sum;
  }

  #forget(slot: number): void {
    this.#peers.move(this.#slab.group[slot] ?? 0, this.#slab.busiest[slot] ?? 0, 0);
  }

  #explain(key: string, at: number, lane: number): void {
    this.#explained.set(key, { until: at + EXPLAINS_FOR_MS }, lane);
  }
}

/** What guessing and probing are answered with. */
const isProbeAnswer = (status: number): boolean =>
  status === 400 || status === 401 || status === 403 || status === 404 || status === 422;

/** One object for all events, so that the hot path makes none. */
class CurrentCaller implements Caller {
  key = '';
  lane = 0;
  #event: ApiEvent | undefined;
  #slot = 0;
  #at = 0;

  constructor(private readonly slab: CallerSlab) {}

  of(event: ApiEvent, key: string, slot: number, at: number, lane: number): this {
    this.lane = lane;
    this.#event = event;
    this.key = key;
    this.#slot = slot;
    this.#at = at;
    return this;
  }

  get entity(): Entity {
    if (!this.#event) throw new Error('no current event');
    return callerOf(this.#event);
  }

  get warmUp(): WarmUp {
    const lifeMs = this.#at - (this.slab.firstBucket[this.#slot] ?? 0) * BUCKET_MS;
    if (lifeMs < DAY_MS) return 'learning';
    if (lifeMs < 7 * DAY_MS) return 'provisional';
    return lifeMs < 14 * DAY_MS ? 'mature' : 'seasonal';
  }

  requests(from: number, to: number): number {
    return this.slab.sum(this.#slot, from, to);
  }
}
