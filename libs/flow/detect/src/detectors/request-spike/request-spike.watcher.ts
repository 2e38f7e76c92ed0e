import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { CallerHistory } from '../../baseline/caller-history.ts';
import type { DetectorDeps } from '../../engine/detector.ts';
import { findingOf, type Draft } from '../../engine/finding-draft.ts';
import type { Caller, Lookout, Watcher } from '../../engine/watcher.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import type { CallerSlab } from '../../windows/caller-slab.ts';
import { blockOfBucket, BUCKET_MS, HOUR_MS, RING_BUCKETS, WINDOW_BUCKETS } from '../../windows/time.ts';
import {
  judgeRequestSpike,
  REQUEST_SPIKE_VERSION,
  spikeThresholds,
  type SpikeVerdict,
  type SpikeView,
} from './request-spike.detector.ts';
import type { RequestSpikeSettings } from './request-spike.settings.ts';
import { describeWindow, explainSpike } from './explain-spike.ts';
import { RefusedFlood } from './refused-flood.ts';
import { LookTriggers } from './look-triggers.ts';
import { SpikePasts } from './spike-pasts.ts';
import { SpikeTrace } from './spike-trace.ts';
import { onsetBucket, recentPast, scheduledOnset, surgeOf } from './spike-situation.ts';

const HOUR_BUCKETS = HOUR_MS / BUCKET_MS;
const DAY_BUCKETS = 24 * HOUR_BUCKETS;
/** A look is expected, and the baseline asked for, from this part of the floor on. */
const EXPECT_SHARE = 2;
/** Evidence is collected from this part of the floor on. */
const EVIDENCE_SHARE = 4;
const MAX_EVIDENCE = 20_000;
const UINT32 = 0xffff_ffff;
const NOTHING_ELSE = {
  scheduledOnset: false,
  surge: 1,
  serverErrorShare: 0,
  explainedShare: 0,
  addresses: 0,
  perAddress: 0,
  changes: 0,
} as const;

type Deps = Pick<
  DetectorDeps<RequestSpikeSettings>,
  'settings' | 'windows' | 'explained' | 'baselines' | 'maxBaselines' | 'teaching'
>;

/**
 * Decides when a caller's window is worth a full look, looks, and keeps the baselines of the callers that were looked at.
 * A look is due when the window reaches what the last look said would be needed; that number expires with the hour.
 */
export class RequestSpikeWatcher implements Watcher, Lookout {
  /** Of single events only refusals say something; the rest goes by windows. */
  readonly statusClasses = [4] as const;
  readonly lookout = this;
  readonly #slab: CallerSlab;
  readonly #pasts: SpikePasts;
  readonly #triggers: LookTriggers;
  readonly #evidence = new BoundedMap<SpikeTrace>(MAX_EVIDENCE);
  readonly #refused: RefusedFlood;
  /** When the watch began. */
  #firstBucket = Number.POSITIVE_INFINITY;

  constructor(private readonly deps: Deps) {
    this.#slab = deps.windows.slab;
    this.#pasts = new SpikePasts(deps);
    this.#triggers = new LookTriggers(this.#slab, deps.settings.base);
    this.#refused = new RefusedFlood(deps);
  }

  get evicted(): number {
    return this.#pasts.evicted + this.#refused.evicted;
  }

