import type { CallerHistory } from '../../baseline/caller-history.ts';
import { spikeProfile, type SpikeProfile } from '../../baseline/spike-profile.ts';
import { parseCallerKey } from '../../engine/caller-key.ts';
import type { DetectorDeps } from '../../engine/detector.ts';
import type { Forgotten } from '../../engine/forgotten.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import type { CallerSlab } from '../../windows/caller-slab.ts';
import { blockOfBucket, BUCKET_MS, HOUR_MS, RING_BUCKETS, WINDOW_BUCKETS } from '../../windows/time.ts';

const HOUR_BUCKETS = HOUR_MS / BUCKET_MS;
const MINUTE_BUCKETS = 6;

/** The pasts of the callers that were looked at: read from the store once, then kept up from the short windows. */
export class SpikePasts {
  readonly #histories: BoundedMap<CallerHistory>;
  readonly #profiles = new WeakMap<CallerHistory, { readonly at: number; readonly profile: SpikeProfile }>();
  readonly #slab: CallerSlab;

  constructor(private readonly deps: Pick<DetectorDeps<never>, 'windows' | 'baselines' | 'maxBaselines' | 'teaching'>) {
    this.#slab = deps.windows.slab;
    this.#histories = new BoundedMap(deps.maxBaselines);
  }

  get evicted(): number {
    return this.#histories.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#histories.forgetLanes(lanes);
  }

  forget({ callers }: Forgotten): void {
    this.#histories.forgetKeys(callers);
  }

  /** Not what was learned before people said something else about it. */
  peek(key: string): CallerHistory | undefined {
    const known = this.#histories.peek(key);
    return known?.said === this.deps.teaching.ofCaller(key) ? known : undefined;
  }

  /** It is likely to be asked for soon. */
  expect(key: string, bucket: number): void {
    const { baselines } = this.deps;
    if (baselines.expect && !this.peek(key)) baselines.expect(parseCallerKey(key), cutoffOf(bucket));
  }

  /** Waits for the store only when the caller's past is not in memory. */
  async of(slot: number, key: string): Promise<CallerHistory> {
    const known = this.#histories.get(key);
    return known?.said === this.deps.teaching.ofCaller(key) && known ? known : this.#load(slot, key);
  }

  async #load(slot: number, key: string): Promise<CallerHistory> {
    const head = this.#slab.head[slot] ?? 0;
    const cutoff = cutoffOf(head);
    let history = await this.deps.baselines.load(parseCallerKey(key), cutoff);
    // It may have been read ahead, before they said it.
    if (history.said !== this.deps.teaching.ofCaller(key))
      history = await this.deps.baselines.load(parseCallerKey(key), cutoff);
    const first = blockOfBucket(this.#slab.firstBucket[slot] ?? head);
    if (history.blocks.length === 0 && history.excluded.length === 0) history.since = Math.min(first, cutoff + 2);
    this.#histories.set(key, history, this.#slab.lane[slot]);
    return history;
  }

  /** Takes finished blocks up, as far as `through`. */
  fold(slot: number, history: CallerHistory, through: number): void {
    const slab = this.#slab;
    const head = slab.head[slot] ?? 0;
    const minutes = new Float64Array(WINDOW_BUCKETS / MINUTE_BUCKETS);
    // Blocks that the ring no longer reaches were empty: the caller was not seen.
    const reach = blockOfBucket(head - RING_BUCKETS + WINDOW_BUCKETS);
    for (let block = Math.max(history.foldedThrough, reach); block <= through; block++) {
      const first = block * WINDOW_BUCKETS;
      for (let m = 0; m < minutes.length; m++)
        minutes[m] = slab.sum(slot, first + m * MINUTE_BUCKETS, first + (m + 1) * MINUTE_BUCKETS - 1);
      const attack = (slab.attackUntil[slot] ?? -1) >= first && (slab.attackFrom[slot] ?? 0) < first + WINDOW_BUCKETS;
      history.addBlock(block, minutes, attack || history.isExcluded(block));
    }
    if (through + 1 > history.foldedThrough) history.foldedThrough = through + 1;
  }

  /** Profiles of mature callers are good for their hour; younger ones change with every block. */
  profile(history: CallerHistory, head: number): SpikeProfile {
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
}

/** A baseline ends before this block: the short window holds at least two whole blocks before the one that is open. */
const cutoffOf = (head: number): number => blockOfBucket(head) - 2;
