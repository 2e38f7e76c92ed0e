import { RING_BUCKETS, WINDOW_BUCKETS } from './time.ts';

const FIRST_CAPACITY = 1024;
const NONE = -1;

/** Callers in a row that were seen too long ago, after which nobody more recent is looked for. */
const MAX_MISSES = 4_096;
/** Callers that one search passes at most, wanted or not. */
const MAX_PASSED = 100_000;

/** Told before a caller's slot is given to somebody else. */
export type OnEvict = (slot: number) => void;

/** Buckets after which a caller has a past; a bucket is taken up as at most so many times the busiest before, or as a small one. */
const STEADY_BUCKETS = 6;
const MAX_GROWTH = 3;
const SMALL_BUCKET = 20;

/**
 * Short windows of every active caller: one slot each, columns in typed arrays, a ring of 10-second counts. A hard cap; beyond it the
 * least recently seen caller is evicted and counted. About 0.5 KB a slot plus its key.
 */
export class CallerSlab {
  readonly #slots = new Map<string, number>();
  #keys: (string | undefined)[] = [];
  #capacity = 0;
  #used = 0;
  /** Slots below `#used` that nobody has. */
  readonly #free: number[] = [];
  #newest = NONE;
  #oldest = NONE;
  #newer: Int32Array = new Int32Array(0);
  #older: Int32Array = new Int32Array(0);
  /** Counts by bucket modulo RING_BUCKETS. */
  #ring: Uint32Array = new Uint32Array(0);
  /** Newest bucket of the slot's ring. */
  head: Int32Array = new Int32Array(0);
  /** Requests in the WINDOW_BUCKETS that end at `head`. */
  windowSum: Uint32Array = new Uint32Array(0);
  firstBucket: Int32Array = new Int32Array(0);
  /** Busiest five minutes so far. */
  busiest: Uint32Array = new Uint32Array(0);
  /** Busiest single bucket so far that is older than the two newest ones. */
  busiestBucket: Uint32Array = new Uint32Array(0);
  /** Buckets and requests so far, older than the two newest buckets. */
  pastBuckets: Uint32Array = new Uint32Array(0);
  pastRequests: Uint32Array = new Uint32Array(0);
  group: Uint16Array = new Uint16Array(0);
  /** The lane (partition of the bus) that the caller's events come by. */
  lane: Uint16Array = new Uint16Array(0);
  /** Requests in the window from which the spike rule looks again, and the bucket at which that number expires. */
  trigger: Uint32Array = new Uint32Array(0);
  triggerUntil: Int32Array = new Int32Array(0);
  fastTrigger: Uint32Array = new Uint32Array(0);
  /** Buckets that a finding covered (inclusive): they do not teach. */
  attackFrom: Int32Array = new Int32Array(0);
  attackUntil: Int32Array = new Int32Array(0);
  evicted = 0;

  constructor(
    private readonly maxCallers: number,
    private readonly onEvict: OnEvict = () => undefined,
  ) {}

  get size(): number {
    return this.#slots.size;
  }

  find(key: string): number | undefined {
    return this.#slots.get(key);
  }

  keyOf(slot: number): string {
    return this.#keys[slot] ?? '';
  }

  /** The caller's slot, taken now if it has none. `created` is told by `firstBucket` being `bucket` and `windowSum` 0. */
  touch(key: string, bucket: number, group: number, lane = 0): number {
    const known = this.#slots.get(key);
    if (known !== undefined) {
      this.lane[known] = lane;
      if (known !== this.#newest) {
        this.#unlink(known);
        this.#link(known);
      }
      return known;
    }
    const slot = this.#take();
    this.#slots.set(key, slot);
    this.#keys[slot] = key;
    this.#reset(slot, bucket, group);
    this.lane[slot] = lane;
    this.#link(slot);
    return slot;
  }

