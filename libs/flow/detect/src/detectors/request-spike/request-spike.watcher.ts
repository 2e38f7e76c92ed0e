import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { callerOf } from '@outrider/domain/traffic/entity';
import type { BaselineSource } from '../../baseline/baseline-source.ts';
import type { CallerHistory } from '../../baseline/caller-history.ts';
import { spikeProfile, type SpikeProfile } from '../../baseline/spike-profile.ts';
import { parseCallerKey } from '../../engine/caller-key.ts';
import { findingOf, type Draft } from '../../engine/finding-draft.ts';
import type { PeerGroups } from '../../engine/peer-groups.ts';
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
import { explainSpike } from './explain-spike.ts';
import { SpikeTrace } from './spike-trace.ts';
import { onsetBucket, recentPast, scheduledOnset, surgeOf } from './spike-situation.ts';

const HOUR_BUCKETS = HOUR_MS / BUCKET_MS;
const DAY_BUCKETS = 24 * HOUR_BUCKETS;
const MINUTE_BUCKETS = 6;
/** A look is expected, and the baseline asked for, from this part of the floor on. */
const EXPECT_SHARE = 2;
/** Evidence is collected from this part of the floor on. */
const EVIDENCE_SHARE = 4;
const MAX_EVIDENCE = 20_000;
const UINT32 = 0xffff_ffff;

export interface SpikeSurroundings {
  /** Share of the caller's window that other findings explain, and that ended in server errors. */
  explainedShare(key: string, bucket: number, windowSum: number): number;
  serverErrorShare(slot: number, bucket: number, windowSum: number): number;
}

/**
 * Decides when a caller's window is worth a full look, looks, and keeps the baselines of the callers that were looked at.
 * A look is due when the window reaches what the last look said would be needed; that number expires with the hour.
 */
export class RequestSpikeWatcher {
  readonly #histories: BoundedMap<CallerHistory>;
  readonly #profiles = new WeakMap<CallerHistory, { readonly at: number; readonly profile: SpikeProfile }>();
  readonly #evidence = new BoundedMap<SpikeTrace>(MAX_EVIDENCE);
  readonly #expectFrom: number;
  /** When the watch began. */
  #firstBucket = Number.POSITIVE_INFINITY;

  constructor(
    private readonly settings: RequestSpikeSettings,
    private readonly slab: CallerSlab,
    private readonly peers: PeerGroups,
    private readonly source: BaselineSource,
    private readonly surroundings: SpikeSurroundings,
    maxBaselines: number,
  ) {
    this.#histories = new BoundedMap(maxBaselines);
    this.#expectFrom = Math.ceil(settings.floor / EXPECT_SHARE);
  }

  get evicted(): number {
    return this.#histories.evicted;
  }

  get baselines(): number {
    return this.#histories.size;
  }