  /** Baselines and evidence of callers that another process watches now. */
  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#pasts.forgetLanes(lanes);
    this.#evidence.forgetLanes(lanes);
    this.#refused.forgetLanes(lanes);
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    return this.#refused.observe(event, at, caller);
  }

  beforeAdvance(slot: number, key: string, head: number, bucket: number, event: ApiEvent): void {
    if (blockOfBucket(head) === blockOfBucket(bucket)) return;
    const history = this.#pasts.peek(key);
    if (history) this.#pasts.fold(slot, history, Math.min(blockOfBucket(bucket) - 2, blockOfBucket(head)));
    else if ((this.#slab.windowSum[slot] ?? 0) >= expectFrom(this.deps.settings.of(event)))
      this.#pasts.expect(key, bucket);
  }

  isDue(slot: number, event: ApiEvent, at: number, { key }: Caller): boolean {
    const settings = this.deps.settings.of(event);
    const sum = this.#slab.windowSum[slot] ?? 0;
    if (sum * EVIDENCE_SHARE >= settings.floor)
      this.#evidence.getOrMake(key, () => new SpikeTrace(), this.#slab.lane[slot]).add(event, at);
    const head = this.#slab.head[slot] ?? 0;
    if (head < this.#firstBucket) this.#firstBucket = head;
    if (sum === expectFrom(settings)) this.#pasts.expect(key, head);
    return sum >= settings.floor && this.#triggers.isReached(slot, key, settings, sum);
  }

  /** The full look. Waits for the store only when the caller's baseline is not in memory. */
  async look(slot: number, event: ApiEvent, at: number, caller: Caller): Promise<Draft | undefined> {
    const { key } = caller;
    const settings = this.deps.settings.of(event);
    const view = this.#view(slot, key, await this.#pasts.of(slot, key));
    const head = this.#slab.head[slot] ?? 0;
    const thresholds = spikeThresholds(view, settings);
    const lookAgain = (window: number, fast: number, untilBucket: number): void =>
      this.#triggers.set(slot, key, settings, window, fast, untilBucket);
    if (view.count5m < thresholds.window && view.count30s < thresholds.fast) {
      const nextHour = (Math.floor(head / HOUR_BUCKETS) + 1) * HOUR_BUCKETS;
      const immature = view.profile.warmUp === 'learning' || view.profile.warmUp === 'provisional';
      lookAgain(thresholds.window, thresholds.fast, immature ? head + 2 : Math.min(nextHour, head + WINDOW_BUCKETS));
      return undefined;
    }
    const full = { ...view, situation: this.#situation(slot, key, view, head, settings) };
    const verdict = judgeRequestSpike(full, settings);
    if (!verdict) {
      lookAgain(view.count5m * 1.05 + 5, view.count30s * 1.05 + 5, head + 1);
      return undefined;
    }
    this.#markAttack(slot, head);
    lookAgain(view.count5m * 1.5, UINT32, head + 2);
    return this.#finding(event, at, slot, full, verdict, caller);
  }

  /** Of a window that was worth evidence. */
  explain(event: ApiEvent, _at: number, { key, entity }: Caller): string | undefined {
    const settings = this.deps.settings.of(event);
    const slot = this.#slab.find(key);
    const sum = slot === undefined ? 0 : (this.#slab.windowSum[slot] ?? 0);
    if (slot === undefined || sum * EVIDENCE_SHARE < settings.floor) return undefined;
    const history = this.#pasts.peek(key);
    if (!history) return `${sum} requests of ${entity.name} in 5 min; nobody looks closer below ${settings.floor}.`;
    const view = this.#view(slot, key, history);
    const head = this.#slab.head[slot] ?? 0;
    const full = { ...view, situation: this.#situation(slot, key, view, head, settings) };
    return describeWindow(entity.name, full, spikeThresholds(view, settings), settings);
  }

  #view(slot: number, key: string, history: CallerHistory): SpikeView {
    const head = this.#slab.head[slot] ?? 0;
    const past = recentPast(this.#slab, slot, head, history.foldedThrough);
    const profile = this.#pasts.profile(history, head);
    const learning = profile.warmUp === 'learning';
    const lifeBlocks = Math.max(1, blockOfBucket(head) - history.since);
    return {
      count5m: this.#slab.windowSum[slot] ?? 0,
      count30s: this.#slab.sum(slot, head - 2, head),
      count20s: this.#slab.sum(slot, head - 1, head),
      recentMax: past.max,
      profile: learning
        ? {
            ...profile,
            mean: (profile.requests + past.requests) / lifeBlocks,
            n: lifeBlocks,
            maxMinute: Math.max(profile.maxMinute, past.maxMinute),
            activeMinutes: profile.activeMinutes + past.activeMinutes,
            requests: profile.requests + past.requests,
          }
        : profile,
      pastBuckets: this.#slab.pastBuckets[slot] ?? 0,
      pastRequests: this.#slab.pastRequests[slot] ?? 0,
      busiestBucket: this.#slab.busiestBucket[slot] ?? 0,
      peers: this.deps.windows.peers.view(this.#slab.group[slot] ?? 0, this.#slab.busiest[slot] ?? 0),
      arrival: {
        anonymous: this.#evidence.peek(key)?.anonymous ?? false,
        leadBuckets: (this.#slab.firstBucket[slot] ?? 0) - this.#firstBucket,
        monotony: this.#evidence.peek(key)?.monotony ?? 0,
        sameness: this.#evidence.peek(key)?.sameness ?? 0,
      },
      situation: NOTHING_ELSE,
    };
  }

  #situation(
    slot: number,
    key: string,
    view: SpikeView,
    head: number,
    settings: RequestSpikeSettings,
  ): SpikeView['situation'] {
    const { explained } = this.deps;
    const audience = this.#evidence.peek(key)?.audience;
    return {
      scheduledOnset: scheduledOnset(onsetBucket(this.#slab, slot, head)),
      surge: surgeOf(this.#slab, slot, head, settings),
      serverErrorShare: explained.serverErrorShare(key, head, view.count5m),
      explainedShare: explained.explainedShare(key, head, view.count5m),
      addresses: audience?.addresses ?? 0,
      perAddress: audience?.perAddress ?? 0,
      changes: this.#evidence.peek(key)?.changes ?? 0,
    };
  }

  /** From the onset until a little after now nothing teaches; after a day of it, it is what is usual. */
  #markAttack(slot: number, head: number): void {
    const onset = onsetBucket(this.#slab, slot, head);
    const goesOn = (this.#slab.attackUntil[slot] ?? -1) >= head - RING_BUCKETS;
    if (!goesOn) this.#slab.attackFrom[slot] = onset;
    if (head - (this.#slab.attackFrom[slot] ?? 0) < DAY_BUCKETS) this.#slab.attackUntil[slot] = head + 3;
  }

  #finding(
    event: ApiEvent,
    at: number,
    slot: number,
    view: SpikeView,
    verdict: SpikeVerdict,
    { key, entity }: Caller,
  ): Draft {
    const from = Math.max(onsetBucket(this.#slab, slot, this.#slab.head[slot] ?? 0) * BUCKET_MS, at - verdict.windowMs);
    const { profile } = view;
    return findingOf({
      event,
      entity,
      type: 'request-spike',
      version: REQUEST_SPIKE_VERSION,
      severity: verdict.severity,
      confidence: verdict.confidence,
      at,
      from: Math.min(from, at),
      observed: {
        metric: 'requests',
        value: verdict.observed,
        unit: verdict.windowMs === 30_000 ? 'in 30 s' : 'in 5 min',
      },
      expected: {
        low: 0,
        high: Math.round(Number.isFinite(verdict.threshold) ? verdict.threshold : verdict.observed),
        mean: Math.round(((profile.mean * verdict.windowMs) / 300_000) * 100) / 100,
        n: profile.n,
        p: verdict.p,
        warmUp: profile.warmUp,
      },
      explanation: explainSpike(entity.name, view, verdict),
      evidence: this.#evidence.peek(key)?.evidence,
    });
  }
}

/** Requests in the window from which a look is likely. */
const expectFrom = (settings: RequestSpikeSettings): number => Math.ceil(settings.floor / EXPECT_SHARE);