  /** Counts one request. False when the bucket is older than the ring: nothing was counted. */
  count(slot: number, bucket: number): boolean {
    const head = this.head[slot] ?? 0;
    if (bucket <= head - RING_BUCKETS) return false;
    if (bucket > head) this.#advance(slot, head, bucket);
    const cell = slot * RING_BUCKETS + modulo(bucket);
    this.#ring[cell] = (this.#ring[cell] ?? 0) + 1;
    const newest = this.head[slot] ?? 0;
    if (bucket > newest - WINDOW_BUCKETS) this.windowSum[slot] = (this.windowSum[slot] ?? 0) + 1;
    if (bucket < (this.firstBucket[slot] ?? 0)) this.firstBucket[slot] = bucket;
    return true;
  }

  /** Requests in the buckets `from` … `to` (inclusive), as far as the ring reaches. */
  sum(slot: number, from: number, to: number): number {
    const head = this.head[slot] ?? 0;
    const first = Math.max(from, head - RING_BUCKETS + 1);
    const last = Math.min(to, head);
    let sum = 0;
    for (let b = first; b <= last; b++) sum += this.#ring[slot * RING_BUCKETS + modulo(b)] ?? 0;
    return sum;
  }

  at(slot: number, bucket: number): number {
    const head = this.head[slot] ?? 0;
    if (bucket > head || bucket <= head - RING_BUCKETS) return 0;
    return this.#ring[slot * RING_BUCKETS + modulo(bucket)] ?? 0;
  }

  /** Every caller of a group that was seen at or after `bucket`, most recently seen first. */
  *recent(group: number, bucket: number): Generator<number> {
    let slot = this.#newest;
    // Callers of other lanes may run behind or be rebuilt, so the list is only nearly ordered by bucket: some slack before stopping.
    let misses = 0;
    for (let passed = 0; slot !== NONE && misses < MAX_MISSES && passed < MAX_PASSED; passed++) {
      const seen = (this.head[slot] ?? 0) >= bucket;
      misses = seen ? 0 : misses + 1;
      if (seen && this.group[slot] === group) yield slot;
      slot = this.#older[slot] ?? NONE;
    }
  }

  /** Forgets all callers of these lanes; `onEvict` is told of each, `evicted` does not count them. */
  forgetLanes(lanes: ReadonlySet<number>): void {
    for (const [key, slot] of this.#slots) {
      if (!lanes.has(this.lane[slot] ?? 0)) continue;
      this.onEvict(slot);
      this.#slots.delete(key);
      this.#keys[slot] = undefined;
      this.#unlink(slot);
      this.#free.push(slot);
    }
  }

  /** Forgets what the caller did before `bucket`, as if it began then. */
  restart(slot: number, bucket: number): void {
    const head = this.head[slot] ?? 0;
    const [group, lane] = [this.group[slot] ?? 0, this.lane[slot] ?? 0];
    const kept = Array.from({ length: Math.max(0, head - bucket + 1) }, (_, i) => this.at(slot, bucket + i));
    this.#reset(slot, bucket, group);
    this.lane[slot] = lane;
    this.head[slot] = Math.max(head, bucket);
    kept.forEach((n, i) => {
      const at = bucket + i;
      if (at <= head - RING_BUCKETS) return;
      this.#ring[slot * RING_BUCKETS + modulo(at)] = n;
      if (at > head - WINDOW_BUCKETS) this.windowSum[slot] = (this.windowSum[slot] ?? 0) + n;
    });
  }

  isAttack(slot: number, bucket: number): boolean {
    return bucket >= (this.attackFrom[slot] ?? 0) && bucket <= (this.attackUntil[slot] ?? -1);
  }