  /** Baselines and evidence of callers that another process watches now. */
  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#histories.forgetLanes(lanes);
    this.#evidence.forgetLanes(lanes);
  }

  /** Called when a caller's newest bucket is about to move: its finished blocks become baseline. */
  beforeAdvance(slot: number, key: string, head: number, bucket: number): void {
    if (blockOfBucket(head) === blockOfBucket(bucket)) return;
    const history = this.#histories.peek(key);
    if (history) this.#fold(slot, history, Math.min(blockOfBucket(bucket) - 2, blockOfBucket(head)));
    else if ((this.slab.windowSum[slot] ?? 0) >= this.#expectFrom) this.#expect(key, bucket);
  }

  /** After the event was counted: whether `look` is due. */
  isDue(slot: number, key: string, event: ApiEvent, at: number): boolean {
    const sum = this.slab.windowSum[slot] ?? 0;
    if (sum * EVIDENCE_SHARE >= this.settings.floor)
      this.#evidence.getOrMake(key, () => new SpikeTrace(), this.slab.lane[slot]).add(event, at);
    const head = this.slab.head[slot] ?? 0;
    if (head < this.#firstBucket) this.#firstBucket = head;
    if (sum === this.#expectFrom) this.#expect(key, head);
    if (sum < this.settings.floor) return false;
    if (head >= (this.slab.triggerUntil[slot] ?? 0)) return true;
    return (
      sum >= (this.slab.trigger[slot] ?? 0) || this.slab.sum(slot, head - 2, head) >= (this.slab.fastTrigger[slot] ?? 0)
    );
  }

  /** The full look. Waits for the store only when the caller's baseline is not in memory. */
  async look(slot: number, key: string, event: ApiEvent, at: number): Promise<Draft | undefined> {
    const known = this.#histories.get(key);
    const history = known ?? (await this.#load(slot, key));
    const view = this.#view(slot, key, history);
    const head = this.slab.head[slot] ?? 0;
    const thresholds = spikeThresholds(view, this.settings);
    if (view.count5m < thresholds.window && view.count30s < thresholds.fast) {
      const nextHour = (Math.floor(head / HOUR_BUCKETS) + 1) * HOUR_BUCKETS;
      const immature = view.profile.warmUp === 'learning' || view.profile.warmUp === 'provisional';
      this.#lookAgain(
        slot,
        thresholds.window,
        thresholds.fast,
        immature ? head + 2 : Math.min(nextHour, head + WINDOW_BUCKETS),
      );
      return undefined;
    }
    const full = { ...view, situation: this.#situation(slot, key, view, head) };
    const verdict = judgeRequestSpike(full, this.settings);
    if (!verdict) {
      this.#lookAgain(slot, view.count5m * 1.05 + 5, view.count30s * 1.05 + 5, head + 1);
      return undefined;
    }
    this.#markAttack(slot, head);
    this.#lookAgain(slot, view.count5m * 1.5, UINT32, head + 2);
    return this.#finding(event, at, slot, key, full, verdict);
  }

  #lookAgain(slot: number, trigger: number, fastTrigger: number, untilBucket: number): void {
    this.slab.trigger[slot] = Math.min(UINT32, Math.ceil(trigger));
    this.slab.fastTrigger[slot] = Math.min(UINT32, Math.ceil(fastTrigger));
    this.slab.triggerUntil[slot] = untilBucket;
  }

  #expect(key: string, bucket: number): void {
    if (this.source.expect && !this.#histories.peek(key)) this.source.expect(parseCallerKey(key), cutoffOf(bucket));
  }

  async #load(slot: number, key: string): Promise<CallerHistory> {
    const head = this.slab.head[slot] ?? 0;
    const cutoff = cutoffOf(head);
    const history = await this.source.load(parseCallerKey(key), cutoff);
    const first = blockOfBucket(this.slab.firstBucket[slot] ?? head);
    if (history.blocks.length === 0 && history.excludedBlocks === 0) history.since = Math.min(first, cutoff + 2);
    this.#histories.set(key, history, this.slab.lane[slot]);
    return history;
  }

  #fold(slot: number, history: CallerHistory, through: number): void {
    const head = this.slab.head[slot] ?? 0;
    const minutes = new Float64Array(WINDOW_BUCKETS / MINUTE_BUCKETS);
    // Blocks that the ring no longer reaches were empty: the caller was not seen.
    const reach = blockOfBucket(head - RING_BUCKETS + WINDOW_BUCKETS);
    for (let block = Math.max(history.foldedThrough, reach); block <= through; block++) {
      const first = block * WINDOW_BUCKETS;
      for (let m = 0; m < minutes.length; m++)
        minutes[m] = this.slab.sum(slot, first + m * MINUTE_BUCKETS, first + (m + 1) * MINUTE_BUCKETS - 1);
      const attack =
        (this.slab.attackUntil[slot] ?? -1) >= first && (this.slab.attackFrom[slot] ?? 0) < first + WINDOW_BUCKETS;
      history.addBlock(block, minutes, attack);
    }
    if (through + 1 > history.foldedThrough) history.foldedThrough = through + 1;
  }

  #view(slot: number, key: string, history: CallerHistory): SpikeView {
    const head = this.slab.head[slot] ?? 0;
    const past = recentPast(this.slab, slot, head, history.foldedThrough);
    const profile = this.#profile(history, head);
    const learning = profile.warmUp === 'learning';
    const lifeBlocks = Math.max(1, blockOfBucket(head) - history.since);
    return {
      count5m: this.slab.windowSum[slot] ?? 0,
      count30s: this.slab.sum(slot, head - 2, head),
      count20s: this.slab.sum(slot, head - 1, head),
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
      pastBuckets: this.slab.pastBuckets[slot] ?? 0,
      pastRequests: this.slab.pastRequests[slot] ?? 0,
      busiestBucket: this.slab.busiestBucket[slot] ?? 0,
      peers: this.peers.view(this.slab.group[slot] ?? 0, this.slab.busiest[slot] ?? 0),
      arrival: {
        anonymous: this.#evidence.peek(key)?.anonymous ?? false,
        leadBuckets: (this.slab.firstBucket[slot] ?? 0) - this.#firstBucket,
        monotony: this.#evidence.peek(key)?.monotony ?? 0,
      },
      situation: { scheduledOnset: false, surge: 1, serverErrorShare: 0, explainedShare: 0 },
    };
  }

  /** Profiles of mature callers are good for their hour; younger ones change with every block. */
  #profile(history: CallerHistory, head: number): SpikeProfile {
    const known = this.#profiles.get(history);
    const mature = known?.profile.warmUp === 'mature' || known?.profile.warmUp === 'seasonal';
    const at = mature
      ? Math.floor(head / HOUR_BUCKETS)
      : history.foldedThrough * 1e4 + (Math.floor(head / HOUR_BUCKETS) % 1e4);
    if (known?.at === at) return known.profile;
    const profile = spikeProfile(history, blockOfBucket(head));
    this.#profiles.set(history, { at, profile });
    return profile;
  }

  #situation(slot: number, key: string, view: SpikeView, head: number): SpikeView['situation'] {
    return {
      scheduledOnset: scheduledOnset(onsetBucket(this.slab, slot, head)),
      surge: surgeOf(this.slab, slot, head, this.settings),
      serverErrorShare: this.surroundings.serverErrorShare(slot, head, view.count5m),
      explainedShare: this.surroundings.explainedShare(key, head, view.count5m),
    };
  }

  /** From the onset until a little after now nothing teaches; after a day of it, it is what is usual. */
  #markAttack(slot: number, head: number): void {
    const onset = onsetBucket(this.slab, slot, head);
    const goesOn = (this.slab.attackUntil[slot] ?? -1) >= head - RING_BUCKETS;
    if (!goesOn) this.slab.attackFrom[slot] = onset;
    if (head - (this.slab.attackFrom[slot] ?? 0) < DAY_BUCKETS) this.slab.attackUntil[slot] = head + 3;
  }

  #finding(event: ApiEvent, at: number, slot: number, key: string, view: SpikeView, verdict: SpikeVerdict): Draft {
    const entity = callerOf(event);
    const from = Math.max(onsetBucket(this.slab, slot, this.slab.head[slot] ?? 0) * BUCKET_MS, at - verdict.windowMs);
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

/** A baseline ends before this block: the short window holds at least two whole blocks before the one that is open. */
const cutoffOf = (head: number): number => blockOfBucket(head) - 2;