  #advance(slot: number, head: number, bucket: number): void {
    const base = slot * RING_BUCKETS;
    const steps = bucket - head;
    this.#learnPast(slot, head, bucket);
    if (steps >= RING_BUCKETS) {
      this.#ring.fill(0, base, base + RING_BUCKETS);
      this.windowSum[slot] = 0;
      this.head[slot] = bucket;
      return;
    }
    let sum = this.windowSum[slot] ?? 0;
    for (let b = head + 1; b <= bucket; b++) {
      sum -= this.#ring[base + modulo(b - WINDOW_BUCKETS)] ?? 0;
      this.#ring[base + modulo(b)] = 0;
    }
    this.windowSum[slot] = sum;
    this.head[slot] = bucket;
  }

  /** Moves the buckets that are no longer among the two newest into the caller's own past. */
  #learnPast(slot: number, head: number, bucket: number): void {
    for (let b = head - 1; b <= Math.min(head, bucket - 2); b++) {
      const n = this.at(slot, b);
      if (n === 0 || this.isAttack(slot, b)) continue;
      const past = (this.pastBuckets[slot] ?? 0) + 1;
      const busiest = this.busiestBucket[slot] ?? 0;
      this.pastBuckets[slot] = past;
      this.pastRequests[slot] = (this.pastRequests[slot] ?? 0) + n;
      // The beginning of a burst must not be what the rest of it is measured by: the past grows step by step.
      const learned = past > STEADY_BUCKETS ? Math.min(n, Math.max(SMALL_BUCKET, MAX_GROWTH * busiest)) : n;
      if (learned > busiest) this.busiestBucket[slot] = learned;
    }
  }

  #take(): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#used < this.#capacity) return this.#used++;
    if (this.#capacity < this.maxCallers) {
      this.#grow(Math.min(this.maxCallers, Math.max(FIRST_CAPACITY, this.#capacity * 2)));
      return this.#used++;
    }
    const slot = this.#oldest;
    this.onEvict(slot);
    this.evicted++;
    this.#slots.delete(this.#keys[slot] ?? '');
    this.#unlink(slot);
    return slot;
  }

  #reset(slot: number, bucket: number, group: number): void {
    this.#ring.fill(0, slot * RING_BUCKETS, (slot + 1) * RING_BUCKETS);
    this.head[slot] = bucket;
    this.windowSum[slot] = 0;
    this.firstBucket[slot] = bucket;
    this.busiest[slot] = 0;
    this.busiestBucket[slot] = 0;
    this.pastBuckets[slot] = 0;
    this.pastRequests[slot] = 0;
    this.group[slot] = group;
    this.trigger[slot] = 0;
    this.triggerUntil[slot] = 0;
    this.fastTrigger[slot] = 0;
    this.attackFrom[slot] = 0;
    this.attackUntil[slot] = -1;
  }

  #link(slot: number): void {
    this.#newer[slot] = NONE;
    this.#older[slot] = this.#newest;
    if (this.#newest !== NONE) this.#newer[this.#newest] = slot;
    this.#newest = slot;
    if (this.#oldest === NONE) this.#oldest = slot;
  }

  #unlink(slot: number): void {
    const newer = this.#newer[slot] ?? NONE;
    const older = this.#older[slot] ?? NONE;
    if (newer === NONE) this.#newest = older;
    else this.#older[newer] = older;
    if (older === NONE) this.#oldest = newer;
    else this.#newer[older] = newer;
  }

  #grow(capacity: number): void {
    const int = (old: Int32Array): Int32Array => copyInto(old, new Int32Array(capacity));
    const uint = (old: Uint32Array): Uint32Array => copyInto(old, new Uint32Array(capacity));
    this.#capacity = capacity;
    this.#ring = copyInto(this.#ring, new Uint32Array(capacity * RING_BUCKETS));
    this.#newer = int(this.#newer);
    this.#older = int(this.#older);
    this.head = int(this.head);
    this.firstBucket = int(this.firstBucket);
    this.triggerUntil = int(this.triggerUntil);
    this.attackFrom = int(this.attackFrom);
    this.attackUntil = int(this.attackUntil);
    this.windowSum = uint(this.windowSum);
    this.busiest = uint(this.busiest);
    this.busiestBucket = uint(this.busiestBucket);
    this.pastBuckets = uint(this.pastBuckets);
    this.pastRequests = uint(this.pastRequests);
    this.trigger = uint(this.trigger);
    this.fastTrigger = uint(this.fastTrigger);
    this.group = copyInto(this.group, new Uint16Array(capacity));
    this.lane = copyInto(this.lane, new Uint16Array(capacity));
  }
}

const modulo = (bucket: number): number => ((bucket % RING_BUCKETS) + RING_BUCKETS) % RING_BUCKETS;

const copyInto = <T extends Int32Array | Uint32Array | Uint16Array>(old: T, fresh: T): T => {
  fresh.set(old);
  return fresh;
};
